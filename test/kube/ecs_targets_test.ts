/** Which backends services and tasks of ECS come to, in a KECS cluster. */
import assert from "node:assert/strict";
import { port as asPort } from "../../src/model/port.ts";
import { resolveTarget } from "../../src/kube/targets/resolve.ts";
import { endpoint, node, pod, service, slice, workload } from "./samples.ts";
import { nodePortSpec, snapshot, table } from "./targets_rig.ts";

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
