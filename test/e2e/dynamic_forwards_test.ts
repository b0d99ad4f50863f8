/** Tasks with a public IP, load balancers and companions on a real cluster, with the real loop, kinds, connections and forwarders. */
import assert from "node:assert/strict";
import { BUILT_IN } from "../../src/config/behaviour.ts";
import { systemClock } from "../../src/host/clock.ts";
import { connectCluster } from "../../src/kube/cluster_access.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import { port } from "../../src/model/port.ts";
import type { Workspace } from "../../src/model/workspace.ts";
import { startMachine } from "../live/machine.ts";
import { fixed, spec } from "../resources/forward_world.ts";
import { albSpec, cluster, publicIp, workspaceOf } from "../resources/node_port_world.ts";
import { apply, bar, box, context, deployment, get, here, kubeconfig, kubectl, service } from "./harness.ts";
import { until } from "../fakes/until.ts";

const KECS = "default-us-east-1";
const kecs = { instance: "e2e", region: "us-east-1" };
/**
 * Not KECS' own: other things of this machine may hold those ports. The NodePorts are low: Kubernetes gives out the first 86 of its range last
 * where nobody names one (KEP-3668), and whoever got one of these would count as a load balancer.
 */
const listeners = {
  listeners: [{ listener: port(80), local: port(17080), nodePort: port(30880) }],
  range: {
    local: { first: port(17260), last: port(17279) },
    nodePorts: { first: port(30060), last: port(30079) },
  },
};

/** Often, so that the route in use is seen soon. */
const health = { every: 1_000, timeout: 2_000, failures: 3, probe: { kind: "tcp" } } as const;

function workspace(forwards: Workspace["forwards"] = []): Workspace {
  const all = workspaceOf([cluster("dev", { kecs, publicIp, alb: albSpec(listeners) })], forwards);
  return { ...all, defaults: { ...BUILT_IN, health } };
}

const task = (id: string): unknown => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    namespace: KECS,
    name: id,
    labels: { "kecs.dev/task-id": id },
    annotations: {
      "ecs.amazonaws.com/assign-public-ip": "ENABLED",
      "kecs.dev/task-arn": `arn:aws:ecs:us-east-1:000000000000:task/default/${id}`,
    },
  },
  spec: { terminationGracePeriodSeconds: 1, containers: [box(id, [{ name: "http", containerPort: 80 }])] },
});

/** Every Service but ours, as text. */
async function foreignServices(): Promise<string> {
  const list = JSON.parse(
    await kubectl(["get", "services", "-A", "-l", "app.kubernetes.io/managed-by!=berth", "-o", "json"]),
  );
  return JSON.stringify(list.items);
}

async function answersAs(local: number, pod: string): Promise<boolean> {
  const got = await get(local, 2_000);
  return got.kind === "ok" && got.pod === pod;
}

Deno.test({
  name: "public IPs, load balancers and companions on a real cluster",
  ignore: !here,
  fn: async (t) => {
    // The clock's timers keep no process alive; while the cluster is waited for there may be nothing else.
    using _alive = keptAlive();
    await apply(KECS, [
      task("task-1"),
      deployment(KECS, "api", 1),
      service(KECS, "api", { ports: [{ name: "http", port: 80, targetPort: 8080 }] }),
      service(KECS, "theirs", { type: "NodePort", ports: [{ name: "http", port: 80, nodePort: 30000 }] }),
    ]);
    await apply("kecs-system", [
      deployment("kecs-system", "traefik", 1),
      service("kecs-system", "traefik", {
        type: "LoadBalancer",
        ports: [{ name: "web", port: 80, targetPort: 80, nodePort: 30880 }],
      }),
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: {
          namespace: "kecs-system",
          name: "alb-myapp-alb-port-80",
          labels: { "kecs.io/component": "elbv2-listener", "kecs.io/elbv2-load-balancer": "myapp-alb" },
          annotations: {
            "kecs.io/elbv2-dns-name": "myapp-alb-1a2b3c4d.us-east-1.elb.amazonaws.com",
            "kecs.io/elbv2-load-balancer": "myapp-alb",
          },
        },
        spec: { defaultBackend: { service: { name: "traefik", port: { number: 80 } } } },
      },
    ]);
    await kubectl(["wait", "--for=condition=Ready", "pod", "--all", "-n", KECS, "--timeout=60s"]);
    await kubectl(["wait", "--for=condition=Ready", "pod", "--all", "-n", "kecs-system", "--timeout=60s"]);
    const before = await foreignServices();
    const where = { kubeconfig, context };
    const api = (exposed: boolean) =>
      spec("api", fixed(17100), {
        health,
        target: { kind: "service", namespace: KECS, name: "api" },
        ...(exposed ? { expose: { kind: "companion" } as const } : {}),
      });
    try {
      await using machine = await startMachine(workspace([api(true)]), where);
      const shown = () => `${machine.listening().join("; ")}; ${machine.problems.join("; ")}`;

      await t.step("a task that runs gets the lowest free pair and answers directly", async () => {
        await until(() => machine.listening().length === 3, shown);
        assert.deepEqual(machine.listening(), ["alb-dev-80 17080", "api 17100", "public-task-1 32001"]);
        await until(() => answersAs(32001, "task-1"), shown);
        await until(
          () => machine.forwarders.status().every(({ status, route }) => status === "Active" && route === "direct"),
          () => JSON.stringify(machine.forwarders.status()),
        );
        assert.equal(await nodePortOf("task-task-1"), "30001");
        assert.deepEqual(await machine.plan(), []);
      });

      await t.step("one that comes is reachable within 500 ms of readiness", async () => {
        await using ready = new Readiness("task-2");
        await kubectl(["apply", "-f", "-"], JSON.stringify(task("task-2")));
        await until(() => ready.at !== null, () => "task-2 is ready");
        await until(() => answersAs(32002, "task-2"), shown);
        const took = performance.now() - (ready.at ?? 0);
        bar("dynamic: a task reachable after readiness", { ms: took, limit: 500 });
      });

      await t.step("the load balancer's real name is written, an explicit Host is not changed", async () => {
        assert.equal(await hostSeen("myapp-alb.localhost:17080"), "myapp-alb-1a2b3c4d.us-east-1.elb.amazonaws.com");
        assert.equal(await hostSeen("shop.example.com"), "shop.example.com");
      });

      await t.step("the companion lies outside what KECS uses; it goes when the file does not ask for it", async () => {
        assert.ok(Number(await nodePortOf("berth-api")) >= 31000);
        await machine.use(workspace([api(false)]));
        assert.equal((await kubectl(["get", "services", "-n", KECS, "-o", "name"])).includes("berth-api"), false);
        await until(async () => (await get(17100, 2_000)).kind === "ok", shown);
      });

      await t.step("a task that ends gives its ports back", async () => {
        await kubectl(["delete", "pod", "-n", KECS, "task-1", "--wait=false"]);
        await until(() => !machine.listening().includes("public-task-1 32001"), shown);
        await until(
          async () => !(await kubectl(["get", "services", "-n", KECS, "-o", "name"])).includes("task-task-1"),
          shown,
        );
        await kubectl(["apply", "-f", "-"], JSON.stringify(task("task-3")));
        await until(() => machine.listening().includes("public-task-3 32001"), shown);
        await until(() => answersAs(32001, "task-3"), shown);
      });
      assert.deepEqual(machine.problems, []);

      await t.step("a restart finds all as it was", async () => {
        const running = machine.listening();
        await machine[Symbol.asyncDispose]();
        await using again = await startMachine(workspace([api(false)]), where);
        assert.deepEqual(again.listening(), running);
        assert.deepEqual(await again.plan(), []);
      });
      assert.equal(await foreignServices(), before, "no Service of others was changed");
    } finally {
      await kubectl(["delete", "namespace", KECS, "kecs-system", "--wait=false"]);
    }
  },
});

function keptAlive(): Disposable {
  const timer = setInterval(() => {}, 1_000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function nodePortOf(name: string): Promise<string> {
  return await kubectl(["get", "service", "-n", KECS, name, "-o", "jsonpath={.spec.ports[0].nodePort}"]);
}

/** When a pod of that name is seen to be ready, over a connection of its own. */
class Readiness implements AsyncDisposable {
  at: number | null = null;
  readonly #access;
  readonly #watch;

  constructor(name: string) {
    this.#access = connectCluster(cluster("ready"), {
      clock: systemClock(),
      random: Math.random,
      log: NO_LOG,
      env: () => undefined,
      home: undefined,
      resolve: () => Promise.resolve({ kubeconfig, context }),
    });
    this.#watch = this.#access.watch({ kind: "pod", namespace: KECS, name }, port(80));
    this.#watch.subscribe(() => {
      const { state } = this.#watch;
      if (state.kind === "known" && state.backends.length > 0) this.at ??= performance.now();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch.close();
    await this.#access.close();
  }
}

/** The Host that the backend behind the load balancer's listener sees. */
async function hostSeen(host: string): Promise<unknown> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: 17080 });
  await connection.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
  let text = "";
  const buffer = new Uint8Array(4096);
  for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
    text += new TextDecoder().decode(buffer.subarray(0, n));
  }
  const said: unknown = JSON.parse(text.split("\r\n\r\n")[1] ?? "null");
  return typeof said === "object" && said !== null && "host" in said ? said.host : null;
}
