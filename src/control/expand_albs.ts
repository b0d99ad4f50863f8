import { albCollisions, albListenerOf } from "../conventions/alb.ts";
import type { AlbListener, AlbSpec } from "../model/alb.ts";
import { type Port, portsOf } from "../model/port.ts";
import type { ForwardSpec, Workspace } from "../model/workspace.ts";
import { dynamicForward, knownLive, type PartOptions } from "./expansion_parts.ts";

/**
 * A forward for each listener of a cluster's load balancers whose NodePort is there. A listener whose local port others have is in it as well,
 * blocked, and says how to mend that: those of `listeners` always, those of the range where their NodePort is there.
 */
export function albForwards(
  workspace: Workspace,
  { cluster, alb, facts, names, claims, notes }: PartOptions & { readonly alb: AlbSpec },
): readonly ForwardSpec[] {
  if (alb.publish === "k3d") return [];
  const { where } = alb;
  const note = (message: string) => notes.push({ cluster: cluster.name, message, where });
  const published = facts.published?.(cluster.name) ?? new Set<Port>();
  const live = knownLive(facts, cluster.name);
  const forwardOf = (one: AlbListener, holder: string | null): ForwardSpec => {
    const forward = dynamicForward(workspace, {
      name: names.unique(`alb-${cluster.name}-${one.listener}`),
      cluster: cluster.name,
      target: { kind: "nodePort", nodePort: one.nodePort },
      port: one.nodePort,
      local: one.local,
      where,
    });
    return {
      ...forward,
      ...(alb.hosts ? { hosts: { kind: "alb", listener: one.listener } as const } : {}),
      ...(holder === null ? {} : { blocked: taken(one, { holder, cluster: cluster.name }) }),
    };
  };
  const isLive = ({ nodePort }: AlbListener): boolean => live?.nodePorts.has(nodePort) ?? false;
  const collisions = albCollisions(alb.listeners);
  for (const { message } of collisions) note(message);
  const second = new Set(collisions.filter(({ on }) => on === "local").map((one) => one.second));
  const forwards: ForwardSpec[] = [];
  for (const one of alb.listeners) {
    if (second.has(one)) continue;
    if (alb.publish === "auto" && published.has(one.local)) {
      note(`k3d publishes local port ${one.local}: listener ${one.listener} is reached through it`);
      continue;
    }
    // Claimed even while nothing serves it, so that who has it does not depend on what came first.
    const holder = claims.claim(one.local, `listener ${one.listener} of cluster ${cluster.name}`);
    if (holder !== null || isLive(one)) forwards.push(forwardOf(one, holder));
  }
  if (alb.range === undefined) return forwards;
  const { range } = alb;
  const explicit = new Set(alb.listeners.map(({ nodePort }) => nodePort));
  const holders = new Map<Port, string>();
  for (const local of portsOf(range.local)) {
    const holder = claims.claim(local, `listener ${local} of cluster ${cluster.name}`);
    if (holder !== null) holders.set(local, holder);
  }
  for (const nodePort of live?.nodePorts ?? []) {
    const one = albListenerOf(nodePort, range);
    if (one === undefined || explicit.has(nodePort)) continue;
    if (alb.publish === "auto" && published.has(one.local)) continue;
    forwards.push(forwardOf(one, holders.get(one.local) ?? null));
  }
  return forwards;
}

function taken(
  { listener, local, nodePort }: AlbListener,
  { holder, cluster }: { readonly holder: string; readonly cluster: string },
): NonNullable<ForwardSpec["blocked"]> {
  return {
    reason: `local port ${local} is used by both ${holder} and listener ${listener} of cluster ${cluster}`,
    help: `give one of them another local port: under clusters.${cluster}.alb.listeners write ` +
      `{ listener: ${listener}, local: ${freeNear(local)}, nodePort: ${nodePort} }`,
  };
}

/** A port to suggest: readable, and unlikely to be another convention's. */
function freeNear(local: Port): number {
  return local + 10_000 <= 65_535 ? local + 10_000 : local - 10_000;
}
