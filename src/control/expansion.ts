import { LABEL_FORWARD, LABEL_MANAGED_BY, labelValue, MANAGED_BY } from "../conventions/berth_labels.ts";
import type { LiveCluster } from "../model/live_cluster.ts";
import type { ForwardSpec, Workspace } from "../model/workspace.ts";
import { albForwards } from "./expand_albs.ts";
import { publicForwards } from "./expand_tasks.ts";
import { Claims, type ExpansionFacts, type ExpansionNote, knownLive, Names } from "./expansion_parts.ts";

/** A workspace with what follows from the clusters. */
export interface Expansion {
  readonly workspace: Workspace;
  readonly notes: readonly ExpansionNote[];
}

/**
 * The workspace with the forwards that follow from its clusters: one for each listener of a load balancer whose NodePort is there, one for each
 * port of a task with a public IP; and the forwards that have a companion lead to it. Pure; the same whatever order live objects came in.
 */
export function expand(workspace: Workspace, facts: ExpansionFacts): Expansion {
  const notes: ExpansionNote[] = [];
  const names = new Names(workspace.forwards);
  const claims = new Claims();
  for (const { name, local } of workspace.forwards) {
    if (local.kind === "fixed") claims.claim(local.port, `forward ${name}`);
  }
  const clusters = [...workspace.clusters.values()];
  const albs = clusters.flatMap((cluster) =>
    cluster.alb === undefined ? [] : albForwards(workspace, { cluster, alb: cluster.alb, facts, names, claims, notes })
  );
  const tasks = clusters.flatMap((cluster) =>
    cluster.publicIp === undefined
      ? []
      : publicForwards(workspace, { cluster, publicIp: cluster.publicIp, facts, names, claims, notes })
  );
  const own = workspace.forwards.map((spec) => withCompanion(spec, knownLive(facts, spec.cluster)));
  const known = new Set(clusters.map(({ name }) => name).filter((name) => knownLive(facts, name) !== null));
  return { workspace: { ...workspace, forwards: [...own, ...albs, ...tasks], known }, notes };
}

/** A forward that asks for a companion, and has one, can also be dialled there. */
function withCompanion(spec: ForwardSpec, live: LiveCluster | null): ForwardSpec {
  if (spec.expose?.kind !== "companion" || live === null) return spec;
  for (const { labels, ports } of live.services) {
    if (labels[LABEL_MANAGED_BY] !== MANAGED_BY || labels[LABEL_FORWARD] !== labelValue(spec.name)) continue;
    const nodePort = ports[0]?.nodePort ?? null;
    if (nodePort !== null) return { ...spec, target: { kind: "exposed", target: spec.target, nodePort } };
  }
  return spec;
}
