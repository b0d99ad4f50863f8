/** Services written to, and selections read from, the simulated API server over a real connection. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { connectCluster } from "../../src/kube/cluster_access.ts";
import { AccessError, type ClusterAccess } from "../../src/model/cluster_access.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import { port } from "../../src/model/port.ts";
import type { NewService, Selection } from "../../src/model/service_writer.ts";
import type { Target, TargetPort } from "../../src/model/workspace.ts";
import { deployment, kecsScenario, pod, service, statefulSet } from "../../src/sandbox/scenario.ts";
import { dig, type Rig, withSandbox } from "../sandbox/rig.ts";
import { cluster } from "../resources/node_port_world.ts";
import { until } from "../fakes/until.ts";

const KECS = "default-us-east-1";
const never = new AbortController().signal;

function withAccess(body: (access: ClusterAccess, rig: Rig) => Promise<void>): Promise<void> {
  const more = [
    deployment({ name: "api", ports: [{ port: 8080, name: "http", behaviour: "json" }] }),
    service({ name: "api", ports: [{ name: "http", port: 80, targetPort: "http" }] }),
    service({ name: "bare", selector: null, ports: [{ port: 80 }] }),
    service({ name: "open", type: "NodePort", selector: { app: "api" }, ports: [{ port: 80, targetPort: 8080 }] }),
    statefulSet({ name: "db", ports: [{ port: 5432, behaviour: "echo" }] }),
    pod({ name: "alone", ports: [{ port: 80, behaviour: "json" }] }),
  ];
  return withSandbox({ scenario: { manifests: [...kecsScenario().manifests, ...more] } }, async (rig) => {
    const kubeconfig = await Deno.makeTempFile();
    await Deno.writeTextFile(kubeconfig, rig.sandbox.kubeconfig);
    const access = connectCluster(cluster("dev", { kecs: { instance: "a", region: "us-east-1" } }), {
      clock: systemClock(),
      random: Math.random,
      log: NO_LOG,
      env: () => undefined,
      home: undefined,
      resolve: () => Promise.resolve({ kubeconfig }),
    });
    try {
      await body(access, rig);
    } finally {
      await access.close();
      await Deno.remove(kubeconfig);
    }
  });
}

const made = (name: string, nodePort: number | null, more: Partial<NewService> = {}): NewService => ({
  namespace: "default",
  name,
  labels: { "berth.dev/workspace": "w1" },
  annotations: {},
  selector: { app: "api" },
  ports: [{
    name: "main",
    port: port(80),
    targetPort: port(8080),
    nodePort: nodePort === null ? null : port(nodePort),
  }],
  ...more,
});

Deno.test("a Service is made and deleted; what stands against it is told apart", () =>
  withAccess(async ({ services }, rig) => {
    assert.ok(services !== undefined);
    const free = await services.create(made("one", null), never);
    assert.ok(free.kind === "created" && free.nodePorts.length === 1);
    const nodePort = free.nodePorts[0] ?? 0;
    const object = await rig.get("/api/v1/namespaces/default/services/one");
    assert.equal(dig(object, ["spec", "type"]), "NodePort");
    assert.deepEqual(dig(object, ["metadata", "labels"]), { "berth.dev/workspace": "w1" });
    assert.deepEqual(await services.create(made("one", null), never), {
      kind: "exists",
      labels: { "berth.dev/workspace": "w1" },
    });
    // A NodePort is looked at before the name is.
    assert.equal((await services.create(made("one", nodePort), never)).kind, "exists");
    const taken = await services.create(made("two", nodePort), never);
    assert.ok(taken.kind === "taken" && taken.message.includes("already allocated"));
    assert.equal((await services.create(made("two", 1234), never)).kind, "taken", "outside the server's range");
    assert.equal((await services.create(made("No_Name", null), never)).kind, "refused");
    assert.equal((await services.create(made("two", null, { namespace: "nowhere" }), never)).kind, "refused");
    const uid = String(dig(object, ["metadata", "uid"]));
    assert.equal(await services.delete({ namespace: "default", name: "one", uid: "another" }, never), "gone");
    await rig.get("/api/v1/namespaces/default/services/one");
    assert.equal(await services.delete({ namespace: "default", name: "one", uid }, never), "deleted");
    assert.equal(await services.delete({ namespace: "default", name: "one", uid }, never), "gone");
  }));

Deno.test("a missing right is named; a server that does not answer is an AccessError; an abort is passed on", () =>
  withAccess(async ({ services }, { sandbox }) => {
    assert.ok(services !== undefined);
    const allow = sandbox.control.forbid({ verb: "delete", resource: "services" });
    await assert.rejects(
      services.delete({ namespace: "default", name: "api", uid: "" }, never),
      (error) =>
        error instanceof AccessError && error.reason === "forbidden" &&
        error.message.startsWith(
          "berth may not delete Services in namespace default: its user needs the verb 'delete' on the resource 'services' there",
        ),
    );
    allow();
    await assert.rejects(services.create(made("x", null), AbortSignal.abort(new Error("enough"))), /enough/);
    await sandbox.control.goDark("refuse");
    await assert.rejects(
      services.create(made("x", null), never),
      (error) => error instanceof AccessError && error.reason === "cluster-unreachable",
    );
  }));

const selects = (namespace: string, selector: Readonly<Record<string, string>>, targetPort: TargetPort): Selection => ({
  kind: "selects",
  namespace,
  selector,
  targetPort,
});
const none = (message: string, retry = false): Selection => ({ kind: "none", message, retry });
const TASK = "1f6e0c5a2b7d4e8f9a0b1c2d3e4f5a60";

const TABLE: readonly (readonly [target: Target, port: TargetPort, expected: Selection])[] = [
  [{ kind: "service", namespace: "default", name: "api" }, port(80), selects("default", { app: "api" }, "http")],
  [{ kind: "service", namespace: "default", name: "api" }, "http", selects("default", { app: "api" }, "http")],
  [{ kind: "service", namespace: "default", name: "api" }, port(81), none("service default/api has no port 81", true)],
  [
    { kind: "service", namespace: "default", name: "gone" },
    port(80),
    none("service default/gone does not exist", true),
  ],
  [
    { kind: "service", namespace: "default", name: "bare" },
    port(80),
    none("service default/bare has no selector: another Service cannot lead to the same"),
  ],
  [
    { kind: "deployment", namespace: "default", name: "api" },
    port(8080),
    selects("default", { app: "api" }, port(8080)),
  ],
  [{ kind: "selector", namespace: "jobs", labels: { app: "x" } }, "http", selects("jobs", { app: "x" }, "http")],
  [
    { kind: "pod", namespace: "default", name: "alone" },
    port(80),
    none("pod default/alone has no label of its own: a Service cannot select it alone"),
  ],
  [
    { kind: "ecsService", ecsCluster: "default", name: "web" },
    port(80),
    selects(KECS, { "kecs.dev/service": "web" }, "http"),
  ],
  [
    { kind: "ecsTask", ecsCluster: "default", id: TASK },
    port(8080),
    selects(KECS, { "kecs.dev/task-id": TASK }, port(8080)),
  ],
  [
    { kind: "ecsTags", ecsCluster: "default", tags: { app: "api" } },
    port(8080),
    selects(KECS, { "tag.app": "api" }, port(8080)),
  ],
  [{ kind: "nodePort", nodePort: port(30880) }, port(30880), { kind: "has-node-port", nodePort: port(30880) }],
];

Deno.test("what a companion selects, target by target", () =>
  withAccess(async (access, { sandbox }) => {
    for (const [target, at, expected] of TABLE) {
      assert.deepEqual(await access.select?.(target, at, never), expected, JSON.stringify(target));
    }
    const has = (name: string, namespace = "default") => sandbox.control.nodePort({ name, namespace });
    assert.deepEqual(await access.select?.({ kind: "service", namespace: "default", name: "open" }, port(80), never), {
      kind: "has-node-port",
      nodePort: has("open"),
    });
    const id = "2a7f1d6b3c8e4f9aab1c2d3e4f5a6b71";
    assert.deepEqual(await access.select?.({ kind: "ecsTask", ecsCluster: "default", id }, port(8080), never), {
      kind: "has-node-port",
      nodePort: has(`task-${id}`, KECS),
    });
  }));

Deno.test("the ports of a Service, found by its ECS cluster or its namespace", () =>
  withAccess(async (access, { sandbox }) => {
    const ask = (name: string) => access.servicePorts?.({ group: "default", name }, never);
    assert.deepEqual(await ask("web"), [port(80)]);
    assert.deepEqual(await ask("gone"), []);
    const allow = sandbox.control.forbid({ verb: "list", resource: "services" });
    await assert.rejects(
      async () => await access.servicePorts?.({ group: "elsewhere", name: "web" }, never),
      (error) => error instanceof AccessError && error.reason === "forbidden",
    );
    allow();
  }));

Deno.test("a NodePort leads to whichever Service has it, now and after it moved", () =>
  withAccess(async (access, { sandbox }) => {
    const nodePort = port(sandbox.control.nodePort({ name: "open" }) ?? 0);
    const watch = access.watch({ kind: "nodePort", nodePort }, nodePort);
    const names = () =>
      watch.state.kind === "known" ? watch.state.backends.map((one) => one.kind === "pod" ? one.pod.name : "") : [];
    await until(() => names().length === 1, () => JSON.stringify(watch.state));
    assert.ok(watch.state.kind === "known");
    assert.deepEqual(watch.state.nodePorts, [{ host: "127.0.0.1", port: nodePort }]);
    assert.match(names()[0] ?? "", /^api-/);
    await sandbox.control.remove({ resource: "services", name: "open" });
    await until(() => watch.state.kind === "missing", () => JSON.stringify(watch.state));
    assert.deepEqual(watch.state, {
      kind: "missing",
      reason: "not-found",
      message: `no Service of the cluster has NodePort ${nodePort}`,
    });
    await sandbox.control.create(service({
      name: "next",
      namespace: "default",
      type: "LoadBalancer",
      selector: { app: "db" },
      ports: [{ port: 5432, nodePort }],
    }));
    await until(() => names().join() === "db-0", () => JSON.stringify(watch.state));
    watch.close();
  }));
