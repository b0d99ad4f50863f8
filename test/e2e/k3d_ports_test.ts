/** Kinds `cluster` and `mapping` on real Docker and k3d: create, edit, a failed edit, a killed edit, a stopped load balancer. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { createShell } from "../../src/host/shell.ts";
import { createArgv } from "../../src/k3d/argv.ts";
import { createK3dControl } from "../../src/k3d/control.ts";
import type { K3dControl, K3dNote } from "../../src/model/k3d.ts";
import { NO_NOTE } from "../../src/model/k3d.ts";
import type { Outcome } from "../../src/model/plan.ts";
import type { Workspace } from "../../src/model/workspace.ts";
import { clusterKind } from "../../src/resources/cluster/kind.ts";
import { deleteCluster } from "../../src/resources/cluster/removal.ts";
import { ClusterLocks, type K3dWorld } from "../../src/resources/cluster/world.ts";
import { mappingKind } from "../../src/resources/mapping/kind.ts";
import { k3dSpec, ports, workspace } from "../resources/k3d_world.ts";
import { here, kubeconfig, run, until } from "./harness.ts";

const NAME = "berth-e2e-net";
const clock = systemClock();
const signal = new AbortController().signal;
const image = Deno.env.get("RIG_NODE_IMAGE");
const shell = createShell({ clock, env: (name) => name === "KUBECONFIG" ? kubeconfig : Deno.env.get(name) });
/** What k3d itself reads. */
const k3dEnv = Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => name.startsWith("K3D_")));
const notes = new Map<string, K3dNote>();
const edits: string[] = [];

function spec(...texts: string[]): Workspace {
  return workspace({
    net: k3dSpec({
      name: NAME,
      ...(image === undefined ? {} : { image }),
      ports: ports(...texts),
      k3sArgs: ["--disable=coredns@server:*"],
    }),
  });
}

/** A world as after a start of berth: nothing is known but the notes. */
function world(before: (edit: readonly string[]) => Promise<void> | void = () => {}): K3dWorld {
  const k3d: K3dControl = createK3dControl({
    env: k3dEnv,
    run: async (argv, options) => {
      if (argv[2] === "edit") {
        edits.push(argv.slice(2).join(" "));
        await before(argv);
      }
      return await shell(argv, options);
    },
  });
  return {
    k3d,
    clock,
    workspaceId: "e2e-workspace",
    locks: new ClusterLocks(),
    ledger: {
      read: (id) => Promise.resolve(notes.get(id) ?? NO_NOTE),
      write: (id, note) => Promise.resolve(void notes.set(id, note)),
    },
    holder: ({ host, port }, protocol) => {
      if (protocol !== "tcp") return Promise.resolve(null);
      try {
        Deno.listen({ hostname: host, port }).close();
        return Promise.resolve(null);
      } catch {
        return Promise.resolve({ words: "another program" });
      }
    },
  };
}

async function plan(on: K3dWorld, of: Workspace) {
  const [clusters, maps] = [clusterKind.desired(of), mappingKind.desired(of)];
  const [seen, published] = await Promise.all([
    clusterKind.observe(clusters, on, signal),
    mappingKind.observe(maps, on, signal),
  ]);
  return { cluster: clusterKind.diff(clusters, seen), mapping: mappingKind.diff(maps, published) };
}

async function shown(on: K3dWorld, of: Workspace): Promise<string[]> {
  const { cluster, mapping } = await plan(on, of);
  return [...cluster, ...mapping].map((action) => `${action.op} ${action.key}`).sort();
}

/** One pass: clusters, then mappings. Nothing of the secrets may be in what is shown. */
async function up(on: K3dWorld, of: Workspace): Promise<Map<string, Outcome>> {
  const planned = await plan(on, of);
  const outcomes = new Map<string, Outcome>();
  for (const action of planned.cluster) outcomes.set(action.key, await clusterKind.apply(action, on, signal));
  for (const action of planned.mapping) outcomes.set(action.key, await mappingKind.apply(action, on, signal));
  return outcomes;
}

/** Figures, for whoever reads the run. */
function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`e2e: ${line}\n`));
}

const done = (outcomes: ReadonlyMap<string, Outcome>) =>
  assert.ok([...outcomes.values()].every((one) => one.status === "done"), JSON.stringify([...outcomes]));

async function docker(...args: string[]): Promise<string> {
  const ran = await run("docker", args);
  assert.equal(ran.code, 0, ran.stderr);
  return ran.stdout.trim();
}

const balancers = () =>
  docker(
    "ps",
    "-a",
    "--filter",
    `label=k3d.cluster=${NAME}`,
    "--filter",
    "label=k3d.role=loadbalancer",
    "--format",
    "{{.Names}} {{.State}}",
  );

/** Whether a port leads to the kubelet: any answer over TLS does. */
async function leads(port: number): Promise<boolean> {
  const ran = await run("curl", [
    "-sk",
    "--max-time",
    "5",
    "-o",
    "/dev/null",
    "-w",
    "%{http_code}",
    `https://127.0.0.1:${port}/version`,
  ]);
  return /^[2-4]\d\d$/.test(ran.stdout);
}

Deno.test({
  name: "k3d: create, edit, fail, be killed, stop: each up ends as the file says, with a running load balancer",
  ignore: !here,
}, async (t) => {
  await run("k3d", ["cluster", "delete", NAME]);
  // The kubelet, which answers over TLS on 10250, stands in for a workload.
  const start = ["21443:10250@server:0", "21444:10250@server:0", "127.0.0.1:21446:6444@server:0"];
  const on = world();
  try {
    await t.step("killed with k3d in the middle of a creation: the next up makes a whole cluster", async () => {
      const [desired] = clusterKind.desired(spec(...start));
      assert.ok(desired !== undefined);
      await on.ledger.write(NAME, { ...NO_NOTE, changing: true });
      const [, ...args] = createArgv({
        spec: desired.spec,
        ports: desired.spec.ports,
        serverLabels: { "berth.workspace": "e2e-workspace" },
      });
      const child = new Deno.Command("k3d", { args, stdout: "null", stderr: "null" }).spawn();
      const server = `k3d-${NAME}-server-0`;
      await until(
        async () =>
          (await run("docker", ["inspect", "--format", "{{.State.Running}}", server])).stdout.trim() === "true",
        {
          what: "a server that starts",
        },
      );
      Deno.kill(child.pid, "SIGKILL");
      await child.status;
      const [action] = (await plan(world(), spec(...start))).cluster;
      assert.equal(action?.reason, "its creation was cut off before it was done");
      done(await up(world(), spec(...start)));
      assert.deepEqual(await shown(world(), spec(...start)), []);
      assert.deepEqual(await deleteCluster(NAME, { world: world(), signal }), { status: "done" });
    });

    await t.step("missing: created", async () => {
      assert.deepEqual(await shown(on, spec(...start)), ["create cluster:net"]);
      const began = performance.now();
      done(await up(on, spec(...start)));
      say(`k3d create: ${Math.round(performance.now() - began)} ms`);
      assert.deepEqual(await shown(on, spec(...start)), []);
      await until(() => leads(21443), { what: "an answer on 21443" });
    });

    const next = [
      "21444:10250@server:0",
      "21447:10250@loadbalancer",
      "21448:81/udp@server:0",
      "127.0.0.1:21449:82@server:0",
    ];
    await t.step("three added, two removed: two edits, and what stayed answers", async () => {
      assert.deepEqual(await shown(on, spec(...next)), [
        "change mapping:net/21444-10250-tcp",
        "create mapping:net/127.0.0.1:21449-82-tcp",
        "create mapping:net/21447-10250-tcp",
        "create mapping:net/21448-81-udp",
        "delete mapping:net/127.0.0.1:21446-6444-tcp",
        "delete mapping:net/21443-10250-tcp",
      ]);
      edits.length = 0;
      const began = performance.now();
      done(await up(on, spec(...next)));
      say(`k3d two edits: ${Math.round(performance.now() - began)} ms`);
      assert.equal(edits.length, 2, edits.join("\n"));
      assert.match(edits[0] ?? "", /--port-delete/);
      assert.deepEqual(await shown(world(), spec(...next)), []);
      for (const port of [21444, 21447]) await until(() => leads(port), { what: `an answer on ${port}` });
    });

    await t.step("a port taken before apply: no edit", async () => {
      const planned = await plan(on, spec(...next, "21450:90@server:0"));
      using _listener = Deno.listen({ hostname: "0.0.0.0", port: 21450 });
      edits.length = 0;
      const outcomes = await Promise.all(planned.mapping.map((action) => mappingKind.apply(action, on, signal)));
      assert.ok(
        outcomes.some((one) => one.status === "failed" && /port 21450 is in use by another program/.test(one.message)),
      );
      assert.deepEqual(edits, []);
    });

    await t.step(
      "a port taken during the edit: old ports work, the load balancer runs, the holder is named",
      async () => {
        let taken: Deno.Listener | undefined;
        const racing = world((argv) => {
          if (argv.includes("--port-add")) taken = Deno.listen({ hostname: "0.0.0.0", port: 21450 });
        });
        try {
          const outcomes = await up(racing, spec(...next, "21450:90@server:0"));
          const failed = outcomes.get("mapping:net/21450-90-tcp");
          assert.ok(failed?.status === "failed", JSON.stringify(failed));
          assert.match(
            failed.message,
            /port 21450 is in use by another program: no port was added .*; its load balancer runs again/,
          );
        } finally {
          taken?.close();
        }
        assert.equal(await balancers(), `k3d-${NAME}-serverlb running`);
        await until(() => leads(21444), { what: "an answer on 21444" });
        assert.deepEqual(await shown(world(), spec(...next)), []);
      },
    );

    await t.step("k3d killed in the middle of an edit: seen by plan, repaired by up", async () => {
      const child = new Deno.Command("k3d", {
        args: ["cluster", "edit", NAME, "--port-add", "21451:91@server:0"],
        stdout: "null",
        stderr: "null",
      }).spawn();
      const { pid } = child;
      await until(async () => (await balancers()).includes("serverlb-"), { what: "the load balancer's new name" });
      Deno.kill(pid, "SIGKILL");
      await child.status;
      assert.match(await balancers(), /serverlb-\w{5}/);
      assert.ok((await shown(world(), spec(...next))).includes("change cluster:net"));
      done(await up(world(), spec(...next)));
      assert.equal(await balancers(), `k3d-${NAME}-serverlb running`);
      assert.deepEqual(await shown(world(), spec(...next)), []);
      await until(() => leads(21444), { what: "an answer on 21444" });
    });

    await t.step("k3d that outlived its berth: the next up waits for it", async () => {
      const child = new Deno.Command("k3d", {
        args: ["cluster", "edit", NAME, "--port-add", "21452:92@server:0"],
        stdout: "null",
        stderr: "null",
      }).spawn();
      await until(async () => (await balancers()).includes("serverlb-"), { what: "the load balancer's new name" });
      const [seen] = (await clusterKind.observe(clusterKind.desired(spec(...next)), world(), signal)).filter((one) =>
        one.kind === "seen"
      );
      assert.deepEqual(seen?.kind === "seen" ? [seen.facts.busy?.verb, seen.facts.busy?.pid] : [], [
        "cluster edit",
        child.pid,
      ]);
      done(await up(world(), spec(...next)));
      assert.equal((await child.status).code, 0);
      assert.equal(await balancers(), `k3d-${NAME}-serverlb running`);
      done(await up(world(), spec(...next)));
      assert.deepEqual(await shown(world(), spec(...next)), []);
    });

    await t.step("the load balancer stopped: seen and started", async () => {
      await docker("stop", `k3d-${NAME}-serverlb`);
      assert.deepEqual(await shown(world(), spec(...next)), ["change cluster:net"]);
      done(await up(world(), spec(...next)));
      assert.deepEqual(await shown(world(), spec(...next)), []);
      await until(() => leads(21444), { what: "an answer on 21444" });
    });

    await t.step("the ports of another workspace's cluster stay; it is neither re-created nor deleted", async () => {
      const ledger = { read: () => Promise.resolve(NO_NOTE), write: () => Promise.resolve() };
      const other: K3dWorld = { ...world(), workspaceId: "another", ledger };
      assert.deepEqual(await shown(other, spec()), []);
      assert.equal((await deleteCluster(NAME, { world: other, signal })).status, "blocked");
    });

    await t.step("no token in anything that was seen", async () => {
      const token = await docker(
        "inspect",
        "--format",
        '{{index .Config.Labels "k3d.cluster.token"}}',
        `k3d-${NAME}-server-0`,
      );
      assert.ok(token.length > 8);
      assert.ok(!JSON.stringify(await on.k3d.observe([NAME], signal)).includes(token));
    });
  } finally {
    assert.deepEqual(await deleteCluster(NAME, { world: world(), signal }), { status: "done" });
  }
});
