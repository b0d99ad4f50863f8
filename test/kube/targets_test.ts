import assert from "node:assert/strict";
import type { Target, TargetPort } from "../../src/model/workspace.ts";
import { port as asPort } from "../../src/model/port.ts";
import { KINDS } from "../../src/kube/kinds.ts";
import type { Kind, KubeObjects } from "../../src/kube/objects.ts";
import type { Snapshot } from "../../src/kube/targets/snapshot.ts";
import { resolveTarget } from "../../src/kube/targets/resolve.ts";
import type { Reading } from "../../src/kube/watch_cache.ts";
import type { FakeObject } from "./fake_api.ts";
import { endpoint, node, pod, service, slice, workload } from "./samples.ts";

type World = { readonly [K in Kind]?: readonly FakeObject[] | "pending" | "forbidden" };

/** A snapshot of raw objects, through the same trimming as the real one. Absent kinds are empty. */
function snapshot(world: World): Snapshot {
  return {
    read<K extends Kind>(kind: K, namespace: string): Reading<KubeObjects[K]> {
      const raw = world[kind] ?? [];
      if (raw === "pending") return { state: "pending" };
      if (raw === "forbidden") return { state: "failed", reason: "forbidden", message: `${kind} are forbidden` };
      const objects = new Map<string, KubeObjects[K]>();
      for (const one of raw) {
        const trimmed = KINDS[kind].trim(one);
        if (trimmed !== null && trimmed.namespace === namespace) objects.set(trimmed.name, trimmed);
      }
      return { state: "ready", objects };
    },
  };
}

const kecs = { instance: "demo", region: "us-east-1" };

/** The state in few words: `backends | nodePorts | message`, or `kind reason: message`. */
function brief(world: World, target: Target, port: number | string): string {
  const wanted: TargetPort = typeof port === "number" ? asPort(port) : port;
  const state = resolveTarget(snapshot(world), { target, port: wanted, kecs });
  if (state.kind !== "known") return `${state.kind} ${state.reason}: ${state.message}`;
  const backends = state.backends.map((one) =>
    one.kind === "pod" ? `${one.pod.name}:${one.port}` : `${one.address.host}:${one.address.port}`
  );
  const nodes = state.nodePorts.map((one) => `${one.host}:${one.port}`);
  return `${state.prefer} [${backends.join(" ")}] [${nodes.join(" ")}] ${state.message ?? "-"}`;
}

interface Case {
  readonly name: string;
  readonly world: World;
  readonly target: Target;
  readonly port: number | string;
  readonly is: string;
}

function table(group: string, cases: readonly Case[]): void {
  for (const { name, world, target, port, is } of cases) {
    Deno.test({
      name: `${group}: ${name}`,
      permissions: "none",
      fn: () => assert.equal(brief(world, target, port), is),
    });
  }
}

const web: Target = { kind: "service", namespace: "default", name: "web" };
const nodePortSpec = { type: "NodePort", ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] };

table("service", [
  {
    name: "pods behind it, newest first",
    world: {
      services: [service("web")],
      endpointSlices: [slice("web", [endpoint("web-a"), endpoint("web-b")])],
      pods: [pod("web-a"), pod("web-b", { created: "2026-02-01T00:00:00Z" })],
    },
    target: web,
    port: 80,
    is: "any [web-b:8080 web-a:8080] [] -",
  },
  {
    name: "not ready, terminating by the slice, terminating by the pod, and one made anew are left out",
    world: {
      services: [service("web")],
      endpointSlices: [slice("web", [
        endpoint("web-a", { ready: false, serving: true }),
        endpoint("web-b", { ready: true, terminating: true }),
        endpoint("web-c"),
        endpoint("web-d"),
        endpoint("web-e"),
      ])],
      pods: [pod("web-c", { terminating: true }), pod("web-d", { uid: "another" }), pod("web-e")],
    },
    target: web,
    port: 80,
    is: "any [web-e:8080] [] -",
  },
  {
    name: "a named port of several, by name and by number",
    world: {
      services: [
        service("web", {
          ports: [{ name: "http", port: 80, targetPort: "http" }, { name: "admin", port: 81, targetPort: 9001 }],
        }),
      ],
      endpointSlices: [
        slice("web", [endpoint("web-a")], { ports: [{ name: "http", port: 8080 }, { name: "admin", port: 9001 }] }),
      ],
      pods: [pod("web-a")],
    },
    target: web,
    port: "admin",
    is: "any [web-a:9001] [] -",
  },
  {
    name: "pods that resolve a named targetPort differently sit in different slices",
    world: {
      services: [service("web", { ports: [{ name: "http", port: 80, targetPort: "http" }] })],
      endpointSlices: [
        slice("web", [endpoint("web-a")], { ports: [{ name: "http", port: 8080 }], suffix: "x" }),
        slice("web", [endpoint("web-b")], { ports: [{ name: "http", port: 9090 }], suffix: "y" }),
        slice("other", [endpoint("other-a")], { ports: [{ name: "http", port: 1 }] }),
      ],
      pods: [],
    },
    target: web,
    port: 80,
    is: "any [web-a:8080 web-b:9090] [] -",
  },
  {
    name: "dual stack counts a pod once",
    world: {
      services: [service("web")],
      endpointSlices: [
        slice("web", [endpoint("web-a")], { suffix: "v4" }),
        slice("web", [endpoint("web-a")], { suffix: "v6" }),
      ],
      pods: [pod("web-a")],
    },
    target: web,
    port: 80,
    is: "any [web-a:8080] [] -",
  },
  {
    name: "selector-less: its addresses",
    world: {
      services: [service("web", { selector: undefined })],
      endpointSlices: [
        slice("web", [{ addresses: ["192.0.2.7"] }, { addresses: ["192.0.2.8"], conditions: { ready: false } }]),
      ],
    },
    target: web,
    port: 80,
    is: "any [192.0.2.7:8080] [] -",
  },
  {
    name: "NodePort: ready nodes first, by their internal address",
    world: {
      services: [service("web", nodePortSpec)],
      endpointSlices: [slice("web", [endpoint("web-a")])],
      pods: [pod("web-a")],
      nodes: [node("a", "172.18.0.2", { ready: false }), node("b", "172.18.0.3")],
    },
    target: web,
    port: 80,
    is: "any [web-a:8080] [172.18.0.3:30080 172.18.0.2:30080] -",
  },
  {
    name: "LoadBalancer that waits for its address has a NodePort; the right one of two",
    world: {
      services: [
        service("web", {
          type: "LoadBalancer",
          ports: [{ name: "a", port: 80, targetPort: 8080, nodePort: 30001 }, {
            name: "b",
            port: 81,
            targetPort: 8081,
            nodePort: 30002,
          }],
        }),
      ],
      endpointSlices: [
        slice("web", [endpoint("web-a")], { ports: [{ name: "a", port: 8080 }, { name: "b", port: 8081 }] }),
      ],
      pods: [pod("web-a")],
      nodes: [node("a", "172.18.0.2")],
    },
    target: web,
    port: 81,
    is: "any [web-a:8081] [172.18.0.2:30002] -",
  },
  {
    name: "externalTrafficPolicy Local: only nodes that hold an endpoint",
    world: {
      services: [service("web", { ...nodePortSpec, externalTrafficPolicy: "Local" })],
      endpointSlices: [slice("web", [endpoint("web-a")])],
      pods: [pod("web-a")],
      nodes: [node("node-a", "172.18.0.2"), node("node-b", "172.18.0.3")],
    },
    target: web,
    port: 80,
    is: "any [web-a:8080] [172.18.0.2:30080] -",
  },
  {
    name: "nodes forbidden: just no direct route",
    world: {
      services: [service("web", nodePortSpec)],
      endpointSlices: [slice("web", [endpoint("web-a")])],
      pods: [pod("web-a")],
      nodes: "forbidden",
    },
    target: web,
    port: 80,
    is: "any [web-a:8080] [] -",
  },
  {
    name: "pods forbidden: only their age is lost",
    world: { services: [service("web")], endpointSlices: [slice("web", [endpoint("web-a")])], pods: "forbidden" },
    target: web,
    port: 80,
    is: "any [web-a:8080] [] -",
  },
  {
    name: "services forbidden",
    world: { services: "forbidden" },
    target: web,
    port: 80,
    is: "unknown forbidden: services are forbidden",
  },
  {
    name: "waits for nodes where it has a NodePort",
    world: { services: [service("web", nodePortSpec)], nodes: "pending" },
    target: web,
    port: 80,
    is: "unknown connecting: waiting for the cluster's first answer",
  },
  {
    name: "does not exist",
    world: {},
    target: web,
    port: 80,
    is: "missing not-found: service default/web does not exist",
  },
  {
    name: "no such port, before endpoints are known",
    world: {
      services: [service("web", { ports: [{ name: "http", port: 80 }, { port: 443 }, { port: 53, protocol: "UDP" }] })],
      pods: "pending",
    },
    target: web,
    port: 53,
    is: "missing port-not-found: service default/web has no port 53: its ports are 80 (http), 443",
  },
  {
    name: "ExternalName",
    world: { services: [service("web", { type: "ExternalName", externalName: "db.example.com" })] },
    target: web,
    port: 80,
    is:
      "missing not-found: service default/web is only another name for db.example.com (ExternalName): nothing in this cluster answers for it",
  },
  {
    name: "nothing ready: what is there instead",
    world: {
      services: [service("web")],
      endpointSlices: [slice("web", [endpoint("web-a", { ready: false })])],
      pods: [
        pod("web-a", { ready: false, waiting: "CrashLoopBackOff" }),
        pod("web-b", { terminating: true }),
        pod("web-c", { ready: false, phase: "Succeeded" }),
        pod("other-a"),
      ],
    },
    target: web,
    port: 80,
    is:
      "any [] [] service default/web has no ready pod: 3 pods: 1 completed, 1 not ready (CrashLoopBackOff), 1 terminating",
  },
  {
    name: "ready pods without the port that it leads to",
    world: {
      services: [service("web", { ports: [{ name: "http", port: 80, targetPort: "nope" }] })],
      endpointSlices: [slice("web", [endpoint("web-a")], { ports: [] })],
      pods: [pod("web-a")],
    },
    target: web,
    port: 80,
    is: "any [] [] service default/web has ready pods, but none of them has the port that it leads to",
  },
  {
    name: "ready pods that the slice does not have yet",
    world: { services: [service("web")], endpointSlices: [slice("web", [])], pods: [pod("web-a")] },
    target: web,
    port: 80,
    is: "any [] [] service default/web has ready pods that are not among its endpoints yet",
  },
  {
    name: "nothing ready and pods forbidden",
    world: { services: [service("web")], endpointSlices: [slice("web", [])], pods: "forbidden" },
    target: web,
    port: 80,
    is: "any [] [] service default/web has no ready endpoint",
  },
  {
    name: "no pods at all",
    world: { services: [service("web")] },
    target: web,
    port: 80,
    is: "any [] [] service default/web has no pods: none is labelled app=web",
  },
]);

table("pod", [
  {
    name: "ready, any number",
    world: { pods: [pod("box")] },
    target: { kind: "pod", namespace: "default", name: "box" },
    port: 5005,
    is: "any [box:5005] [] -",
  },
  {
    name: "by the port's name",
    world: { pods: [pod("box")] },
    target: { kind: "pod", namespace: "default", name: "box" },
    port: "http",
    is: "any [box:8080] [] -",
  },
  {
    name: "no such name",
    world: { pods: [pod("box")] },
    target: { kind: "pod", namespace: "default", name: "box" },
    port: "metrics",
    is: "missing port-not-found: pod default/box has no container port named 'metrics': they name http",
  },
  {
    name: "does not exist in that namespace",
    world: { pods: [pod("box", { namespace: "other" })] },
    target: { kind: "pod", namespace: "default", name: "box" },
    port: 80,
    is: "missing not-found: pod default/box does not exist",
  },
  {
    name: "terminating",
    world: { pods: [pod("box", { terminating: true })] },
    target: { kind: "pod", namespace: "default", name: "box" },
    port: 80,
    is: "any [] [] pod default/box has no ready pod: 1 pod: 1 terminating",
  },
]);

table("workload", [
  {
    name: "deployment: its selector, expressions too",
    world: {
      deployments: [
        workload("web", {
          selector: {
            matchLabels: { app: "web" },
            matchExpressions: [{ key: "track", operator: "NotIn", values: ["canary"] }],
          },
        }),
      ],
      pods: [pod("web-a"), pod("web-b", { labels: { app: "web", track: "canary" } }), pod("other-a")],
    },
    target: { kind: "deployment", namespace: "default", name: "web" },
    port: "http",
    is: "any [web-a:8080] [] -",
  },
  {
    name: "statefulset, each pod's own number for the name",
    world: {
      statefulSets: [workload("db")],
      pods: [
        pod("db-0", { ports: [{ name: "sql", containerPort: 5432 }] }),
        pod("db-1", { ports: [{ name: "sql", containerPort: 5433 }] }),
      ],
    },
    target: { kind: "statefulset", namespace: "default", name: "db" },
    port: "sql",
    is: "any [db-0:5432 db-1:5433] [] -",
  },
  {
    name: "scaled to 0",
    world: { deployments: [workload("web", { replicas: 0 })] },
    target: { kind: "deployment", namespace: "default", name: "web" },
    port: "http",
    is: "any [] [] deployment default/web is scaled to 0",
  },
  {
    name: "does not exist",
    world: { deployments: [workload("web", {}, "other")] },
    target: { kind: "deployment", namespace: "default", name: "web" },
    port: 80,
    is: "missing not-found: deployment default/web does not exist",
  },
  {
    name: "labels: all must match",
    world: { pods: [pod("web-a", { labels: { app: "web", tier: "1" } }), pod("web-b", { labels: { app: "web" } })] },
    target: { kind: "selector", namespace: "default", labels: { app: "web", tier: "1" } },
    port: 80,
    is: "any [web-a:80] [] -",
  },
  {
    name: "labels: none yet",
    world: {},
    target: { kind: "selector", namespace: "default", labels: { app: "web" } },
    port: "http",
    is: "any [] [] pods default app=web has no ready pod: there are no pods",
  },
]);

const namespace = "demo-us-east-1";
const inDemo = { namespace };
const taskPod = (id: string, options: { created?: string; ready?: boolean; labels?: Record<string, string> } = {}) =>
  pod(id, { ...inDemo, ...options, labels: { "kecs.dev/task-id": id, "tag.app": "api", ...options.labels } });

table("ECS", [
  {
    name: "service by its own name, port of the container, no NodePort: said, not failed",
    world: {
      services: [service("web", {}, inDemo)],
      endpointSlices: [{ ...slice("web", [endpoint("web-a")]), metadata: { ...slice("web", []).metadata, ...inDemo } }],
      pods: [pod("web-a", inDemo)],
    },
    target: { kind: "ecsService", ecsCluster: "demo", name: "web" },
    port: 8080,
    is: "any [web-a:8080] [] service web does not have a NodePort. Ensure assignPublicIp is enabled",
  },
  {
    name: "service with the legacy prefix and a NodePort, in a labelled namespace",
    world: {
      namespaces: [{
        metadata: { name: "elsewhere", labels: { "kecs.dev/cluster": "demo", "kecs.dev/region": "us-east-1" } },
      }],
      services: [service("ecs-service-web", nodePortSpec, { namespace: "elsewhere" })],
      endpointSlices: [{
        ...slice("ecs-service-web", [endpoint("web-a")]),
        metadata: { ...slice("ecs-service-web", []).metadata, namespace: "elsewhere" },
      }],
      pods: [pod("web-a", { namespace: "elsewhere" })],
      nodes: [node("a", "172.18.0.2")],
    },
    target: { kind: "ecsService", ecsCluster: "demo", name: "web" },
    port: 80,
    is: "any [web-a:8080] [172.18.0.2:30080] -",
  },
  {
    name: "service without a Service: its pods, not those of tasks; namespaces forbidden",
    world: {
      namespaces: "forbidden",
      deployments: [workload("web", {}, namespace)],
      pods: [
        pod("web-a", inDemo),
        pod("x", { ...inDemo, labels: { "kecs.dev/service": "web", "kecs.dev/task-id": "x" } }),
      ],
    },
    target: { kind: "ecsService", ecsCluster: "demo", name: "web" },
    port: 3000,
    is: "any [web-a:3000] [] service web does not have a NodePort. Ensure assignPublicIp is enabled",
  },
  {
    name: "service that does not exist",
    world: {},
    target: { kind: "ecsService", ecsCluster: "demo", name: "web" },
    port: 80,
    is: "missing not-found: service demo/web does not exist (namespace demo-us-east-1)",
  },
  {
    name: "task by id, with the NodePort of assignPublicIp",
    world: {
      pods: [taskPod("abc"), taskPod("def")],
      services: [
        service("task-abc", { type: "NodePort", ports: [{ port: 8080, targetPort: 8080, nodePort: 30007 }] }, {
          ...inDemo,
          labels: { "kecs.dev/task-id": "abc" },
        }),
      ],
      nodes: [node("a", "172.18.0.2")],
    },
    target: { kind: "ecsTask", ecsCluster: "demo", id: "abc" },
    port: 8080,
    is: "newest [abc:8080] [172.18.0.2:30007] -",
  },
  {
    name: "task that is gone",
    world: { pods: [taskPod("def")] },
    target: { kind: "ecsTask", ecsCluster: "demo", id: "abc" },
    port: 8080,
    is: "missing not-found: task demo/abc does not exist (namespace demo-us-east-1)",
  },
  {
    name: "tags: newest ready first, services' pods never",
    world: {
      services: "forbidden",
      pods: [
        taskPod("old"),
        taskPod("new", { created: "2026-03-01T00:00:00Z" }),
        taskPod("newer", { created: "2026-04-01T00:00:00Z", ready: false }),
        taskPod("other", { labels: { "tag.app": "web" } }),
        pod("svc-a", { ...inDemo, labels: { "tag.app": "api" } }),
      ],
    },
    target: { kind: "ecsTags", ecsCluster: "demo", tags: { app: "api" } },
    port: 8080,
    is: "newest [new:8080 old:8080] [] task new does not have a NodePort. Ensure assignPublicIp is enabled",
  },
  {
    name: "tags that nothing has",
    world: {},
    target: { kind: "ecsTags", ecsCluster: "demo", tags: { app: "api" } },
    port: 8080,
    is: "newest [] [] no task has these tags: task demo app=api (namespace demo-us-east-1)",
  },
]);

Deno.test({
  name: "an ECS target in a cluster without KECS is missing, not a crash",
  permissions: "none",
  fn: () => {
    const state = resolveTarget(snapshot({}), {
      target: { kind: "ecsTask", ecsCluster: "demo", id: "x" },
      port: asPort(80),
    });
    assert.equal(state.kind, "missing");
  },
});
