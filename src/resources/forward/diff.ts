import type { PlannedAction } from "../../engine/resource_kind.ts";
import type { RunningForward } from "../../model/forwarders.ts";
import type { Json } from "../../model/json.ts";
import { type Key, key } from "../../model/key.ts";
import type { Action } from "../../model/plan.ts";
import { describeSpecChanges } from "../../model/spec_diff.ts";
import type { SocketAddress } from "../../model/status.ts";
import { describeTarget, type ForwardSpec } from "../../model/workspace.ts";
import type { ForwardFacts, ObservedForward } from "./observe.ts";
import { holdersOf, indexByPort, portMoves } from "./port_moves.ts";

/** What `apply` does for an action of kind `forward`. */
export type ForwardInput =
  | { readonly do: "start"; readonly spec: ForwardSpec }
  /** `release`: forwards that let go of their ports first, because these changes trade ports in a circle. */
  | { readonly do: "change"; readonly spec: ForwardSpec; readonly release: readonly string[] }
  | { readonly do: "stop"; readonly name: string }
  | { readonly do: "nothing" };

/** The key of the forward called `name`. */
function forwardKey(name: string): Key {
  return key("forward", name);
}

/** The key of the cluster called `name`: where berth makes or starts it, forwards wait for that. */
function clusterKey(name: string): Key {
  return key("cluster", name);
}

/** The actions that make what runs equal what is asked for. Pure, total, independent of the order of its inputs. */
export function diffForwards(
  desired: readonly ForwardSpec[],
  observed: readonly ObservedForward[],
): readonly PlannedAction<ForwardInput>[] {
  const running = new Map<string, RunningForward>();
  const facts = new Map<string, ForwardFacts>();
  for (const one of observed) {
    if (one.kind === "running") running.set(one.running.spec.name, one.running);
    else facts.set(one.name, one.facts);
  }
  const changesOf = new Map<string, readonly string[]>();
  const hindered = new Set<string>();
  for (const spec of desired) {
    // One that runs and may not any more is stopped as if it were not asked for; that it is wanted is said once it is gone.
    if (spec.blocked !== undefined && running.has(spec.name)) {
      hindered.add(spec.name);
      continue;
    }
    const now = running.get(spec.name);
    if (now !== undefined) changesOf.set(spec.name, describeSpecChanges(now.spec, spec));
  }
  const stays = (name: string): boolean => changesOf.get(name)?.length === 0;
  const index = indexByPort(running.values());
  const moves = portMoves(desired.filter((spec) => spec.blocked === undefined), { index, stays });

  const actions: PlannedAction<ForwardInput>[] = [];
  for (const spec of desired) {
    if (hindered.has(spec.name)) continue;
    const now = running.get(spec.name);
    const known = facts.get(spec.name);
    const changes = changesOf.get(spec.name) ?? [];
    if (now !== undefined && now.listen.length > 0 && changes.length === 0) continue;
    const base = {
      key: forwardKey(spec.name),
      dependsOn: [clusterKey(spec.cluster), ...(moves.after.get(spec.name) ?? []).map(forwardKey)],
      disruption: takenOver(known),
      gate: "none",
    } as const;
    const blocked = spec.blocked ?? blockedBy(spec, holdersOf(spec, index).find(stays), known);
    if (blocked !== null) {
      actions.push({
        ...base,
        disruption: null,
        op: "blocked",
        reason: blocked.reason,
        detail: { ...detail(spec, known), help: blocked.help },
        // A port that is taken is tried all the same by who can: so status says why, and it listens when the port is free.
        input: spec.blocked === undefined ? { do: "start", spec } : { do: "nothing" },
      });
    } else if (now === undefined || now.listen.length === 0) {
      actions.push({
        ...base,
        op: "create",
        reason: now === undefined ? "not running" : "not listening",
        detail: detail(spec, known),
        input: { do: "start", spec },
      });
    } else {
      actions.push({
        ...base,
        op: "change",
        reason: changes.join(", "),
        detail: { ...detail(spec, known), changes },
        input: { do: "change", spec, release: moves.release.get(spec.name) ?? [] },
      });
    }
  }
  for (const [name, one] of running) {
    if (changesOf.has(name)) continue;
    actions.push({
      op: "delete",
      key: forwardKey(name),
      reason: hindered.has(name) ? reasonOf(desired, name) : "not in the file",
      dependsOn: [],
      disruption: null,
      gate: "none",
      detail: { ...detail(one.spec, undefined), listen: one.listen.map(formatAddress) },
      input: { do: "stop", name },
    });
  }
  return actions;
}

function reasonOf(desired: readonly ForwardSpec[], name: string): string {
  return desired.find((spec) => spec.name === name)?.blocked?.reason ?? "it cannot run any more";
}

/** Why a forward cannot have the port it insists on, or null. `rival` is a forward that keeps that port: one that floats and does not change. */
function blockedBy(
  spec: ForwardSpec,
  rival: string | undefined,
  facts: ForwardFacts | undefined,
): { readonly reason: string; readonly help: string } | null {
  if (spec.local.kind !== "fixed" || spec.onConflict === "next-free") return null;
  if (rival !== undefined) {
    return {
      reason: `port ${spec.local.port} is already in use by forward ${rival}`,
      help: `give forward ${rival} a fixed local port, or choose another one for ${spec.name}`,
    };
  }
  const holder = facts?.holder ?? null;
  if (holder !== null && !holder.taken) {
    return {
      reason: `port ${holder.address.port} is in use by ${holder.by.words}`,
      help: `stop that program, choose another local port, or set onConflict: next-free${
        holder.by.yields === true ? " or take-over" : ""
      }`,
    };
  }
  return null;
}

function takenOver(facts: ForwardFacts | undefined): string | null {
  const holder = facts?.holder ?? null;
  return holder?.taken === true ? `port ${holder.address.port} is taken over from ${holder.by.words}` : null;
}

function detail(
  spec: ForwardSpec,
  facts: ForwardFacts | undefined,
): Action["detail"] & { readonly [name: string]: Json } {
  return {
    cluster: spec.cluster,
    target: describeTarget(spec.target),
    port: String(spec.port),
    listen: (facts?.listen ?? []).map(formatAddress),
    route: facts?.preview?.route ?? (spec.route === "auto" ? null : spec.route),
    routeReason: facts?.preview?.routeReason ?? null,
    backend: facts?.preview?.backend ?? null,
    note: facts?.preview?.note ?? null,
  };
}

function formatAddress({ host, port }: SocketAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
