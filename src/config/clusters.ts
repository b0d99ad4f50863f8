import { isRegion } from "../conventions/task_ref.ts";
import type { ClusterAccessSpec, ClusterSpec, KecsSpec } from "../model/workspace.ts";
import { readAlb, reportNodePorts } from "./albs.ts";
import type { ClusterContext, ClustersContext } from "./cluster_context.ts";
import type { LooseCluster } from "./cluster_schema.ts";
import { readK3d } from "./k3d.ts";
import { isDnsLabel } from "./names.ts";
import type { PortClaim } from "./port_claims.ts";
import { readPublicIp } from "./public_ips.ts";
import type { Reporter } from "./reporter.ts";
import { quoted } from "./rules.ts";
import { whereOf } from "./source_text.ts";
import { keyAt, tokenAt } from "./tokens.ts";
import { readPath } from "./written_paths.ts";
import { locate } from "./tree.ts";

/** An entry of `clusters` that was read, and the local ports that it asks for. */
export interface ReadCluster {
  readonly spec: ClusterSpec;
  readonly claims: readonly PortClaim[];
}

/** Reads one entry of `clusters`, checked key by key before; reports what does not go together. */
export function readCluster(name: string, written: LooseCluster, all: ClustersContext): ReadCluster {
  const { root, isBroken } = all;
  const path = ["clusters", name];
  const has = (key: string) => locate(root, [...path, key]).tree !== undefined;
  const kecs = readKecs(written.kecs, [...path, "kecs"], all);
  const context: ClusterContext = {
    ...all,
    name,
    isK3d: has("k3d"),
    kecs: kecs ?? (has("kecs") || isBroken(...path, "kecs") ? undefined : null),
  };
  const k3d = written.k3d === undefined ? undefined : readK3d(written.k3d, context);
  const alb = written.alb === undefined
    ? undefined
    : readAlb(written.alb, { ...context, ports: k3d?.spec.ports ?? [] });
  const publicIp = written.publicIp === undefined ? undefined : readPublicIp(written.publicIp, context);
  if (alb !== undefined && publicIp !== undefined) reportNodePorts(alb.spec, publicIp.spec, context);
  reportKinds(written, context);
  const access: ClusterAccessSpec = k3d !== undefined
    ? {
      kind: "k3d",
      spec: alb === undefined ? k3d.spec : { ...k3d.spec, ports: [...k3d.spec.ports, ...alb.published] },
    }
    : written.sandbox !== undefined
    ? { kind: "sandbox" }
    : readKubeconfig(written, context);
  const spec = {
    name,
    access,
    ...(kecs === undefined ? {} : { kecs }),
    ...(alb === undefined ? {} : { alb: alb.spec }),
    ...(publicIp === undefined ? {} : { publicIp: publicIp.spec }),
    where: whereOf(keyAt(root, path)),
  };
  return { spec, claims: [...k3d?.claims ?? [], ...alb?.claims ?? [], ...publicIp?.claims ?? []] };
}

/** Reports entries that are one and the same k3d cluster: two descriptions of it would undo each other. */
export function reportSharedClusters(clusters: Iterable<ClusterSpec>, reporter: Reporter): void {
  const byName = new Map<string, ClusterSpec>();
  for (const cluster of clusters) {
    if (cluster.access.kind !== "k3d") continue;
    const { name } = cluster.access.spec;
    const first = byName.get(name);
    if (first === undefined) {
      byName.set(name, cluster);
      continue;
    }
    reporter.report({
      code: "PF0052",
      message: `Clusters '${first.name}' and '${cluster.name}' are both the k3d cluster '${name}'`,
      at: cluster.where,
      notes: [{ message: `'${first.name}' is`, at: first.where }],
      help: "keep one of them, or give one another k3d name",
    });
  }
}

/** Reports keys that make a cluster of two kinds. */
function reportKinds(written: LooseCluster, { root, reporter, name }: ClusterContext): void {
  const path = ["clusters", name];
  const [kind, words] = written.k3d !== undefined ? ["k3d", "made by k3d"] as const : ["sandbox", "a sandbox"] as const;
  if (written[kind] === undefined) return;
  const other = (["sandbox", "kubeconfig", "context"] as const).find((key) =>
    key !== kind && written[key] !== undefined
  );
  if (other === undefined) return;
  reporter.report({
    code: "PF0047",
    message: `Cluster '${name}' is ${words} and has a '${other}'`,
    at: keyAt(root, [...path, other]),
    notes: [{ message: `${kind === "k3d" ? "made by k3d" : "made a sandbox"}`, at: keyAt(root, [...path, kind]) }],
    help: "keep one of them",
  });
}

function readKubeconfig({ kubeconfig, context }: LooseCluster, all: ClusterContext): ClusterAccessSpec {
  const resolved = kubeconfig === undefined
    ? undefined
    : readPath(kubeconfig, ["clusters", all.name, "kubeconfig"], all);
  return {
    kind: "kubeconfig",
    ...(resolved === undefined ? {} : { kubeconfig: resolved }),
    ...(context === undefined ? {} : { context }),
  };
}

function readKecs(
  written: LooseCluster["kecs"],
  path: readonly string[],
  { root, reporter }: ClustersContext,
): KecsSpec | undefined {
  if (written === undefined) return undefined;
  const { instance, region } = written;
  if (instance !== undefined && !isDnsLabel(instance)) {
    reporter.report({
      code: "PF0036",
      message: `KECS instance ${quoted(instance)} is not a valid name`,
      at: tokenAt(root, [...path, "instance"]),
      help: "use small letters, digits and '-'",
    });
  }
  if (region !== undefined && !isRegion(region)) {
    reporter.report({
      code: "PF0036",
      message: `${quoted(region)} is not a region`,
      at: tokenAt(root, [...path, "region"]),
      help: "write us-east-1, for example",
    });
  }
  return instance === undefined || region === undefined ? undefined : { instance, region };
}
