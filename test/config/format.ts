import { Document, isMap, visit } from "yaml";
import type { AlbSpec } from "../../src/model/alb.ts";
import type { K3dSpec } from "../../src/model/k3d.ts";
import { formatPortSpec } from "../../src/model/k3d_ports.ts";
import type { PortRange } from "../../src/model/port.ts";
import type { PublicIpSpec } from "../../src/model/public_ip.ts";
import type {
  ClusterAccessSpec,
  ClusterSpec,
  ForwardSpec,
  LocalPort,
  ProbeSpec,
  Target,
  Workspace,
} from "../../src/model/workspace.ts";
import type { BehaviourSpec } from "../../src/config/behaviour.ts";
import { formatDuration } from "./durations.ts";
import { FORMAT_VERSION } from "../../src/config/schema.ts";

/**
 * A workspace as the text of a `forwards.yaml` that parses to an equal one, places apart. Every value is written out, so that
 * nothing depends on defaults.
 */
export function formatWorkspace(workspace: Workspace): string {
  const document = new Document({
    version: FORMAT_VERSION,
    ...defaultsEntry(workspace),
    clusters: new Map([...workspace.clusters].map(([name, cluster]) => [name, clusterEntry(cluster)])),
    ...(workspace.profiles === undefined ? {} : { profiles: workspace.profiles }),
    forwards: new Map(workspace.forwards.map((forward) => [forward.name, forwardEntry(forward)])),
  });
  visit(document, {
    Map(_key, node, path) {
      // Entries are one block each; what is inside them stands on one line.
      const depth = path.filter(isMap).length;
      if (depth >= 3 || node.items.length === 0) node.flow = true;
    },
    Seq(_key, node) {
      node.flow = true;
    },
    Scalar(key, node) {
      // A dollar sign that means itself is written twice; there are no variables in keys.
      if (key !== "key" && typeof node.value === "string") node.value = node.value.split("$").join("$$");
    },
  });
  return document.toString({ lineWidth: 0 });
}

function defaultsEntry({ defaults, dashboard }: Workspace): Record<string, unknown> {
  if (defaults === undefined && dashboard === undefined) return {};
  return {
    defaults: {
      ...(defaults === undefined ? {} : behaviourEntry(defaults)),
      ...(dashboard === undefined ? {} : { dashboard: dashboard === 0 ? true : dashboard }),
    },
  };
}

function clusterEntry({ access, kecs, alb, publicIp }: ClusterSpec): Record<string, unknown> {
  return {
    ...accessEntry(access),
    ...(kecs === undefined ? {} : { kecs }),
    ...(alb === undefined ? {} : { alb: albEntry(alb) }),
    ...(publicIp === undefined ? {} : { publicIp: pairEntry(publicIp) }),
  };
}

function accessEntry(access: ClusterAccessSpec): Record<string, unknown> {
  switch (access.kind) {
    case "sandbox":
      return { sandbox: {} };
    case "k3d":
      return { k3d: k3dEntry(access.spec) };
    case "kubeconfig": {
      const { kind: _, ...reached } = access;
      return reached;
    }
    default:
      return access satisfies never;
  }
}

function k3dEntry({ ports, nodeLabels, runtimeLabels, ...spec }: K3dSpec): Record<string, unknown> {
  const labels = (list: readonly string[]) =>
    new Map(list.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]));
  return {
    ...spec,
    ports: ports.map(formatPortSpec),
    labels: labels(nodeLabels),
    runtimeLabels: labels(runtimeLabels),
  };
}

function albEntry({ publish, listeners, range, hosts }: AlbSpec): Record<string, unknown> {
  return { publish, listeners, range: range === undefined ? "none" : pairEntry(range), hosts };
}

function pairEntry({ local, nodePorts }: Pick<PublicIpSpec, "local" | "nodePorts">): Record<string, unknown> {
  const range = ({ first, last }: PortRange) => first === last ? first : `${first}-${last}`;
  return { local: range(local), nodePorts: range(nodePorts) };
}

function forwardEntry(forward: ForwardSpec): Record<string, unknown> {
  return {
    cluster: forward.cluster,
    ...targetEntry(forward.target),
    port: forward.port,
    local: localEntry(forward.local),
    protocol: forward.protocol,
    ...behaviourEntry(forward),
    // What a task's Service is like follows from the task: it is not written.
    ...(forward.expose?.kind === "companion" ? { expose: "nodePort" } : {}),
  };
}

function behaviourEntry(spec: BehaviourSpec): Record<string, unknown> {
  const { bind, route, balance, hold, health, backoff, reconnect, onConflict } = spec;
  return {
    bind,
    route,
    balance,
    hold: formatDuration(hold),
    health: {
      every: formatDuration(health.every),
      timeout: formatDuration(health.timeout),
      failures: health.failures,
      probe: probeEntry(health.probe),
    },
    backoff: { initial: formatDuration(backoff.initial), max: formatDuration(backoff.max) },
    reconnect,
    onConflict,
  };
}

function targetEntry(target: Target): Record<string, unknown> {
  switch (target.kind) {
    case "service":
    case "pod":
    case "deployment":
    case "statefulset":
      return { [target.kind]: `${target.namespace}/${target.name}` };
    case "selector":
      return { selector: { namespace: target.namespace, labels: new Map(Object.entries(target.labels)) } };
    case "ecsService":
      return { service: `${target.ecsCluster}/${target.name}` };
    case "ecsTask":
      return { task: `${target.ecsCluster}/${target.id}` };
    case "ecsTags":
      return { task: target.ecsCluster, tags: new Map(Object.entries(target.tags)) };
    case "nodePort":
      return { nodePort: target.nodePort };
    case "exposed":
      return targetEntry(target.target);
    default:
      return target satisfies never;
  }
}

function localEntry(local: LocalPort): number | string {
  if (local.kind === "auto") return "auto";
  return local.kind === "fixed" ? local.port : `${local.range.first}-${local.range.last}`;
}

function probeEntry(probe: ProbeSpec): unknown {
  const { kind, ...rest } = probe;
  if (probe.kind === "exec") return { exec: probe.argv };
  return kind === "http" ? { http: rest } : kind;
}
