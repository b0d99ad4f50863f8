/**
 * A rolling restart and both pods deleted at once under 20 new connections a second on each of `auto`,
 * `tunnel`, a forced `direct`, and the bare NodePort beside them. `BERTH_E2E_FULL=1` makes 800 connections of each.
 */
import assert from "node:assert/strict";
import {
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

const NS = "e2e-rollout";
const CONNECTIONS = Deno.env.get("BERTH_E2E_FULL") === undefined ? 240 : 800;
/** Milliseconds between two connections. */
const PACE = 50;
/** Milliseconds in which who opened a connection cannot know yet that its pod is being deleted; on a busy machine the news are late. */
const UNKNOWN = 1_000;
const LOCAL = { auto: 24_601, tunnel: 24_602, direct: 24_603 } as const;

interface Result {
  readonly began: number;
  readonly ended: number;
  readonly got: Got;
}

/** `CONNECTIONS` connections to one port, each begun at its time whatever became of the earlier ones. */
async function load(port: number, host = "127.0.0.1", limit = 45_000): Promise<readonly Result[]> {
  const clients: Promise<Result>[] = [];
  const start = performance.now();
  for (let count = 0; count < CONNECTIONS; count++) {
    await sleep(Math.max(0, start + count * PACE - performance.now()));
    const began = performance.now();
    clients.push(get(port, limit, host).then((got) => ({ began, ended: performance.now(), got })));
  }
  return await Promise.all(clients);
}

function count(results: readonly Result[], kind: Got["kind"]): number {
  return results.filter(({ got }) => got.kind === kind).length;
}

/** Those that failed though their pod was not known to go when they began. */
function unexcused(results: readonly Result[], watch: PodWatch): readonly Result[] {
  return results.filter(({ began, ended, got }) =>
    got.kind === "failed" && ![...watch.deleted.values()].some((at) => began < at + UNKNOWN && ended > at - UNKNOWN)
  );
}

function tell(what: string, results: readonly Result[]): void {
  const slow = results.filter(({ got }) => got.kind === "ok").map(({ began, ended }) => ended - began);
  const messages = new Set(results.flatMap(({ got }) => got.kind === "ok" ? [] : [got.message]));
  say(
    `${what}: ${results.length} connections: ${count(results, "ok")} ok, ${count(results, "failed")} failed, ` +
      `${count(results, "refused")} refused, ${count(results, "hung")} hung; longest ${
        Math.max(...slow).toFixed(0)
      } ms ` +
      [...messages].slice(0, 3).join("; "),
  );
}

/** Plays `act` under the load, and holds the outcome against the show. */
async function under(
  what: string,
  { nodePort, node, act }: { readonly nodePort: number; readonly node: string; readonly act: () => Promise<void> },
): Promise<void> {
  await using watch = new PodWatch(NS);
  await until(() => Promise.resolve(watch.ready.size >= 2), { limit: 60_000, what: "two ready pods" });
  const old = new Set(watch.ready.keys());
  const loads = Promise.all([
    load(LOCAL.auto),
    load(LOCAL.tunnel),
    load(LOCAL.direct),
    // A dial to a pod that is gone takes two minutes to fail by itself.
    load(nodePort, node, 10_000),
  ]);
  await sleep(1_000);
  await act();
  const [auto, tunnel, direct, bare] = await loads;
  tell(`${what}, auto`, auto);
  tell(`${what}, tunnel`, tunnel);
  tell(`${what}, direct`, direct);
  tell(`${what}, NodePort alone`, bare);
  for (const [route, results] of [["auto", auto], ["tunnel", tunnel]] as const) {
    assert.equal(count(results, "refused"), 0, `${what}, ${route}: refused`);
    assert.equal(count(results, "hung"), 0, `${what}, ${route}: hung`);
    const bad = unexcused(results, watch);
    assert.deepEqual(bad, [], `${what}, ${route}: failed with no pod dying under them`);
    const fresh = Math.min(...[...watch.ready].filter(([name]) => !old.has(name)).map(([, at]) => at));
    const first = Math.min(
      ...results.filter(({ got }) => got.kind === "ok" && !old.has(got.pod)).map(({ ended }) => ended),
    );
    assert.ok(Number.isFinite(fresh) && Number.isFinite(first), "new pods were Ready, and answered");
    bar(`${what}, ${route}: first answer of a new pod after one was Ready`, {
      ms: Math.max(0, first - fresh),
      limit: 500,
      // It is a tenth of a second that counts here, and a busy machine takes seconds for each of its steps.
      slack: 60,
    });
  }
  assert.equal(count(direct, "refused"), 0, `${what}, direct: refused`);
  const failed = CONNECTIONS - count(direct, "ok");
  const without = CONNECTIONS - count(bare, "ok");
  assert.ok(failed <= Math.max(without, 3), `${what}: direct failed ${failed} times, a NodePort alone ${without}`);
}

Deno.test({
  name: "a rolling restart and both pods deleted at once fail no connection but those of the dying pods",
  ignore: !here,
  fn: async (t) => {
    await apply(NS, [
      deployment(NS, "pair", 2),
      service(NS, "pair", { type: "NodePort", ports: [{ port: 80 }] }),
    ]);
    await kubectl(["-n", NS, "rollout", "status", "deployment", "pair", "--timeout=120s"]);
    const nodePort = Number(
      await kubectl(["-n", NS, "get", "service", "pair", "-o", "jsonpath={.spec.ports[0].nodePort}"]),
    );
    const address = '{.items[0].status.addresses[?(@.type=="InternalIP")].address}';
    const node = await kubectl(["get", "nodes", "-o", `jsonpath=${address}`]);
    const file = `${await folder()}/forwards.yaml`;
    const forwards = Object.entries(LOCAL).map(([route, local]) =>
      `  ${route}: { cluster: dev, service: ${NS}/pair, port: 80, local: ${local}, route: ${route}, hold: 30s }\n`
    );
    await Deno.writeTextFile(
      file,
      `version: 1
clusters: { dev: { kubeconfig: ${kubeconfig}, context: ${context} } }
forwards:
${forwards.join("")}`,
    );
    await settled();
    await using up = new Up(file);
    await up.active();
    await t.step("rolling restart", () =>
      under("rolling restart", {
        nodePort,
        node,
        act: async () => {
          await kubectl(["-n", NS, "rollout", "restart", "deployment", "pair"]);
          await kubectl(["-n", NS, "rollout", "status", "deployment", "pair", "--timeout=120s"]);
        },
      }));
    await settled();
    await t.step("both pods deleted", () =>
      under("both pods deleted", {
        nodePort,
        node,
        act: async () => {
          await kubectl(["-n", NS, "delete", "pods", "--all", "--wait=false"]);
          await kubectl(["-n", NS, "rollout", "status", "deployment", "pair", "--timeout=120s"]);
        },
      }));
    await up.active();
    assert.equal(await up.interrupt(), 0);
    await kubectl(["delete", "namespace", NS, "--wait=false"]);
  },
});
