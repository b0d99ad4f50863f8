import type { K3dProtocol, NodeFilter } from "../model/k3d_ports.ts";
import type { PortRange } from "../model/port.ts";
import type { Where } from "../model/source.ts";
import { overlap } from "./addresses.ts";
import type { Span } from "./source_text.ts";

/** Local ports that follow from an entry of `clusters`. */
export interface PortClaim {
  /** `published`: k3d maps them; `api`: the API of a k3d cluster; the others are berth's own listeners. */
  readonly kind: "published" | "api" | "listener" | "albRange" | "publicIp";
  readonly cluster: string;
  readonly local: PortRange;
  /** The port in the cluster that the first one leads to; the next one to the next. */
  readonly target: number | null;
  readonly protocol: K3dProtocol;
  readonly hosts: readonly string[];
  /** Whether they are taken whatever runs in the cluster. */
  readonly certain: boolean;
  /** Whether the file names them, rather than a default. */
  readonly written: boolean;
  readonly filters?: readonly NodeFilter[];
  /** Whose they are: `listener 80 of cluster 'dev'`. */
  readonly words: string;
  readonly at: Span | Where;
}

/** Two claims of one port. */
export interface ClaimClash {
  readonly first: PortClaim;
  readonly second: PortClaim;
  /** The ports that both want. */
  readonly on: PortRange;
}

/** The claims that clash with an earlier one, each with the first that it meets, in their order. */
export function claimClashes(claims: readonly PortClaim[]): readonly ClaimClash[] {
  const found = new Map<number, { readonly other: number; readonly on: PortRange }>();
  const byPort = claims.map((claim, index) => ({ claim, index }))
    .sort((a, b) => a.claim.local.first - b.claim.local.first || a.index - b.index);
  let open: typeof byPort = [];
  for (const one of byPort) {
    open = open.filter(({ claim }) => claim.local.last >= one.claim.local.first);
    for (const other of open) {
      const on = clash(other.claim, one.claim);
      if (on === null) continue;
      const [first, second] = other.index < one.index ? [other.index, one.index] : [one.index, other.index];
      const before = found.get(second);
      if (before === undefined || first < before.other) found.set(second, { other: first, on });
    }
    // One that lies inside another is met by that other; keeping it would only cost time.
    if (!found.has(one.index)) open.push(one);
  }
  return [...found].sort(([a], [b]) => a - b).flatMap(([index, { other, on }]) => {
    const [first, second] = [claims[other], claims[index]];
    return first === undefined || second === undefined ? [] : [{ first, second, on }];
  });
}

/** The ports that two claims cannot both have; null where they can. */
function clash(a: PortClaim, b: PortClaim): PortRange | null {
  if (a.protocol !== b.protocol || !shareAddress(a.hosts, b.hosts)) return null;
  const first = a.local.first > b.local.first ? a.local.first : b.local.first;
  const last = a.local.last < b.local.last ? a.local.last : b.local.last;
  if (first > last) return null;
  return a.cluster === b.cluster && agree(a, b) ? null : { first, last };
}

/** Whether two claims of one cluster are one and the same, or one of them is meant to stand before the other. */
function agree(a: PortClaim, b: PortClaim): boolean {
  const isAlb = ({ kind }: PortClaim) => kind === "listener" || kind === "albRange";
  if (isAlb(a) && isAlb(b)) return true;
  const leadsAlike = a.target !== null && b.target !== null && a.target - a.local.first === b.target - b.local.first;
  if (!leadsAlike) return false;
  // What k3d publishes to the listener's own NodePort already leads there.
  if ((a.kind === "published" && isAlb(b)) || (b.kind === "published" && isAlb(a))) return true;
  // One flag for each of several node filters is one port that leads to the nodes of all.
  return a.kind === "published" && b.kind === "published" && a.hosts[0] === b.hosts[0] &&
    JSON.stringify(a.filters) !== JSON.stringify(b.filters);
}

/** Whether something that listens on one of these addresses is in the way of one that listens on those. */
export function shareAddress(a: readonly string[], b: readonly string[]): boolean {
  return a.some((left) => b.some((right) => overlap(left, right)));
}
