import assert from "node:assert/strict";
import { ClusterRegistry } from "../../src/control/cluster_registry.ts";
import { LiveClusters } from "../../src/control/live_clusters.ts";
import type { Trigger } from "../../src/engine/triggers.ts";
import type { ClusterAccess } from "../../src/model/cluster_access.ts";
import type { LiveState, LiveWants } from "../../src/model/live_cluster.ts";
import { type Port, port } from "../../src/model/port.ts";
import type { ClusterSpec } from "../../src/model/workspace.ts";
import { FakeClock, settle } from "../fakes/clock.ts";
import { FakeCluster } from "../fakes/cluster.ts";
import { albSpec, cluster, publicIp, workspaceOf } from "../resources/node_port_world.ts";

const signal = new AbortController().signal;
const CONNECTING: LiveState = { kind: "unknown", reason: "connecting", message: "first list under way" };
const LOST: LiveState = { kind: "unknown", reason: "cluster-unreachable", message: "away" };
const known = (...nodePorts: number[]): LiveState => ({
  kind: "known",
  live: {
    nodePorts: new Set<Port>(nodePorts.map(port)),
    services: [],
    tasks: [],
    albs: [
      { name: "shop", dnsName: "shop-1.elb", listener: port(80) },
      { name: "shop", dnsName: "shop-2.elb", listener: port(9001) },
    ],
  },
});

/** A cluster whose live state a test sets. */
class Followed extends FakeCluster {
  readonly follows: LiveWants[] = [];
  readonly #listeners = new Set<() => void>();
  #live: LiveState = CONNECTING;

  follow(wants: LiveWants): ReturnType<NonNullable<ClusterAccess["follow"]>> {
    this.follows.push(wants);
    const current = () => this.#live;
    const mine = new Set<() => void>();
    return {
      get state() {
        return current();
      },
      subscribe: (listener) => {
        mine.add(listener);
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      close: () => mine.forEach((one) => this.#listeners.delete(one)),
    };
  }

  get followers(): number {
    return this.#listeners.size;
  }

  /** What the next watch begins with. */
  forget(state: LiveState): void {
    this.#live = state;
  }

  tell(state: LiveState): void {
    this.#live = state;
    for (const listener of [...this.#listeners]) listener();
  }
}

function setUp() {
  const clusters: Followed[] = [];
  const registry = new ClusterRegistry((spec) => {
    const one = new Followed(spec.name);
    clusters.push(one);
    return one;
  });
  const clock = new FakeClock();
  const live = new LiveClusters({ clusters: (name) => registry.get(name), clock, touched: new Set(["old"]) });
  const fired: Trigger[] = [];
  live.source((trigger) => fired.push(trigger));
  return { clusters, registry, clock, live, fired };
}

const dev = (more: Partial<ClusterSpec> = {}) => workspaceOf([cluster("dev", { alb: albSpec(), ...more })]);
const names = (live: LiveClusters, of = dev()) => live.expand(of).workspace.forwards.map(({ name }) => name);

Deno.test("only clusters that something depends on are followed, and for what", async () => {
  const { clusters, registry, live } = setUp();
  const workspace = workspaceOf([
    cluster("plain"),
    cluster("old"),
    cluster("mapped", { alb: albSpec({ publish: "k3d" }) }),
    cluster("alb", { alb: albSpec() }),
    cluster("tasks", { publicIp }),
  ]);
  await registry.use(workspace);
  live.use(workspace);
  assert.deepEqual(clusters.map(({ name, follows }) => [name, ...follows]), [
    ["plain"],
    ["old", { tasks: false, albs: false }],
    ["mapped"],
    ["alb", { tasks: false, albs: true }],
    ["tasks", { tasks: true, albs: false }],
  ]);
  live.use(workspaceOf([cluster("alb", { alb: albSpec({ hosts: false }) })]));
  assert.deepEqual(clusters.map(({ followers }) => followers), [0, 0, 0, 1, 0]);
  assert.deepEqual(clusters[3]?.follows.length, 2);
});

Deno.test("a change wakes the loop; an outage and a new connection take nothing away", async () => {
  const { clusters, registry, live, fired } = setUp();
  await registry.use(dev());
  live.use(dev());
  assert.deepEqual(names(live), []);
  clusters[0]?.tell(known(30880));
  assert.deepEqual(names(live), ["alb-dev-80"]);
  assert.deepEqual(fired, [{ kind: "watch", detail: "dev" }]);
  clusters[0]?.tell(LOST);
  assert.deepEqual(names(live), ["alb-dev-80"]);
  const moved = dev({ access: { kind: "kubeconfig", context: "other" } });
  await registry.use(moved);
  live.use(moved);
  assert.equal(clusters[1]?.followers, 1, "the watch has moved to the new connection");
  assert.deepEqual(names(live), ["alb-dev-80"]);
  clusters[1]?.tell(known());
  assert.deepEqual(names(live), []);
  await registry.close();
});

Deno.test("looking at more of a cluster takes nothing away, unless tasks were not looked at before", async () => {
  const { clusters, registry, live } = setUp();
  await registry.use(dev());
  live.use(dev());
  clusters[0]?.tell(known(30880));
  clusters[0]?.forget(CONNECTING);
  live.use(dev({ alb: albSpec({ hosts: false }) }));
  assert.deepEqual(names(live), ["alb-dev-80"]);
  live.use(dev({ publicIp }));
  assert.deepEqual(live.expand(dev({ publicIp })).workspace.known, new Set());
});

Deno.test("who asks before the first answer waits for it, for a bounded time", async () => {
  const { clusters, registry, clock, live } = setUp();
  await registry.use(dev());
  live.use(dev());
  const asked = live.live("dev", { signal, timeout: 1_000 });
  await settle();
  clusters[0]?.tell(known(30880));
  assert.equal((await asked).kind, "known");
  assert.equal(clock.pending, 0, "no timer is left");
  assert.equal((await live.live("nowhere", { signal, timeout: 1_000 })).kind, "unknown");

  const other = setUp();
  await other.registry.use(dev());
  other.live.use(dev());
  const late = other.live.ready({ signal, timeout: 1_000 }).then(() => "in time");
  await other.clock.advance(1_000);
  assert.equal(await late, "in time");
  const stop = new AbortController();
  const cut = other.live.ready({ signal: stop.signal, timeout: 1_000 });
  stop.abort(new Error("enough"));
  await assert.rejects(cut, /enough/);
  assert.equal(other.clock.pending, 0);
});

Deno.test("a load balancer's name is that of the listener, else any of its names", async () => {
  const { clusters, registry, live } = setUp();
  await registry.use(dev());
  live.use(dev());
  const name = (alb: string, listener: number) => live.albName("dev", { alb, listener: port(listener) });
  assert.equal(name("shop", 80), undefined);
  clusters[0]?.tell(known());
  assert.deepEqual([name("shop", 80), name("shop", 9001), name("shop", 443), name("other", 80)], [
    "shop-1.elb",
    "shop-2.elb",
    "shop-1.elb",
    undefined,
  ]);
});

Deno.test("a refused NodePort is passed over for a while", async () => {
  const { clusters, registry, clock, live } = setUp();
  const tasks = dev({ publicIp });
  await registry.use(tasks);
  live.use(tasks);
  const task = { namespace: "n", id: "a", arn: null, pod: "a", selector: {}, ports: [port(80)], createdAt: 0 };
  const state = known();
  assert.ok(state.kind === "known");
  clusters[0]?.tell({ ...state, live: { ...state.live, tasks: [task] } });
  const local = () =>
    live.expand(tasks).workspace.forwards.map((one) => one.local.kind === "fixed" ? one.local.port : 0);
  assert.deepEqual(local(), [32000]);
  live.refused({ cluster: "dev", nodePort: port(30000) });
  assert.deepEqual(local(), [32001]);
  await clock.advance(60_000);
  assert.deepEqual(local(), [32001], "it stays where it is");
  clusters[0]?.tell(state);
  assert.deepEqual(local(), []);
  clusters[0]?.tell({ ...state, live: { ...state.live, tasks: [task] } });
  assert.deepEqual(local(), [32000]);
});
