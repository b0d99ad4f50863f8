/** The only pod of a tunnel forward is deleted under load; the deployment is scaled to 0 and back. */
import assert from "node:assert/strict";
import {
  answer,
  apply,
  bar,
  context,
  deployment,
  folder,
  get,
  type Got,
  here,
  kubeconfig,
  kubectl,
  say,
  service,
  settled,
  sleep,
  until,
  Up,
} from "./harness.ts";
import { PodWatch } from "./onlookers.ts";

const NS = "e2e-survival";

Deno.test(
  { name: "a deleted pod refuses no connection, and the next one is used at once", ignore: !here },
  async () => {
    await apply(NS, [deployment(NS, "solo", 1), service(NS, "solo", { ports: [{ port: 80 }] })]);
    await kubectl(["-n", NS, "wait", "--for=condition=Ready", "pods", "--all", "--timeout=90s"]);
    const file = `${await folder()}/forwards.yaml`;
    await Deno.writeTextFile(
      file,
      `version: 1
clusters: { dev: { kubeconfig: ${kubeconfig}, context: ${context} } }
defaults: { health: { every: 2s } }
forwards:
  solo: { cluster: dev, service: ${NS}/solo, port: 80, local: 24201, route: tunnel }
`,
    );
    await settled();
    await using up = new Up(file);
    await up.active();
    const old = (await answer(24201)).pod;

    await using watch = new PodWatch(NS);
    await until(() => Promise.resolve(watch.ready.has(old)), { what: "the watch to show the old pod" });
    const results: { at: number; got: Got }[] = [];
    let going = true;
    const clients: Promise<void>[] = [];
    const load = (async () => {
      while (going) {
        clients.push(
          get(24201, 15_000).then((got) => {
            results.push({ at: performance.now(), got });
          }),
        );
        await sleep(50);
      }
    })();
    await sleep(500);
    await kubectl(["-n", NS, "delete", "pod", old, "--wait=false"]);
    const fresh = await until(
      () => Promise.resolve(results.find(({ got }) => got.kind === "ok" && got.pod !== old)),
      { limit: 60_000, what: "an answer from the new pod" },
    );
    await sleep(1_000);
    going = false;
    await load;
    await Promise.all(clients);

    const pod = fresh.got.kind === "ok" ? fresh.got.pod : "";
    const readyAt = watch.ready.get(pod);
    assert.ok(readyAt !== undefined, `the watch saw ${pod} Ready`);
    const count = (kind: Got["kind"]) => results.filter(({ got }) => got.kind === kind).length;
    say(
      `pod deleted: ${results.length} connections: ${count("ok")} ok, ${count("failed")} closed without answer, ${
        count("hung")
      } hung, ` +
        `${count("refused")} refused; first answer ${(fresh.at - readyAt).toFixed(0)} ms after the new pod was Ready`,
    );
    assert.equal(count("refused"), 0);
    assert.equal(count("hung"), 0);
    bar("pod deleted: first answer after Ready", { ms: fresh.at - readyAt, limit: 500 });

    await until(() => Promise.resolve(up.lines.some((line) => /solo.*Reconnecting.*no-endpoints/.test(line))), {
      what: () => `Reconnecting with its reason in:\n${up.lines.join("\n")}`,
    });
    await up.active();

    await kubectl(["-n", NS, "scale", "deployment", "solo", "--replicas=0"]);
    const scaled = performance.now();
    await until(async () => (await up.status()).forwards[0]?.status !== "Active", {
      limit: 60_000,
      what: "not Active",
    });
    const unseen = performance.now() - scaled;
    // Within one probe interval, and the time of one status command.
    bar("scaled to 0: not Active after kubectl returned", { ms: unseen, limit: 2_500 });
    await kubectl(["-n", NS, "scale", "deployment", "solo", "--replicas=1"]);
    await up.active(60_000);
    assert.equal((await answer(24201)).version, "solo");
    assert.equal(await up.interrupt(), 0);
    await kubectl(["delete", "namespace", NS, "--wait=false"]);
  },
);
