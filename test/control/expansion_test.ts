import assert from "node:assert/strict";
import { expand, type Expansion } from "../../src/control/expansion.ts";
import type { ExpansionFacts } from "../../src/control/expansion_parts.ts";
import { port } from "../../src/model/port.ts";
import { describeTarget, type ForwardSpec, type Workspace } from "../../src/model/workspace.ts";
import { forwardKind } from "../../src/resources/forward/kind.ts";
import { FakeMachine, fixed, spec } from "../resources/forward_world.ts";
import {
  albSpec,
  cluster,
  FakeServices,
  liveService,
  publicIp,
  task,
  workspaceOf,
} from "../resources/node_port_world.ts";

const signal = new AbortController().signal;

function over(
  workspace: Workspace,
  clusters: Readonly<Record<string, FakeServices>>,
  more: Partial<ExpansionFacts> = {},
): Expansion {
  return expand(workspace, { live: (name) => clusters[name]?.live, ...more });
}

const line = ({ name, local, target, port, hosts, expose, blocked }: ForwardSpec): string =>
  [
    `${name} ${local.kind === "fixed" ? local.port : local.kind} -> ${describeTarget(target)} ${port}`,
    ...(hosts === undefined ? [] : [`hosts of ${hosts.listener}`]),
    ...(expose?.kind === "task" ? [`makes ${expose.ports.map((one) => `${one.port}=${one.nodePort}`).join(",")}`] : []),
    ...(blocked === undefined ? [] : [`! ${blocked.reason}; ${blocked.help}`]),
  ].join(", ");
const lines = (expansion: Expansion) => expansion.workspace.forwards.map(line);

const ingress = (name: string, ...nodePorts: number[]) =>
  liveService(name, { namespace: "kecs-system", ports: nodePorts.map((nodePort) => [80, nodePort]) });

Deno.test("a listener is there while its NodePort is, one of the range as well, and one NodePort has one listener", () => {
  const workspace = workspaceOf([cluster("demo", { alb: albSpec() })]);
  const services = new FakeServices();
  assert.deepEqual(lines(over(workspace, { demo: services })), []);
  services.add(ingress("traefik", 30880, 30801, 30443, 30001));
  assert.deepEqual(lines(over(workspace, { demo: services })), [
    "alb-demo-80 8080 -> NodePort 30880 30880, hosts of 80",
    "alb-demo-443 8443 -> NodePort 30443 30443, hosts of 443",
    "alb-demo-9001 9001 -> NodePort 30801 30801, hosts of 9001",
  ]);
  services.services.clear();
  assert.deepEqual(lines(over(workspace, { demo: services })), []);
});

Deno.test("listeners follow publish, hosts and what k3d publishes already", () => {
  const services = new FakeServices().add(ingress("traefik", 30880));
  const demo = (alb: Parameters<typeof albSpec>[0]) => workspaceOf([cluster("demo", { alb: albSpec(alb) })]);
  assert.deepEqual(lines(over(demo({ publish: "k3d" }), { demo: services })), []);
  assert.deepEqual(lines(over(demo({ hosts: false }), { demo: services })), [
    "alb-demo-80 8080 -> NodePort 30880 30880",
  ]);
  const published = over(demo({ publish: "auto" }), { demo: services }, { published: () => new Set([port(8080)]) });
  assert.deepEqual(lines(published), []);
  assert.deepEqual(published.notes.map(({ message }) => message), [
    "k3d publishes local port 8080: listener 80 is reached through it",
  ]);
});

Deno.test("two instances at once: the second one's collision is said with the fix, whoever came first", () => {
  const workspace = workspaceOf([
    cluster("one", { alb: albSpec() }),
    cluster("two", { alb: albSpec() }),
  ]);
  const two = new FakeServices().add(ingress("traefik", 30880, 30801));
  const blocked = [
    "alb-two-80 8080 -> NodePort 30880 30880, hosts of 80, ! local port 8080 is used by both listener 80 of cluster one and " +
    "listener 80 of cluster two; give one of them another local port: under clusters.two.alb.listeners write " +
    "{ listener: 80, local: 18080, nodePort: 30880 }",
    "alb-two-443 8443 -> NodePort 30443 30443, hosts of 443, ! local port 8443 is used by both listener 443 of cluster one and " +
    "listener 443 of cluster two; give one of them another local port: under clusters.two.alb.listeners write " +
    "{ listener: 443, local: 18443, nodePort: 30443 }",
    "alb-two-9001 9001 -> NodePort 30801 30801, hosts of 9001, ! local port 9001 is used by both listener 9001 of cluster one and " +
    "listener 9001 of cluster two; give one of them another local port: under clusters.two.alb.listeners write " +
    "{ listener: 9001, local: 19001, nodePort: 30801 }",
  ];
  assert.deepEqual(lines(over(workspace, { two })), blocked);
  const one = new FakeServices().add(ingress("traefik", 30880));
  assert.deepEqual(lines(over(workspace, { one, two })), [
    "alb-one-80 8080 -> NodePort 30880 30880, hosts of 80",
    ...blocked,
  ]);
});

Deno.test("the file's own forwards come first", () => {
  const workspace = workspaceOf([cluster("demo", { alb: albSpec(), publicIp })], [
    spec("web", fixed(8080)),
    spec("pub", fixed(32000)),
    spec("public-a", fixed(3001)),
  ]);
  const services = new FakeServices().add(ingress("traefik", 30880));
  services.tasks = [task("a")];
  assert.deepEqual(lines(over(workspace, { demo: services })).slice(3), [
    "alb-demo-80 8080 -> NodePort 30880 30880, hosts of 80, ! local port 8080 is used by both forward web and listener 80 of " +
    "cluster demo; give one of them another local port: under clusters.demo.alb.listeners write " +
    "{ listener: 80, local: 18080, nodePort: 30880 }",
    "public-a-2 32001 -> pod default-us-east-1/a 8080, makes 8080=30001",
  ]);
});

Deno.test("tasks with a public IP get ports, oldest first; what KECS made is used as it is", () => {
  const workspace = workspaceOf([cluster("demo", { publicIp })]);
  const services = new FakeServices().add(
    liveService("task-kecs", {
      namespace: "default-us-east-1",
      labels: { "kecs.dev/task-id": "kecs", "kecs.dev/managed-by": "kecs" },
      ports: [[8080, 30000]],
    }),
    liveService("task-far", {
      namespace: "default-us-east-1",
      labels: { "kecs.dev/task-id": "far", "kecs.dev/managed-by": "kecs" },
      ports: [[8080, 32123]],
    }),
  );
  services.tasks = [
    task("old", { createdAt: 1, ports: [port(80), port(8080)] }),
    task("kecs", { createdAt: 2 }),
    task("far", { createdAt: 3 }),
    task("mute", { createdAt: 4, ports: [] }),
  ];
  const expansion = over(workspace, { demo: services });
  assert.deepEqual(lines(expansion), [
    "public-old 32001 -> pod default-us-east-1/old 80, makes 80=30001,8080=30002",
    "public-old-8080 32002 -> pod default-us-east-1/old 8080",
    "public-kecs 32000 -> pod default-us-east-1/kecs (NodePort 30000) 8080",
    "public-far 32003 -> pod default-us-east-1/far (NodePort 32123) 8080",
  ]);
  assert.deepEqual(expansion.notes.map(({ message }) => message), [
    "of NodePorts 30000-30999, KECS uses 30080 (API), 30081 (admin API), 30443 (ALB, HTTPS), 30800-30899 (ALB listeners): " +
    "they are not given to tasks",
    "task mute has a public IP, but its containers name no port",
  ]);
});

Deno.test("a range that is used up is said for those who go without", () => {
  const range = {
    local: { first: port(32000), last: port(32000) },
    nodePorts: { first: port(30000), last: port(30000) },
  };
  const services = new FakeServices();
  services.tasks = [task("a", { createdAt: 1 }), task("b", { createdAt: 2 })];
  const workspace = workspaceOf([cluster("demo", { publicIp: { ...publicIp, ...range } })]);
  assert.deepEqual(lines(over(workspace, { demo: services })), [
    "public-a 32000 -> pod default-us-east-1/a 8080, makes 8080=30000",
    "public-b 32000 -> pod default-us-east-1/b 8080, ! no port of 32000 is free for task b; " +
    "widen clusters.demo.publicIp.local and publicIp.nodePorts, both by as much",
  ]);
});

Deno.test("two clusters share the local range without a collision", () => {
  const workspace = workspaceOf([cluster("one", { publicIp }), cluster("two", { publicIp })]);
  const [one, two] = [new FakeServices(), new FakeServices()];
  one.tasks = [task("a")];
  two.tasks = [task("b")];
  assert.deepEqual(lines(over(workspace, { one, two })), [
    "public-a 32000 -> pod default-us-east-1/a 8080, makes 8080=30000",
    "public-b 32001 -> pod default-us-east-1/b 8080, makes 8080=30001",
  ]);
});

Deno.test("a forward with a companion leads to it as well; one that only has its name from it does not", () => {
  const workspace = workspaceOf([cluster("dev")], [
    spec("web", fixed(3000), { expose: { kind: "companion" } }),
    spec("api", fixed(3001)),
  ]);
  const labels = (forward: string) => ({
    "app.kubernetes.io/managed-by": "berth",
    "berth.dev/workspace": "w1",
    "berth.dev/forward": forward,
  });
  const dev = new FakeServices().add(
    liveService("berth-web", { labels: labels("web"), ports: [[80, 30001]] }),
    liveService("berth-api", { labels: labels("api"), ports: [[80, 30002]] }),
  );
  assert.deepEqual(lines(over(workspace, { dev })), [
    "web 3000 -> service default/web (NodePort 30001) 80",
    "api 3001 -> service default/api 80",
  ]);
});

Deno.test("1,000 tasks: as many listeners as there are ports, and no time", () => {
  const services = new FakeServices();
  services.tasks = Array.from({ length: 1000 }, (_, i) => task(`t${String(i).padStart(4, "0")}`, { createdAt: i }));
  const began = performance.now();
  const { workspace } = over(workspaceOf([cluster("demo", { publicIp })]), { demo: services });
  assert.ok(performance.now() - began < 30_000);
  assert.equal(workspace.forwards.filter(({ blocked }) => blocked === undefined).length, 897);
  assert.equal(workspace.forwards.length, 1000);
});

Deno.test("a forward that is blocked is shown by the plan, and one that runs is stopped first", async () => {
  const machine = new FakeMachine();
  const plan = async (forwards: readonly ForwardSpec[]) => {
    const desired = forwardKind.desired(workspaceOf([cluster("dev")], forwards));
    return forwardKind.diff(desired, await forwardKind.observe(desired, machine.world(), signal));
  };
  const free = spec("alb-two-80", fixed(8080));
  const blocked = { ...free, blocked: { reason: "local port 8080 is used by both", help: "another one" } };
  const other = spec("alb-one-80", fixed(8080));
  for (const action of await plan([free])) await forwardKind.apply(action, machine.world(), signal);
  const moved = await plan([other, blocked]);
  assert.deepEqual(moved.map(({ op, key, reason }) => `${op} ${key}: ${reason}`), [
    "create forward:alb-one-80: not running",
    "delete forward:alb-two-80: local port 8080 is used by both",
  ]);
  assert.deepEqual(moved[0]?.dependsOn, ["cluster:dev", "forward:alb-two-80"]);
  for (const action of [...moved].reverse()) await forwardKind.apply(action, machine.world(), signal);
  assert.deepEqual((await plan([other, blocked])).map(({ op, key, detail }) => `${op} ${key}: ${detail.help}`), [
    "blocked forward:alb-two-80: another one",
  ]);
});
