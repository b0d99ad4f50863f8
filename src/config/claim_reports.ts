import { rangeWords } from "../conventions/kecs_ports.ts";
import { asPort, type PortRange } from "../model/port.ts";
import type { ClusterSpec } from "../model/workspace.ts";
import type { Listening } from "./local_ports.ts";
import { type ClaimClash, claimClashes, type PortClaim, shareAddress } from "./port_claims.ts";
import type { Reporter } from "./reporter.ts";

/** What the clashes of local ports are looked for in. */
export interface ClaimedPorts {
  readonly claims: readonly PortClaim[];
  readonly forwards: readonly Listening[];
  readonly clusters: ReadonlyMap<string, ClusterSpec>;
}

/** The same, and what earlier reports told a person to use. */
interface Clashing extends ClaimedPorts {
  readonly promised: PortRange[];
}

/**
 * Reports local ports that clusters ask for and that others have. An error where both are taken for certain; a warning where berth listens only
 * once something is there to lead to: then the first one has the port, and all else works.
 */
export function reportClaims(ports: ClaimedPorts, reporter: Reporter): void {
  const all: Clashing = { ...ports, promised: [] };
  const groups = new Map<string, ClaimClash[]>();
  // What Docker has is never given up for a listener of berth's, wherever it stands in the file.
  const [certain, others] = [all.claims.filter((one) => one.certain), all.claims.filter((one) => !one.certain)];
  for (const one of claimClashes([...certain, ...others])) {
    const { first, second, on } = one;
    if (first.certain && second.certain) {
      reporter.report({
        code: "PF0054",
        message: first.words === second.words
          ? `local port ${rangeWords(on)} is published twice by ${first.words}`
          : `local port ${rangeWords(on)} is used by both ${first.words} and ${second.words}`,
        at: second.at,
        notes: [{ message: first.words === second.words ? "first time" : `${first.words} has it`, at: first.at }],
        help: isTwin(one) ? "keep one of them" : "publish one of them on another port",
      });
      continue;
    }
    const key = JSON.stringify([second.cluster, first.cluster]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  for (const group of groups.values()) reportGroup(group, all, reporter);
  reportForwards(all, reporter);
}

/** Whether both are the same port flag. */
function isTwin({ first, second }: ClaimClash): boolean {
  return first.cluster === second.cluster && first.target !== null && second.target !== null &&
    first.target - first.local.first === second.target - second.local.first;
}

/** The clashes of a cluster with an earlier one, or with itself, said as one: they have one cause. */
function reportGroup(group: readonly ClaimClash[], all: Clashing, reporter: Reporter): void {
  const [one, ...more] = group;
  if (one === undefined) return;
  const { first, second } = one;
  const ports = [...new Set(group.map(({ on }) => rangeWords(on)))];
  const whose = more.length === 0 || first.cluster === second.cluster
    ? `${first.words} and ${second.words}`
    : `cluster '${first.cluster}' and cluster '${second.cluster}'`;
  const isOne = ports.length === 1 && one.on.first === one.on.last;
  reporter.report({
    code: "PF0058",
    severity: "warning",
    message: `local port${isOne ? "" : "s"} ${ports.join(", ")} ${isOne ? "is" : "are"} used by both ${whose}`,
    at: second.at,
    notes: [{
      message: `${more.length === 0 ? first.words : `cluster '${first.cluster}'`} has ${isOne ? "it" : "them"} first`,
      at: first.at,
    }],
    help: helpFor(group.map((clash) => clash.second), all),
  });
}

/** What to write so that these claims of one cluster are out of everybody's way. */
function helpFor(seconds: readonly PortClaim[], all: Clashing): string {
  const cluster = seconds[0]?.cluster ?? "";
  const { alb, publicIp } = all.clusters.get(cluster) ?? {};
  const of = (kind: PortClaim["kind"]) => seconds.filter((claim) => claim.kind === kind);
  const [listeners, ranges, publics] = [of("listener"), of("albRange"), of("publicIp")];
  const out: string[] = [];
  if (alb !== undefined && listeners.length + ranges.length > 0) {
    const by = freeShift([...listeners, ...ranges].map(({ local }) => local), { all, steps: ALB_STEPS });
    const moved = new Set(listeners.map(({ local }) => local.first));
    const keys: string[] = [];
    if (listeners.length > 0) {
      const items = alb.listeners.map(({ listener, local, nodePort }) =>
        `{ listener: ${listener}, local: ${moved.has(local) ? local + by : local}, nodePort: ${nodePort} }`
      );
      keys.push(`listeners: [${items.join(", ")}]`);
    }
    if (ranges.length > 0 && alb.range !== undefined) {
      const { local, nodePorts } = alb.range;
      keys.push(`range: { local: ${shifted(local, by)}, nodePorts: ${rangeWords(nodePorts)} }`);
    }
    out.push(`under clusters.${cluster}.alb write ${keys.join(" and ")}`);
  }
  if (publicIp !== undefined && publics.length > 0) {
    const by = freeShift([publicIp.local], { all, steps: PUBLIC_IP_STEPS });
    out.push(`under clusters.${cluster}.publicIp write local: ${shifted(publicIp.local, by)}`);
  }
  return out.length === 0 ? "publish it on another port" : out.join("; ");
}

/** Steps that keep the last digits readable. */
const ALB_STEPS = Array.from({ length: 40 }, (_, index) => 10_000 + index * 1000);
/** Downwards first: above 32768 Linux gives ports to outgoing connections. */
const PUBLIC_IP_STEPS = [...Array.from({ length: 20 }, (_, index) => -1000 * (index + 1)), ...ALB_STEPS];

/** The first step that takes all ranges to where nothing of this file is, nor what was told before; the first of all where none does. */
function freeShift(
  ranges: readonly PortRange[],
  { all, steps }: { readonly all: Clashing; readonly steps: readonly number[] },
): number {
  const taken = [
    ...all.claims.map(({ local }) => local),
    ...all.promised,
    ...all.forwards.flatMap(({ local }) => local.kind === "fixed" ? [{ first: local.port, last: local.port }] : []),
  ];
  const isFree = (step: number) =>
    ranges.every(({ first, last }) =>
      asPort(first + step) !== undefined && asPort(last + step) !== undefined &&
      !taken.some((other) => other.first <= last + step && first + step <= other.last)
    );
  const by = steps.find(isFree) ?? steps[0] ?? 0;
  for (const { first, last } of ranges) {
    const [from, to] = [asPort(first + by), asPort(last + by)];
    if (from !== undefined && to !== undefined) all.promised.push({ first: from, last: to });
  }
  return by;
}

function shifted({ first, last }: PortRange, by: number): string {
  return first === last ? `${first + by}` : `${first + by}-${last + by}`;
}

/** Fixed local ports of forwards that a cluster asks for too: each with the first claim that it meets. */
function reportForwards(all: Clashing, reporter: Reporter): void {
  if (all.claims.length === 0) return;
  const byPort = new Map<number, Listening[]>();
  for (const forward of all.forwards) {
    if (forward.local.kind !== "fixed") continue;
    const same = byPort.get(forward.local.port);
    if (same === undefined) byPort.set(forward.local.port, [forward]);
    else same.push(forward);
  }
  if (byPort.size === 0) return;
  const sorted = [...byPort.keys()].sort((a, b) => a - b);
  const said = new Set<Listening>();
  for (const claim of all.claims) {
    // A default that happens to hold a forward's port is no mistake: the forward has it, and a listener there would say so.
    if (claim.kind === "albRange" && !claim.written) continue;
    for (let at = lowerBound(sorted, claim.local.first); (sorted[at] ?? Infinity) <= claim.local.last; at++) {
      for (const forward of byPort.get(sorted[at] ?? 0) ?? []) {
        if (said.has(forward) || claim.protocol !== forward.protocol || !shareAddress(claim.hosts, forward.bind)) {
          continue;
        }
        said.add(forward);
        reportForward(forward, { claim, all, reporter });
      }
    }
  }
}

function reportForward(
  { name, where, local }: Listening,
  { claim, all, reporter }: { readonly claim: PortClaim; readonly all: Clashing; readonly reporter: Reporter },
): void {
  const number = local.kind === "fixed" ? local.port : 0;
  const help = claim.certain
    ? "give the forward another local port, or publish the other one elsewhere"
    : `the forward has it: give it another local port, or ${helpFor([claim], all)}`;
  reporter.report({
    code: claim.certain ? "PF0054" : "PF0058",
    severity: claim.certain ? "error" : "warning",
    message: `local port ${number} is used by both '${name}' and ${claim.words}`,
    at: where,
    notes: [{ message: `${claim.words} ${claim.certain ? "has" : "would have"} it`, at: claim.at }],
    help,
  });
}

function lowerBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
