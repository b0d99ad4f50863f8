/** Which backends pods, workloads and label selectors come to. */
import { pod, workload } from "./samples.ts";
import { table } from "./targets_rig.ts";

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
