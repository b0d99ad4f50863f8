import type { Backend, TargetState } from "../model/cluster_access.ts";
import type { Balance } from "../model/workspace.ts";

/** A target with its backends known. */
export type KnownState = Extract<TargetState, { readonly kind: "known" }>;

/** The rule in force: what `auto` comes to for this target. */
export function effectiveBalance(balance: Balance, prefer: KnownState["prefer"]): Exclude<Balance, "auto"> {
  return balance === "auto" ? (prefer === "newest" ? "newest" : "round-robin") : balance;
}

/** One name a backend, the same for as long as it lives. */
export function backendId(backend: Backend): string {
  return backend.kind === "pod" ? backend.pod.uid : `${backend.address.host}|${backend.address.port}`;
}

/**
 * The backends in the order in which one connection tries them. `turn` counts the forward's connections; `client` is the
 * client's address. Backends come newest first, and so they are tried where the rule is newest.
 */
export function orderBackends(
  backends: readonly Backend[],
  { balance, turn, client }: {
    readonly balance: Exclude<Balance, "auto">;
    readonly turn: number;
    readonly client: string;
  },
): readonly Backend[] {
  if (backends.length < 2) return backends;
  switch (balance) {
    case "newest":
      return backends;
    case "round-robin":
      return rotate(inStableOrder(backends), turn % backends.length);
    case "sticky": {
      // Rendezvous hashing: when a backend comes or goes, only that one's clients move.
      const weights = new Map(backends.map((backend) => [backend, weight(`${client}#${backendId(backend)}`)]));
      return [...backends].sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0));
    }
    default:
      return balance satisfies never;
  }
}

/** Turns go round evenly only while the order does not depend on which pod is newest. */
function inStableOrder(backends: readonly Backend[]): readonly Backend[] {
  return [...backends].sort((a, b) => backendId(a) < backendId(b) ? -1 : 1);
}

function rotate<T>(items: readonly T[], by: number): readonly T[] {
  return [...items.slice(by), ...items.slice(0, by)];
}

function weight(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
