/** What the kind `node_port` and the expansion promise, over random worlds. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { expand } from "../../src/control/expansion.ts";
import type { LiveService } from "../../src/model/live_cluster.ts";
import type { Outcome } from "../../src/model/plan.ts";
import { port } from "../../src/model/port.ts";
import type { Workspace } from "../../src/model/workspace.ts";
import { nodePortKind } from "../../src/resources/node_port/kind.ts";
import type { NodePortWorld } from "../../src/resources/node_port/world.ts";
import { fixed, spec } from "../resources/forward_world.ts";
import {
  albSpec,
  cluster,
  FakeServices,
  liveService,
  nodePortWorld,
  publicIp,
  task,
  workspaceOf,
} from "../resources/node_port_world.ts";

const signal = new AbortController().signal;
const NAMESPACE = "default-us-east-1";
const ids = ["a", "b", "c", "d", "e", "f"] as const;

/** Services of others: KECS' own, other workspaces', plain ones, some under names that ours would have. */
const foreign: fc.Arbitrary<readonly LiveService[]> = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("task-a", "task-b", "web", "berth-x", "berth-y", "ingress"),
    namespace: fc.constantFrom("default", NAMESPACE),
    nodePort: fc.option(fc.integer({ min: 30000, max: 30012 }), { nil: null }),
    labels: fc.constantFrom<Readonly<Record<string, string>>>(
      {},
      { "app.kubernetes.io/managed-by": "Helm", "berth.dev/workspace": "w1" },
      { "app.kubernetes.io/managed-by": "berth", "berth.dev/workspace": "w2", "berth.dev/forward": "x" },
      { "kecs.dev/managed-by": "kecs", "kecs.dev/type": "task-nodeport" },
    ),
  }),
  { maxLength: 5, selector: ({ name, namespace }) => `${namespace}/${name}` },
).map((all) => {
  const used = new Set<number>();
  return all.map(({ name, namespace, nodePort, labels }) => {
    const own = nodePort === null || used.has(nodePort) ? null : nodePort;
    if (own !== null) used.add(own);
    const id = name.startsWith("task-") && namespace === NAMESPACE ? { "kecs.dev/task-id": name.slice(5) } : {};
    return liveService(name, { namespace, labels: { ...labels, ...id }, ports: [[8080, own]] });
  });
});

const file = fc.record({ exposed: fc.subarray(["x", "y", "z"]), tasks: fc.subarray([...ids]) });

function workspaceWith(exposed: readonly string[]): Workspace {
  return workspaceOf(
    [cluster("dev", { kecs: { instance: "a", region: "us-east-1" }, publicIp, alb: albSpec() })],
    exposed.map((name, i) => spec(name, fixed(3000 + i), { expose: { kind: "companion" } })),
  );
}

async function pass(workspace: Workspace, services: FakeServices, world: NodePortWorld): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const action of await planned(workspace, services, world)) {
    outcomes.push(await nodePortKind.apply(action, world, signal));
  }
  return outcomes;
}

async function planned(workspace: Workspace, services: FakeServices, world: NodePortWorld) {
  const desired = nodePortKind.desired(expand(workspace, { live: () => services.live }).workspace);
  return nodePortKind.diff(desired, await nodePortKind.observe(desired, world, signal));
}

Deno.test("apply, then plan: empty; nothing foreign is touched; no NodePort is given twice", async () => {
  await fc.assert(fc.asyncProperty(foreign, fc.array(file, { minLength: 1, maxLength: 4 }), async (others, files) => {
    const services = new FakeServices().add(...others);
    const world = nodePortWorld({ dev: services });
    const before = others.map((one) => JSON.stringify(one));
    for (const { exposed, tasks } of files) {
      services.tasks = tasks.map((id, createdAt) => task(id, { createdAt }));
      const workspace = workspaceWith(exposed);
      for (const outcome of await pass(workspace, services, world)) assert.equal(outcome.status, "done");
      assert.deepEqual(await planned(workspace, services, world), []);
      for (const [i, one] of others.entries()) {
        assert.equal(JSON.stringify(services.services.get(`${one.namespace}/${one.name}`)), before[i]);
      }
      const given = [...services.services.values()].flatMap((one) => one.ports.map(({ nodePort }) => nodePort))
        .filter((one) => one !== null);
      assert.equal(new Set(given).size, given.length);
      for (const id of tasks) assert.ok(services.services.has(`${NAMESPACE}/task-${id}`), `task ${id} has its Service`);
    }
    services.tasks = [];
    await pass(workspaceWith([]), services, world);
    assert.equal(services.services.size, others.length, "nothing of ours is left");
  }));
});

Deno.test("the order of what lives and of what is asked for changes nothing", async () => {
  const shuffled = fc.array(fc.nat(), { minLength: 20, maxLength: 20 });
  await fc.assert(fc.asyncProperty(foreign, file, shuffled, async (others, { exposed, tasks }, keys) => {
    const mixed = <T>(of: readonly T[]): readonly T[] =>
      of.map((one, i) => [keys[i] ?? 0, one] as const).sort(([a], [b]) => a - b).map(([, one]) => one);
    const plan = async (order: <T>(of: readonly T[]) => readonly T[]) => {
      const services = new FakeServices().add(...order(others));
      services.tasks = tasks.map((id, createdAt) => task(id, { createdAt }));
      const actions = await planned(workspaceWith(exposed), services, nodePortWorld({ dev: services }));
      return actions.map((one) => JSON.stringify(one)).sort();
    };
    assert.deepEqual(await plan((of) => of), await plan(mixed));
  }));
});

Deno.test("a process that dies between any two writes leaves nothing doubled and nothing behind", async () => {
  await fc.assert(fc.asyncProperty(foreign, file, fc.nat(8), async (others, { exposed, tasks }, died) => {
    const services = new FakeServices().add(...others);
    services.tasks = tasks.map((id, createdAt) => task(id, { createdAt }));
    const workspace = workspaceWith(exposed);
    const first = nodePortWorld({ dev: services });
    for (const action of (await planned(workspace, services, first)).slice(0, died)) {
      await nodePortKind.apply(action, first, signal);
    }
    const next = nodePortWorld({ dev: services });
    await pass(workspace, services, next);
    assert.deepEqual(await planned(workspace, services, next), []);
    for (const name of exposed) {
      const own = [...services.services.values()].filter(({ labels }) =>
        labels["berth.dev/workspace"] === "w1" && labels["berth.dev/forward"] === name &&
        labels["app.kubernetes.io/managed-by"] === "berth"
      );
      assert.equal(own.length, 1, `${name} has one companion`);
    }
  }));
});

Deno.test("local ports of dynamic forwards are distinct, never those of the file, and stay while tasks come and go", () => {
  const step = fc.record({ end: fc.array(fc.nat(30), { maxLength: 5 }), start: fc.nat(5) });
  fc.assert(fc.property(fc.array(step, { maxLength: 12 }), fc.boolean(), (steps, makes) => {
    const services = new FakeServices();
    const workspace = workspaceOf(
      [cluster("dev", { publicIp, alb: albSpec() })],
      [spec("own", fixed(32001)), spec("other", fixed(8080))],
    );
    let locals: ReadonlyMap<string, number> = new Map();
    let count = 0;
    for (const { end, start } of steps) {
      services.tasks = services.tasks.filter((_, i) => !end.includes(i));
      for (let i = 0; i < start; i++) services.tasks.push(task(`t${++count}`, { createdAt: count }));
      const { forwards } = expand(workspace, {
        live: () => services.live,
        remembered: (name) => {
          const local = locals.get(name);
          return local === undefined ? undefined : port(local);
        },
      }).workspace;
      const running = forwards.filter(({ blocked }) => blocked === undefined);
      const now = new Map(running.map(({ name, local }) => [name, local.kind === "fixed" ? local.port : 0]));
      assert.equal(new Set(now.values()).size, running.length);
      for (const [name, local] of now) if (locals.has(name)) assert.equal(local, locals.get(name), `${name} stays`);
      locals = now;
      if (!makes) continue;
      for (const { expose } of running) {
        if (expose?.kind !== "task" || services.services.has(`${expose.namespace}/task-${expose.id}`)) continue;
        services.add(liveService(`task-${expose.id}`, {
          namespace: expose.namespace,
          labels: { "kecs.dev/task-id": expose.id },
          ports: expose.ports.map((one) => [one.port, one.nodePort]),
        }));
      }
    }
  }));
});
