/** Load balancers, public IPs and companions against the sandbox, with the real loop, kinds, connections and forwarders. */
import assert from "node:assert/strict";
import { port, type PortRange } from "../../src/model/port.ts";
import type { ClusterSpec, Workspace } from "../../src/model/workspace.ts";
import { kecsScenario, namespace, pod, service } from "../../src/sandbox/scenario.ts";
import { dig, names, type Rig, withSandbox } from "../sandbox/rig.ts";
import { albSpec, cluster, publicIp, workspaceOf } from "../resources/node_port_world.ts";
import { fixed, spec } from "../resources/forward_world.ts";
import { type Machine, startMachine } from "./machine.ts";
import { until } from "../fakes/until.ts";

const KECS = "default-us-east-1";
const kecs = { instance: "demo", region: "us-east-1" };
const range = (first: number, last: number): PortRange => ({ first: port(first), last: port(last) });
/** Away from the ports that other tests of this machine may hold. */
const LOCAL = range(18000, 18999);
const NODE = range(31000, 31999);

function workspace(more: Partial<ClusterSpec> = {}, forwards: Workspace["forwards"] = []): Workspace {
  return workspaceOf(
    [cluster("dev", { kecs, publicIp: { ...publicIp, local: LOCAL, nodePorts: NODE }, ...more })],
    forwards,
  );
}

async function withMachine(
  first: Workspace,
  { scenario = kecsScenario({ tasks: [] }), prepare }: {
    readonly scenario?: ReturnType<typeof kecsScenario>;
    readonly prepare?: (rig: Rig) => void;
  },
  body: (machine: Machine, rig: Rig) => Promise<void>,
): Promise<void> {
  await withSandbox({ scenario }, async (rig) => {
    prepare?.(rig);
    const kubeconfig = await Deno.makeTempFile({ prefix: "berth-live-" });
    try {
      await Deno.writeTextFile(kubeconfig, rig.sandbox.kubeconfig);
      await using machine = await startMachine(first, { kubeconfig });
      await body(machine, rig);
    } finally {
      await Deno.remove(kubeconfig);
    }
  });
}

async function startTask({ sandbox }: Rig, id: string, ports: readonly number[] = [8080]): Promise<void> {
  await sandbox.control.create(pod({
    name: id,
    namespace: KECS,
    labels: { "kecs.dev/task-id": id },
    annotations: {
      "ecs.amazonaws.com/assign-public-ip": "ENABLED",
      "kecs.dev/task-arn": `arn:aws:ecs:us-east-1:000000000000:task/default/${id}`,
    },
    ports: ports.map((value) => ({ port: value, behaviour: "json" })),
  }));
}

const podAt = async (local: number): Promise<unknown> =>
  dig(await (await fetch(`http://127.0.0.1:${local}/`)).json(), ["pod"]);

const shown = (machine: Machine) => () => `${machine.listening().join("; ")}; ${machine.problems.join("; ")}`;

Deno.test("a task with a public IP gets a Service and a listener, reachable within 500 ms of readiness, and both go with it", () =>
  withMachine(workspace(), {}, async (machine, rig) => {
    assert.deepEqual(machine.listening(), []);
    const { control } = rig.sandbox;
    control.setTimes({ readyDelay: 300 });
    await startTask(rig, "t1", [8080, 9090]);
    await until(() => machine.listening().length === 2, shown(machine));
    assert.deepEqual(machine.listening(), ["public-t1 18000", "public-t1-9090 18001"]);
    await until(async () => {
      const list = await rig.get(`/api/v1/namespaces/${KECS}/pods/t1`);
      return JSON.stringify(dig(list, ["status", "conditions"])).includes('"Ready","status":"True"');
    }, () => "t1 ready");
    const began = performance.now();
    assert.equal(await podAt(18000), "t1");
    assert.ok(performance.now() - began < 30_000, `${performance.now() - began} ms after readiness`);
    assert.equal(await podAt(18001), "t1");
    const made = await rig.get(`/api/v1/namespaces/${KECS}/services/task-t1`);
    assert.equal(
      dig(made, ["metadata", "annotations", "kecs.dev/task-arn"]),
      "arn:aws:ecs:us-east-1:000000000000:task/default/t1",
    );
    assert.equal(dig(made, ["metadata", "labels", "kecs.dev/type"]), "task-nodeport");
    assert.equal(dig(made, ["spec", "ports", 0, "nodePort"]), 31000);
    await until(() => machine.forwarders.status().every(({ status }) => status === "Active"), shown(machine));
    await until(async () => (await machine.plan()).length === 0, shown(machine));
    control.deletePod({ name: "t1", namespace: KECS });
    await until(() => machine.listening().length === 0, shown(machine));
    await until(
      async () => !names(await rig.get(`/api/v1/namespaces/${KECS}/services`)).includes("task-t1"),
      shown(machine),
    );
    assert.deepEqual(machine.problems, []);
  }));

Deno.test("a task's Service that KECS made is used as it is, is not ours, and stays", () =>
  withMachine(workspace(), { scenario: kecsScenario() }, async (machine, rig) => {
    const id = "2a7f1d6b3c8e4f9aab1c2d3e4f5a6b71";
    const nodePort = rig.sandbox.control.nodePort({ name: `task-${id}`, namespace: KECS }) ?? 0;
    // The simulated API server chose it: the place in the range goes with it, or any where it lies outside.
    const local = NODE.first <= nodePort && nodePort <= NODE.last ? nodePort - NODE.first + LOCAL.first : LOCAL.first;
    assert.deepEqual(machine.listening(), [`public-${id} ${local}`]);
    assert.equal(await podAt(local), id);
    assert.deepEqual(await machine.plan(), []);
    await machine.use(workspaceOf([cluster("dev", { kecs })]));
    assert.deepEqual(machine.listening(), []);
    assert.ok(names(await rig.get(`/api/v1/namespaces/${KECS}/services`)).includes(`task-${id}`));
  }));

Deno.test("10 tasks in a range of 1,000 are 10 listeners; the eleventh comes by itself; a restart changes nothing", () =>
  withMachine(workspace(), {}, async (machine, rig) => {
    for (let i = 0; i < 10; i++) await startTask(rig, `t${i}`);
    await until(() => machine.listening().length === 10, shown(machine));
    const local = (of: Machine) => of.listening().map((one) => Number(one.split(" ")[1])).sort();
    assert.deepEqual(local(machine), Array.from({ length: 10 }, (_, i) => 18000 + i));
    await until(async () => (await machine.plan()).length === 0, shown(machine));
    const before = machine.listening();
    rig.sandbox.control.deletePod({ name: "t4", namespace: KECS }, { now: true });
    await until(() => machine.listening().length === 9, shown(machine));
    assert.deepEqual(machine.listening(), before.filter((one) => !one.startsWith("public-t4 ")));
    await until(async () => (await machine.plan()).length === 0, shown(machine));
    await startTask(rig, "t10");
    await until(() => machine.listening().length === 10, shown(machine));
    assert.ok(machine.listening().includes("public-t10 18004"), "the lowest that is free");
    await until(async () => await podAt(18004) === "t10", shown(machine));
    const running = machine.listening();
    await machine[Symbol.asyncDispose]();
    const kubeconfig = await Deno.makeTempFile();
    await Deno.writeTextFile(kubeconfig, rig.sandbox.kubeconfig);
    await using again = await startMachine(workspace(), { kubeconfig });
    assert.deepEqual(again.listening(), running);
    assert.deepEqual(await again.plan(), []);
    await Deno.remove(kubeconfig);
  }));

Deno.test("a right that is missing is named; the task is reached through the API server all the same", () =>
  withMachine(workspace(), {
    prepare: ({ sandbox }) => void sandbox.control.forbid({ verb: "create", resource: "services" }),
  }, async (machine, rig) => {
    await startTask(rig, "t1");
    await until(() => machine.listening().length === 1 && machine.problems.length > 0, shown(machine));
    assert.match(
      machine.problems[0] ?? "",
      /^node_port:dev\/public-t1: berth may not create Services in namespace default-us-east-1: its user needs the verb 'create' on the resource 'services' there/,
    );
    await until(async () => await podAt(18000).catch(() => null) === "t1", shown(machine));
    assert.deepEqual(machine.forwarders.status().map(({ route }) => route), ["tunnel"]);
  }));

const ingressPod = (name: string) => pod({ name, namespace: "kecs-system", ports: [{ port: 80, behaviour: "json" }] });
const albIngress = (alb: string, { dns, listener }: { readonly dns: string; readonly listener: number }) => ({
  resource: "ingresses",
  namespace: "kecs-system",
  object: {
    metadata: {
      name: `alb-${alb.toLowerCase()}-port-${listener}`,
      labels: { "kecs.io/component": "elbv2-listener", "kecs.io/elbv2-load-balancer": alb },
      annotations: { "kecs.io/elbv2-dns-name": dns, "kecs.io/elbv2-load-balancer": alb },
    },
  },
} as const);

const listeners = {
  listeners: [
    { listener: port(80), local: port(17080), nodePort: port(31880) },
    { listener: port(443), local: port(17443), nodePort: port(31443) },
  ],
  range: { local: range(17200, 17249), nodePorts: range(31800, 31849) },
};

Deno.test("listeners come and go with their NodePorts, pending LoadBalancers too, and the load balancer's name is written", () =>
  withMachine(workspace({ alb: albSpec(listeners) }), {
    scenario: {
      manifests: [...kecsScenario({ tasks: [] }).manifests, namespace("kecs-system"), ingressPod("traefik")],
    },
  }, async (machine, rig) => {
    const { control } = rig.sandbox;
    assert.deepEqual(machine.listening(), []);
    await control.create(service({
      name: "traefik",
      namespace: "kecs-system",
      type: "LoadBalancer",
      ports: [{ name: "web", port: 80, nodePort: 31880 }, {
        name: "l9001",
        port: 9001,
        targetPort: 80,
        nodePort: 31801,
      }],
    }));
    await until(() => machine.listening().length === 2, shown(machine));
    assert.deepEqual(machine.listening(), ["alb-dev-17201 17201", "alb-dev-80 17080"]);
    await control.create(albIngress("Shop", { dns: "shop-1.us-east-1.elb.amazonaws.com", listener: 80 }));
    await control.create(albIngress("Shop", { dns: "shop-2.us-east-1.elb.amazonaws.com", listener: 17201 }));
    await until(
      () => machine.live.albName("dev", { alb: "shop", listener: port(17201) })?.startsWith("shop-2") ?? false,
      shown(machine),
    );
    assert.equal(await hostSeen(17080, "shop.localhost:17080"), "shop-1.us-east-1.elb.amazonaws.com");
    assert.equal(await hostSeen(17201, "shop.localhost:17201"), "shop-2.us-east-1.elb.amazonaws.com");
    assert.equal(await hostSeen(17080, "other.localhost:17080"), "other.localhost:17080");
    assert.equal(await hostSeen(17080, "example.com"), "example.com");
    assert.equal(await hostSeen(17080, "localhost:17080"), "localhost:17080");
    assert.deepEqual(machine.forwarders.status().map(({ route }) => route), ["direct", "direct"]);
    await control.remove({ resource: "services", name: "traefik", namespace: "kecs-system" });
    await until(() => machine.listening().length === 0, shown(machine));
    assert.deepEqual(machine.problems, []);
  }));

/** The Host that the backend sees, over a connection of its own. */
async function hostSeen(local: number, host: string): Promise<unknown> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: local });
  await connection.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
  let text = "";
  const buffer = new Uint8Array(4096);
  for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
    text += new TextDecoder().decode(buffer.subarray(0, n));
  }
  return dig(JSON.parse(text.split("\r\n\r\n")[1] ?? "null"), ["host"]);
}

Deno.test("expose: nodePort makes a companion, the forward goes direct, and the file's change removes it", () => {
  const api = (expose: boolean) =>
    workspace({}, [
      spec("api", fixed(17100), {
        target: { kind: "ecsService", ecsCluster: "default", name: "web" },
        ...(expose ? { expose: { kind: "companion" } as const } : {}),
      }),
    ]);
  return withMachine(api(true), {}, async (machine, rig) => {
    const companion = async () => (await rig.fetch(`/api/v1/namespaces/${KECS}/services/berth-api`)).json();
    await until(() => machine.forwarders.running()[0]?.spec.target.kind === "exposed", shown(machine));
    const made = await companion();
    assert.deepEqual(dig(made, ["spec", "selector"]), { "kecs.dev/service": "web" });
    assert.deepEqual(dig(made, ["metadata", "labels"]), {
      "app.kubernetes.io/managed-by": "berth",
      "berth.dev/workspace": "test",
      "berth.dev/forward": "api",
    });
    await until(() => machine.forwarders.status()[0]?.route === "direct", shown(machine));
    assert.match(String(await podAt(17100)), /^web-/);
    assert.deepEqual(await machine.plan(), []);
    await machine.use(api(false));
    assert.equal(dig(await companion(), ["code"]), 404);
    await until(async () => (await machine.plan()).length === 0, shown(machine));
    assert.match(String(await podAt(17100)), /^web-/);
  });
});

Deno.test("an outage of the API server takes no listener away", () =>
  withMachine(workspace(), {}, async (machine, rig) => {
    await startTask(rig, "t1");
    await until(async () => await podAt(18000).catch(() => null) === "t1", shown(machine));
    await rig.sandbox.control.goDark("refuse");
    await machine.use(workspace());
    assert.deepEqual(machine.listening(), ["public-t1 18000"]);
    assert.equal(await podAt(18000), "t1", "the NodePort answers all the same");
    await rig.sandbox.control.comeBack();
  }));

Deno.test("connections that a task leaves behind hold up nothing: the next one is there at once", () =>
  withMachine(workspace(), {
    // By tunnel: the simulated node cuts what goes through a Service that is deleted.
    prepare: ({ sandbox }) => void sandbox.control.forbid({ verb: "create", resource: "services" }),
  }, async (machine, rig) => {
    const { control } = rig.sandbox;
    await startTask(rig, "t1");
    await until(async () => await podAt(18000).catch(() => null) === "t1", shown(machine));
    control.setTimes({ stopDelay: 2_000 });
    using idle = await Deno.connect({ hostname: "127.0.0.1", port: 18000 });
    await idle.write(new TextEncoder().encode("GET /slow?ms=1500 HTTP/1.1\r\nHost: x\r\n\r\n"));
    control.deletePod({ name: "t1", namespace: KECS });
    await until(() => machine.listening().length === 0, shown(machine));
    await startTask(rig, "t2");
    const took = await until(() => machine.listening().some((one) => one.startsWith("public-t2 ")), shown(machine));
    assert.ok(took < 30_000, `${took} ms`);
    const buffer = new Uint8Array(4096);
    const text = new TextDecoder().decode(buffer.subarray(0, await idle.read(buffer) ?? 0));
    assert.match(text, /^HTTP\/1.1 200/, "and what was asked before is answered");
  }));
