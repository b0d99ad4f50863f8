import { diagnosticToJson } from "../diagnostics/to_json.ts";
import type { Json } from "../model/json.ts";
import type { ClusterStatus, ForwardStatus } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";

/**
 * The contract `status -o json`, format version 1, with its fields in a fixed order. Only what is named here gets out,
 * whatever else the record carries. Fields may be added; changing one needs another `formatVersion`.
 */
export function statusJson(document: StatusDocument): { readonly [name: string]: Json } {
  return {
    formatVersion: 1,
    workspace: document.workspace,
    pid: document.pid,
    startedAt: document.startedAt,
    revision: document.revision,
    diagnostics: document.diagnostics.map(diagnosticToJson),
    clusters: document.clusters.map(clusterJson),
    forwards: document.forwards.map(forwardJson),
  };
}

function clusterJson(of: ClusterStatus): Json {
  const { name, kind, reachable, reason, message, version } = of;
  return { name, kind, reachable, reason, message, version };
}

function forwardJson(of: ForwardStatus): Json {
  return {
    name: of.name,
    cluster: of.cluster,
    target: of.target,
    targetPort: of.targetPort,
    protocol: of.protocol,
    listen: of.listen.map(({ host, port }) => ({ host, port })),
    status: of.status,
    reason: of.reason,
    message: of.message,
    route: of.route,
    routeReason: of.routeReason,
    backend: of.backend,
    lastCheck: of.lastCheck,
    nextRetry: of.nextRetry,
    attempt: of.attempt,
    reconnects: of.reconnects,
    since: of.since,
    connections: {
      open: of.connections.open,
      total: of.connections.total,
      failed: of.connections.failed,
      causes: Object.fromEntries(Object.entries(of.connections.causes).sort()),
    },
    bytes: { in: of.bytes.in, out: of.bytes.out },
  };
}
