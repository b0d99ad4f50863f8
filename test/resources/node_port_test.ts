import assert from "node:assert/strict";
import type { ForwardSpec, Workspace } from "../../src/model/workspace.ts";
import type { Outcome } from "../../src/model/plan.ts";
import { port } from "../../src/model/port.ts";
import { expand } from "../../src/control/expansion.ts";
import { nodePortKind } from "../../src/resources/node_port/kind.ts";
import type { NodePortWorld } from "../../src/resources/node_port/world.ts";
import { fixed, spec } from "./forward_world.ts";
import { cluster, FakeServices, liveService, nodePortWorld, publicIp, task, workspaceOf } from "./node_port_world.ts";

const signal = new AbortController().signal;
const exposed = (name: string): ForwardSpec => spec(name, fixed(3000), { expose: { kind: "companion" } });
const dev = (...forwards: ForwardSpec[]): Workspace => workspaceOf([cluster("dev")], forwards);

async function plan(workspace: Workspace, world: NodePortWorld) {
  const desired = nodePortKind.desired(workspace);
  return nodePortKind.diff(desired, await nodePortKind.observe(desired, world, signal));
}

async function lines(workspace: Workspace, world: NodePortWorld): Promise<readonly string[]> {
  return (await plan(workspace, world)).map((one) => `${one.op} ${one.key}: ${one.reason}`).sort();
}

async function apply(workspace: Workspace, world: NodePortWorld): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const action of await plan(workspace, world)) outcomes.push(await nodePortKind.apply(action, world, signal));
  return outcomes;
}

const shown = (services: FakeServices) =>
  [...services.services].map(([id, one]) => `${id} ${one.ports.map(({ nodePort }) => nodePort).join(",")}`).sort();

Deno.test("a companion is made in the static band, kept, and removed when nothing asks for it", async () => {
  const services = new FakeServices().add(liveService("theirs", { ports: [[80, 30000]] }));
  const world = nodePortWorld({ dev: services });
  assert.deepEqual(await lines(dev(exposed("web")), world), [
    "create node_port:dev/web: expose: nodePort, and no NodePort Service is there",
  ]);
  assert.deepEqual(await apply(dev(exposed("web")), world), [{ status: "done" }]);
  assert.deepEqual(shown(services), ["default/berth-web 30001", "default/theirs 30000"]);
  assert.deepEqual(services.services.get("default/berth-web")?.labels, {
    "app.kubernetes.io/managed-by": "berth",
    "berth.dev/workspace": "w1",
    "berth.dev/forward": "web",
  });
  assert.deepEqual(await lines(dev(exposed("web")), world), []);
  assert.deepEqual(await lines(dev(), world), ["delete node_port:dev/default/berth-web: nothing asks for it any more"]);
  await apply(dev(), world);
  assert.deepEqual(shown(services), ["default/theirs 30000"]);
});

Deno.test("in KECS a companion stays outside what KECS uses or gives to tasks", async () => {
  const services = new FakeServices();
  const workspace = workspaceOf([cluster("dev", { kecs: { instance: "a", region: "us-east-1" } })], [exposed("web")]);
  await apply(workspace, nodePortWorld({ dev: services }));
  assert.deepEqual(shown(services), ["default/berth-web 31000"]);
});

Deno.test("a NodePort that is taken by the time is answered with the next one, at last with the server's choice", async () => {
  const services = new FakeServices();
  services.hidden.add(port(30000)).add(port(30001));
  const world = nodePortWorld({ dev: services });
  assert.deepEqual(await apply(dev(exposed("web")), world), [{ status: "done" }]);
  assert.deepEqual(shown(services), ["default/berth-web 30002"]);
  assert.deepEqual(world.refusedPorts, [30000, 30001]);
  const full = new FakeServices();
  for (let value = 30000; value < 30010; value++) full.hidden.add(port(value));
  assert.deepEqual(await apply(dev(exposed("web")), nodePortWorld({ dev: full })), [{ status: "done" }]);
  assert.deepEqual(shown(full), ["default/berth-web 32767"]);
});

Deno.test("a name that somebody else has is left to them", async () => {
  const services = new FakeServices().add(liveService("berth-web", { ports: [[80, null]] }));
  const world = nodePortWorld({ dev: services });
  assert.deepEqual(await apply(dev(exposed("web")), world), [{ status: "done" }]);
  assert.equal(services.services.size, 2);
  assert.equal(services.services.get("default/berth-web")?.uid, "uid-berth-web");
  assert.deepEqual(await lines(dev(exposed("web")), world), []);
});

Deno.test("a companion whose target changed is made anew with the same NodePort", async () => {
  const services = new FakeServices();
  const world = nodePortWorld({ dev: services });
  await apply(dev(exposed("web")), world);
  services.selections.set("web", {
    kind: "selects",
    namespace: "default",
    selector: { app: "web", tier: "a" },
    targetPort: "http",
  });
  assert.deepEqual(await lines(dev(exposed("web")), world), [
    "replace node_port:dev/web: selector changed from app=web to app=web,tier=a, target port changed from 8080 to http",
  ]);
  await apply(dev(exposed("web")), world);
  assert.deepEqual(shown(services), ["default/berth-web 30000"]);
  assert.deepEqual(await lines(dev(exposed("web")), world), []);
});

Deno.test("a target that has a NodePort needs no companion; one that cannot have any is blocked; one that may come back keeps it", async () => {
  const services = new FakeServices();
  const world = nodePortWorld({ dev: services });
  await apply(dev(exposed("web")), world);
  services.selections.set("web", { kind: "none", message: "service default/web does not exist", retry: true });
  assert.deepEqual(await lines(dev(exposed("web")), world), [
    "blocked node_port:dev/web: service default/web does not exist",
  ]);
  services.selections.set("web", { kind: "has-node-port", nodePort: port(30555) });
  assert.deepEqual(await lines(dev(exposed("web")), world), [
    "delete node_port:dev/default/berth-web: its target has NodePort 30555 of its own",
  ]);
  services.selections.set("web", { kind: "none", message: "no Service can select it", retry: false });
  const blocked = await plan(dev(exposed("web")), world);
  assert.deepEqual(blocked.map(({ op, reason }) => `${op}: ${reason}`), [
    "blocked: no Service can select it; remove 'expose' from the forward",
    "delete: nothing asks for it any more",
  ]);
});

Deno.test("a right that is missing blocks, and a cluster that does not answer blocks only what is wanted there", async () => {
  const services = new FakeServices();
  services.forbidden = "create";
  assert.deepEqual(await apply(dev(exposed("web")), nodePortWorld({ dev: services })), [
    { status: "blocked", reason: "forbidden", message: "berth may not create Services" },
  ]);
  const away = new FakeServices();
  away.state = { kind: "unknown", reason: "cluster-unreachable", message: "the API server does not answer" };
  const both = workspaceOf([cluster("dev"), cluster("far")], [exposed("web"), { ...exposed("x"), cluster: "far" }]);
  assert.deepEqual(await lines(both, nodePortWorld({ dev: new FakeServices(), far: away })), [
    "blocked node_port:far/x: the API server does not answer",
    "create node_port:dev/web: expose: nodePort, and no NodePort Service is there",
  ]);
});

Deno.test("clusters that nothing concerns are not asked", async () => {
  const asked: string[] = [];
  const world = nodePortWorld({ dev: new FakeServices(), far: new FakeServices() }, {
    touched: new Set(["dev"]),
    live: (name) => {
      asked.push(name);
      return Promise.resolve(new FakeServices().live);
    },
  });
  await plan(
    workspaceOf([cluster("dev"), cluster("far"), cluster("third")], [{ ...exposed("x"), cluster: "far" }]),
    world,
  );
  assert.deepEqual(asked.sort(), ["dev", "far"]);
});

const kecs = workspaceOf([cluster("dev", { kecs: { instance: "a", region: "us-east-1" }, publicIp })]);
const expanded = (services: FakeServices, refused: readonly number[] = []): Workspace =>
  expand(kecs, { live: () => services.live, refused: () => new Set(refused.map(port)) }).workspace;

Deno.test("a task's Service is made as KECS makes it, and goes when the task has ended", async () => {
  const services = new FakeServices();
  services.tasks = [task("abc", { ports: [port(8080), port(9090)] })];
  const world = nodePortWorld({ dev: services });
  assert.deepEqual(await apply(expanded(services), world), [{ status: "done" }]);
  const made = services.services.get("default-us-east-1/task-abc");
  assert.deepEqual(made?.labels, {
    "kecs.dev/task-id": "abc",
    "kecs.dev/managed-by": "kecs",
    "kecs.dev/type": "task-nodeport",
    "app.kubernetes.io/managed-by": "berth",
    "berth.dev/workspace": "w1",
    "berth.dev/forward": "public-abc",
  });
  assert.deepEqual(made?.selector, { "kecs.dev/task-id": "abc" });
  assert.deepEqual(made?.ports.map(({ targetPort, nodePort }) => [targetPort, nodePort]), [[8080, 30000], [
    9090,
    30001,
  ]]);
  assert.deepEqual(await lines(expanded(services), world), []);
  services.tasks = [];
  assert.deepEqual(await lines(expanded(services), world), [
    "delete node_port:dev/default-us-east-1/task-abc: its task has ended",
  ]);
  await apply(expanded(services), world);
  assert.deepEqual(shown(services), []);
});

Deno.test("a task's Service that KECS made, even while we made ours, is used as it is and never removed", async () => {
  const labels = { "kecs.dev/task-id": "abc", "kecs.dev/managed-by": "kecs", "kecs.dev/type": "task-nodeport" };
  const theirs = liveService("task-abc", { namespace: "default-us-east-1", labels, ports: [[8080, 30005]] });
  const services = new FakeServices();
  services.tasks = [task("abc")];
  const world = nodePortWorld({ dev: services });
  const actions = await plan(expanded(services), world);
  services.add(theirs);
  for (const action of actions) assert.deepEqual(await nodePortKind.apply(action, world, signal), { status: "done" });
  assert.deepEqual(services.touched, []);
  assert.deepEqual(await lines(expanded(services), world), []);
  services.tasks = [];
  assert.deepEqual(await lines(expanded(services), world), []);
});

Deno.test("a task's NodePort that is refused is passed over at the next look", async () => {
  const services = new FakeServices();
  services.tasks = [task("abc")];
  services.hidden.add(port(30000));
  const world = nodePortWorld({ dev: services });
  assert.deepEqual((await apply(expanded(services), world)).map((one) => one.status), ["failed"]);
  assert.deepEqual(await apply(expanded(services, world.refusedPorts), world), [{ status: "done" }]);
  assert.deepEqual(shown(services), ["default-us-east-1/task-abc 30001"]);
});

Deno.test("what a look does not show yet is not made twice", async () => {
  const services = new FakeServices();
  services.tasks = [task("abc")];
  const workspace = { ...expanded(services), forwards: [...expanded(services).forwards, exposed("web")] };
  const world = nodePortWorld({ dev: services });
  const stale = await plan(workspace, world);
  for (const action of [...stale, ...stale]) {
    assert.deepEqual(await nodePortKind.apply(action, world, signal), { status: "done" });
  }
  assert.deepEqual(shown(services), ["default-us-east-1/task-abc 30000", "default/berth-web 31000"]);
  assert.deepEqual(world.refusedPorts, []);
});

Deno.test("while it is not known which tasks there are, none of their Services is too many", async () => {
  const services = new FakeServices();
  services.tasks = [task("abc")];
  const world = nodePortWorld({ dev: services });
  await apply(expanded(services), world);
  // The first look after a restart: what follows from the cluster was worked out before its first answer.
  const early = expand(kecs, { live: () => undefined }).workspace;
  assert.deepEqual(await lines(early, world), []);
  assert.deepEqual(await lines(kecs, world), []);
  services.tasks = [];
  assert.equal((await lines(expanded(services), world)).length, 1);
});
