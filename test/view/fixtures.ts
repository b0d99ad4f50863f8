import { type Key, key } from "../../src/model/key.ts";
import type { Action, Op, Plan } from "../../src/model/plan.ts";
import { port } from "../../src/model/port.ts";
import type { ForwardStatus } from "../../src/model/status.ts";
import type { StatusDocument } from "../../src/model/status_document.ts";

/** The moment of all fixtures. */
export const NOW = Date.parse("2026-01-01T12:30:05Z");

/** ISO time `seconds` before NOW. */
export function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString();
}

/** A healthy forward with some fields set otherwise. */
export function forward(name: string, over: Partial<ForwardStatus> = {}): ForwardStatus {
  return {
    name,
    cluster: "dev",
    target: `service default/${name}`,
    targetPort: "80",
    protocol: "tcp",
    listen: [{ host: "127.0.0.1", port: port(3000) }, { host: "::1", port: port(3000) }],
    status: "Active",
    reason: null,
    message: null,
    route: "direct",
    routeReason: "NodePort 30080 answers on 172.18.0.2",
    backend: "172.18.0.2:30080",
    lastCheck: ago(2),
    nextRetry: null,
    attempt: 0,
    reconnects: 0,
    since: ago(192),
    connections: { open: 1, total: 12, failed: 0, causes: {} },
    bytes: { in: 1024, out: 4096 },
    ...over,
  };
}

/** One forward in each state, and the awkward ones. */
export const FORWARDS: readonly ForwardStatus[] = [
  forward("web"),
  forward("api", {
    target: "task default app=api,version=stable",
    targetPort: "8080",
    listen: [{ host: "127.0.0.1", port: port(8080) }],
    route: "tunnel",
    backend: "pod default-us-east-1/3f1c9ab2",
    connections: { open: 0, total: 3, failed: 2, causes: { "backend-refused": 2 } },
  }),
  forward("worker", {
    cluster: "staging",
    target: "deployment jobs/worker",
    targetPort: "metrics",
    listen: [{ host: "127.0.0.1", port: port(9100) }, { host: "::1", port: port(9100) }],
    status: "Reconnecting",
    reason: "no-endpoints",
    message: "no pod of deployment jobs/worker is ready: 2 pods are Pending",
    route: null,
    routeReason: null,
    backend: null,
    lastCheck: ago(31),
    nextRetry: new Date(NOW + 2600).toISOString(),
    attempt: 2,
    since: ago(8),
  }),
  forward("db", {
    cluster: "staging",
    target: "pod databases/postgres-primary-0",
    targetPort: "5432",
    listen: [],
    status: "Failed",
    reason: "port-in-use",
    message: "port 5432 is in use by postgres (PID 1234)",
    route: null,
    routeReason: null,
    backend: null,
    lastCheck: null,
    since: ago(3700),
    connections: { open: 0, total: 0, failed: 0, causes: {} },
  }),
  forward("nodes", {
    cluster: "staging",
    target: "pods jobs app=node",
    targetPort: "8000",
    listen: [{ host: "127.0.0.1", port: port(24817) }, { host: "::1", port: port(24817) }],
    status: "Starting",
    reason: "connecting",
    route: null,
    routeReason: null,
    backend: null,
    lastCheck: null,
    since: ago(0),
    connections: { open: 0, total: 0, failed: 0, causes: {} },
  }),
];

/** The status of a running `up`, with some fields set otherwise. */
export function statusOf(over: Partial<StatusDocument> = {}): StatusDocument {
  return {
    formatVersion: 1,
    workspace: "/home/ana/shop/forwards.yaml",
    pid: 4711,
    startedAt: ago(192),
    revision: 7,
    diagnostics: [],
    clusters: [
      { name: "dev", kind: "kubeconfig", reachable: true, reason: null, message: null, version: "v1.31.4" },
      { name: "staging", kind: "kubeconfig", reachable: true, reason: null, message: null, version: "v1.30.0" },
    ],
    forwards: FORWARDS,
    ...over,
  };
}

/** What goes wrong beyond the forwards. */
export const TROUBLE: Partial<StatusDocument> = {
  diagnostics: [{
    code: "PF0012",
    severity: "error",
    message: "local port 8080 is used by both 'web' and 'api'",
    where: { file: "/home/ana/shop/forwards.yaml", line: 14, column: 15, length: 4 },
    help: "pick another local port for one of them",
  }],
  clusters: [{
    name: "staging",
    kind: "kubeconfig",
    reachable: false,
    reason: "cluster-unreachable",
    message: "no answer from https://10.0.0.1:6443 within 5s",
    version: null,
  }],
};

/** An action of kind forward. */
export function action(op: Op, name: string, over: Partial<Action> = {}): Action {
  return {
    op,
    key: key("forward", name),
    reason: op === "create" ? "not running" : op === "delete" ? "not in the file" : "changed",
    dependsOn: [],
    disruption: null,
    gate: "none",
    detail: {
      cluster: "dev",
      target: `service default/${name}`,
      port: "80",
      listen: ["127.0.0.1:3000", "[::1]:3000"],
      route: "direct",
      routeReason: "NodePort 30080 on 172.18.0.2",
      backend: "172.18.0.2:30080",
      note: null,
    },
    ...over,
  };
}

/** A plan of these actions with its summary counted. */
export function planOf(actions: readonly Action[]): Plan {
  const summary = { create: 0, change: 0, delete: 0, replace: 0, blocked: 0 };
  for (const { op } of actions) summary[op]++;
  return { actions, summary };
}

/** Five to add, as on the first run. */
export const FIRST_PLAN: Plan = planOf([
  action("create", "api", {
    detail: {
      ...action("create", "api").detail,
      target: "task default app=api,version=stable",
      port: "8080",
      listen: ["127.0.0.1:8080", "[::1]:8080"],
      route: "tunnel",
      routeReason: "no NodePort",
      backend: "pod default-us-east-1/3f1c9ab2",
    },
  }),
  action("create", "db", {
    detail: {
      ...action("create", "db").detail,
      cluster: "staging",
      target: "pod databases/postgres-primary-0",
      port: "5432",
      listen: ["127.0.0.1:5432", "[::1]:5432"],
      route: "tunnel",
      routeReason: "no NodePort",
    },
  }),
  action("create", "nodes", {
    detail: {
      ...action("create", "nodes").detail,
      cluster: "staging",
      target: "pods jobs app=node",
      port: "8000",
      listen: [],
      route: null,
      routeReason: null,
      backend: null,
      note: "cluster staging does not answer",
    },
  }),
  action("create", "web"),
  action("create", "worker", {
    detail: {
      ...action("create", "worker").detail,
      target: "deployment jobs/worker",
      port: "metrics",
      listen: ["0.0.0.0:9100"],
      route: "tunnel",
      routeReason: "no NodePort",
      note: "no pod is ready",
    },
  }),
]);

/** One of each op, with reasons, costs, gates and waits; one of a kind that has no target. */
export const MIXED_PLAN: Plan = planOf([
  action("delete", "old", { detail: { ...action("delete", "old").detail, route: null, routeReason: null } }),
  action("change", "api", {
    reason: "local port changed from 8080 to 8081, health.every changed from 30s to 10s",
    dependsOn: ["forward:old" as Key],
    detail: {
      ...action("change", "api").detail,
      listen: ["127.0.0.1:8081", "[::1]:8081"],
      changes: ["local port changed from 8080 to 8081", "health.every changed from 30s to 10s"],
    },
  }),
  action("blocked", "db", {
    reason: "port 5432 is in use by postgres (PID 1234)",
    detail: {
      ...action("blocked", "db").detail,
      listen: ["127.0.0.1:5432"],
      help: "stop that program, choose another local port, or set onConflict: next-free",
    },
  }),
  action("create", "web"),
  action("replace", "x", {
    key: key("mapping", "dev/8080-30880-tcp"),
    reason: "not published",
    disruption: "restarts the load balancer of k3d cluster kecs-dev: about 7 s without API and published ports",
    gate: "allow-restart",
    detail: {},
  }),
]);
