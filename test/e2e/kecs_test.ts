/** The KECS example, by the real command line: from nothing to a task's public port, killed on the way, and no secret anywhere. */
import assert from "node:assert/strict";
import { bar, get, here, run, say, until, Up } from "./harness.ts";
import {
  apply,
  containers,
  DNS,
  example,
  family,
  filesUnder,
  holder,
  hostSeen,
  isConverged,
  kill9,
  KILLED,
  kubectl,
  kubectlArgs,
  lastPlan,
  LOCAL,
  NAME,
  NS,
  ownFolders,
  portsFree,
  printed,
  publicListeners,
  Readiness,
  seconds,
  secrets,
  settled,
  task,
  taskId,
  taskServices,
  told,
  WORKLOAD,
} from "./kecs_world.ts";

Deno.test({ name: "the KECS example, from nothing, by the command line", ignore: !here }, async (t) => {
  await using folders = await ownFolders();
  for (const name of [NAME, KILLED]) await run("k3d", ["cluster", "delete", name]);
  await portsFree();
  const hidden: string[] = [];
  try {
    await t.step("killed with its k3d in the middle of a creation: the next up makes one whole cluster", async () => {
      const file = await example(KILLED);
      {
        await using cut = new Up(file, ["--yes", "-v"]);
        const pid = await holder(file);
        await until(
          async () => (await containers(KILLED)).some((line) => line === `k3d-${KILLED}-server-0 running`),
          { what: () => `a server that starts; up said:\n${cut.lines.join("\n")}` },
        );
        kill9(await family(pid));
        assert.notEqual(await cut.ended(), 0);
        printed.push(...cut.lines);
      }
      assert.equal((await containers(KILLED)).includes(`k3d-${KILLED}-serverlb running`), false, "it was cut off");
      await using up = new Up(file, ["--yes", "-v"]);
      const began = performance.now();
      await until(() => isConverged(file), {
        limit: 240_000,
        every: 500,
        what: () => `convergence; the last plan:\n${lastPlan}\nup said:\n${up.lines.join("\n")}`,
      });
      say(`kecs: converged ${seconds(began)} after the start that follows a kill in the middle of creation`);
      assert.deepEqual(await containers(KILLED), [`k3d-${KILLED}-server-0 running`, `k3d-${KILLED}-serverlb running`]);
      hidden.push(...await secrets(KILLED));
      assert.equal(await up.interrupt(), 0);
      printed.push(...up.lines);
      assert.equal((await run("k3d", ["cluster", "delete", KILLED])).code, 0);
    });

    await portsFree();
    const file = await example(NAME);
    await using stack = new AsyncDisposableStack();
    const began = performance.now();
    let up = stack.use(new Up(file, ["--yes", "-v"]));
    let ports: ReadonlyMap<string, number> = new Map();

    await t.step("one command makes the cluster and all that leads into it; a second plan is empty", async () => {
      await until(async () => (await run("kubectl", kubectlArgs(["get", "--raw", "/readyz"]))).stdout === "ok", {
        limit: 240_000,
        every: 250,
        what: () => `a cluster; up said:\n${up.lines.join("\n")}`,
      });
      say(`kecs: cluster there ${seconds(began)} after the start of up`);
      const applied = performance.now();
      await apply(...WORKLOAD);
      ports = await settled(up, { file, count: 1 });
      say(`kecs: all Active ${seconds(applied)} after the workload was applied`);
      assert.deepEqual([...ports], [[`public-${taskId(1)}`, LOCAL.first]]);
      const versions = await Promise.all([8080, 3000, 3001, LOCAL.first].map(async (port) => {
        const got = await get(port);
        return got.kind === "ok" ? got.version : JSON.stringify(got);
      }));
      assert.deepEqual(versions, ["traefik", "web", taskId(0xa), taskId(1)]);
      await converged(file, up);
      hidden.push(...await secrets(NAME));
    });

    await t.step("the load balancer's real name is its Host; another Host passes unchanged", async () => {
      assert.equal(await hostSeen("myapp-alb.localhost:8080"), DNS);
      assert.equal(await hostSeen("shop.example.com"), "shop.example.com");
      assert.equal(await hostSeen(DNS), DNS);
    });

    await t.step("of 1,000 public ports the 10 in use are bound; the next task is there at once", async () => {
      await apply(...[2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => task(n === 10 ? 0x10 : n)));
      ports = await settled(up, { file, count: 10 });
      const listeners = await publicListeners();
      assert.equal(listeners.length, 10, listeners.join("; "));
      assert.deepEqual(listeners.filter((line) => !line.endsWith(" deno")), []);

      assert.equal(await up.interrupt(), 0);
      assert.deepEqual(await publicListeners(), []);
      printed.push(...up.lines);
      const restarted = performance.now();
      up = stack.use(new Up(file, ["--yes", "-v"]));
      // What comes before is the start of Deno, docker and k3d: they take what they take.
      const reachable = await until(
        () => Promise.resolve(up.lines.some((line) => /cluster:dev +Reachable/.test(line)) && performance.now()),
        { every: 2, what: () => `the cluster Reachable; up said:\n${up.lines.join("\n")}` },
      );
      await until(async () => (await publicListeners()).length === 10, { every: 5, what: "10 public ports" });
      const bound = performance.now() - reachable;
      say(
        `kecs: 10 of 1,000 public ports bound ${seconds(restarted)} after the start of up`,
      );
      bar("kecs: the same, after the cluster was reached", { ms: bound, limit: 1_000 });
      assert.deepEqual(await settled(up, { file, count: 10 }), ports, "each task has the port that it had");

      await using ready = new Readiness();
      await until(() => Promise.resolve(ready.at.has(taskId(1))), { what: "the watch to show a task" });
      const [id, port] = [taskId(0x11), LOCAL.first + 10];
      await apply(task(0x11));
      await until(async () => {
        const got = await get(port, 2_000);
        return got.kind === "ok" && got.pod === id;
      }, { every: 5, what: () => `an answer on ${port}; up said:\n${up.lines.slice(-40).join("\n")}` });
      const answered = performance.now();
      const at = await until(() => Promise.resolve(ready.at.get(id)), { what: "the watch to show the task" });
      bar("kecs: an eleventh task answers after it was seen Ready", { ms: answered - at, limit: 500 });

      await kubectl(["delete", "pod", "-n", NS, id, "--wait=false"]);
      const deleted = performance.now();
      await until(async () => (await publicListeners()).length === 10, { what: `port ${port} let go` });
      await until(async () => !(await taskServices()).some((one) => one.id === id), { what: "its Service removed" });
      say(`kecs: its port and its Service are gone ${seconds(deleted)} after its deletion`);
    });

    await t.step("killed in the middle of allotment: the next up ends with one Service a task", async () => {
      await converged(file, up);
      const had = ports;
      const pid = await holder(file);
      await apply(...[0x21, 0x22, 0x23, 0x24, 0x25].map((n) => task(n)));
      await until(async () => (await taskServices()).length > 10, { every: 0, what: "a new task's Service" });
      kill9(await family(pid));
      assert.notEqual(await up.ended(), 0);
      printed.push(...up.lines);
      say(`kecs: killed with ${(await taskServices()).length - 10} of 5 new Services made`);
      await kubectl(["delete", "pod", "-n", NS, taskId(2), "--wait=false"]);
      await apply(task(0x26));
      up = stack.use(new Up(file, ["--yes", "-v"]));
      ports = await settled(up, { file, count: 15 });
      for (const [name, port] of had) {
        if (name !== `public-${taskId(2)}`) assert.equal(ports.get(name), port, `${name} keeps its port`);
      }
      assert.equal(new Set(ports.values()).size, 15);
      const services = await until(async () => {
        const found = await taskServices();
        return found.length === 15 && found;
      }, { what: "15 Services" });
      assert.equal(new Set(services.map(({ id }) => id)).size, 15);
      assert.equal(new Set(services.map(({ nodePort }) => nodePort)).size, 15);
      await converged(file, up);
      assert.deepEqual(await containers(NAME), [`k3d-${NAME}-server-0 running`, `k3d-${NAME}-serverlb running`]);
    });

    await t.step("no token, key or certificate in any output or file, and no kubeconfig stays behind", async () => {
      await told("plan", "-f", file, "-o", "json");
      await told("status", "-f", file);
      assert.equal(await up.interrupt(), 0);
      printed.push(...up.lines);
      const output = printed.join("\n");
      assert.ok(hidden.length > 10, `${hidden.length} secrets are known`);
      assert.ok(output.length > 10_000 && /debug/i.test(output), "the log is among what was printed");
      assert.equal(hidden.findIndex((one) => output.includes(one)), -1, "in the output");
      let files = 0;
      for (const path of folders.paths) {
        for await (const one of filesUnder(path)) {
          files++;
          const text = await Deno.readTextFile(one);
          assert.ok(!hidden.some((secret) => text.includes(secret)), `a secret in ${one}`);
        }
      }
      assert.ok(files > 3, `${files} files were read`);
      say(`kecs: none of ${hidden.length} secrets in ${output.length} characters of output and ${files} files`);
    });
  } finally {
    for (const name of [NAME, KILLED]) await run("k3d", ["cluster", "delete", name]);
  }
});

/** Waits until a plan is empty. */
async function converged(file: string, up: Up): Promise<void> {
  await until(() => isConverged(file), {
    every: 500,
    what: () => `an empty plan; the last one:\n${lastPlan}\nup said:\n${up.lines.slice(-60).join("\n")}`,
  });
}
