import { type K3dFailure, type K3dVersion, nodesOfRole } from "../../model/k3d.ts";
import type { PortBinding } from "../../model/k3d_ports.ts";
import { heldPorts, observeClusters, type PortHeld } from "../cluster/observe.ts";
import type { DesiredCluster } from "../cluster/desired.ts";
import { isUnfinished } from "../cluster/diff.ts";
import type { K3dWorld } from "../cluster/world.ts";
import { type DesiredPorts } from "./desired.ts";
import { planPortEdit, type PortEdit, type PortsNow } from "./port_edit.ts";

/** A cluster's published ports as they are. Clusters that are not there, or not whole, are not seen: they get their ports when they are made. */
export interface ObservedPorts {
  readonly cluster: string;
  readonly now: PortsNow;
  readonly version: K3dVersion | null;
  /** Ports to add that something else on this machine holds. */
  readonly held: readonly PortHeld[];
  /** Why k3d cannot be used; null when it can. */
  readonly trouble: K3dFailure | null;
}

/** Looks at the published ports of the clusters asked for, and at who holds those that lack. */
export async function observePorts(
  desired: readonly DesiredPorts[],
  { world, signal }: { readonly world: K3dWorld; readonly signal: AbortSignal },
): Promise<readonly ObservedPorts[]> {
  const clusters = desired.map(asCluster);
  const seen = await observeClusters(clusters, { world, signal, portsOnly: true });
  const observed = await Promise.all(seen.map(async (one): Promise<readonly ObservedPorts[]> => {
    const ports = desired.find(({ cluster }) => cluster === one.cluster);
    const cluster = clusters.find(({ cluster }) => cluster === one.cluster);
    if (one.kind !== "seen" || ports === undefined || cluster === undefined) return [];
    if (nodesOfRole(one.facts, "server").length === 0 || isUnfinished(cluster, one)) return [];
    const now: PortsNow = {
      facts: one.facts,
      ours: one.owner === "ours",
      owned: one.note.owned,
      canDelete: one.version?.canDeletePorts ?? true,
    };
    const edit = planPortEdit(ports, now);
    return [{
      cluster: one.cluster,
      now,
      version: one.version,
      trouble: one.trouble,
      held: await heldForeign(edit, now, { world, signal }),
    }];
  }));
  return observed.flat();
}

/** Of the ports that an edit adds, those that something else holds: what the cluster itself publishes now is no hindrance. */
export async function heldForeign(
  edit: PortEdit,
  { facts }: PortsNow,
  context: { readonly world: K3dWorld; readonly signal: AbortSignal },
): Promise<readonly PortHeld[]> {
  const own = facts.nodes.flatMap((node) => node.live);
  const isOwn = (binding: PortBinding) =>
    own.some((one) => one.hostPort === binding.hostPort && one.protocol === binding.protocol);
  return await heldPorts(edit.add.map((one) => one.binding).filter((binding) => !isOwn(binding)), context);
}

function asCluster({ cluster, spec }: DesiredPorts): DesiredCluster {
  return { cluster, spec };
}
