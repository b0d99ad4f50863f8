import { apiAddress, type K3dCall, type K3dClusterFacts, type K3dFailure, type K3dResult } from "../../model/k3d.ts";
import { k3dLoadBalancerContainer } from "../../conventions/k3d_names.ts";
import { judgeLoadBalancer, runs } from "./load_balancer.ts";
import type { K3dWorld } from "./world.ts";

/** Which cluster, by its name in the file and by k3d's. */
export interface ClusterRef {
  readonly cluster: string;
  readonly k3dName: string;
}

/** How long another k3d command may stay at work on a cluster before berth goes on without it, in milliseconds. */
const BUSY_LIMIT = 180_000;
const BUSY_EVERY = 500;

/** A signal that never comes, for steps that must not be left half done. Each of those has a time limit of its own. */
export function unstoppable(): AbortSignal {
  return new AbortController().signal;
}

/** What a k3d command of ours is called with: its lines are reported. */
export function reporting(world: K3dWorld, cluster: string, signal: AbortSignal): K3dCall {
  const { report } = world;
  return report === undefined ? { signal } : { signal, onLine: (message) => report({ cluster, message }) };
}

/**
 * Looks at a cluster once no other k3d command is at work on it. A k3d that outlived the berth that started it goes on with its steps:
 * whoever works beside it breaks both.
 */
export async function settled(
  { k3dName, cluster }: ClusterRef,
  { world, signal }: { readonly world: K3dWorld; readonly signal: AbortSignal },
): Promise<K3dResult<K3dClusterFacts | null>> {
  const started = world.clock.monotonic();
  let told = false;
  for (;;) {
    const looked = await world.k3d.inspect(k3dName, signal);
    const busy = looked.ok ? looked.value?.busy ?? null : null;
    if (busy === null) return looked;
    if (world.clock.monotonic() - started > BUSY_LIMIT) {
      return {
        ok: false,
        failure: {
          reason: "timed-out",
          message: `k3d ${busy.verb} (PID ${busy.pid}) is still at work on k3d cluster ${k3dName}`,
        },
      };
    }
    if (!told) world.report?.({ cluster, message: `waiting for k3d ${busy.verb} (PID ${busy.pid})` });
    told = true;
    await world.clock.sleep(BUSY_EVERY, signal);
  }
}

/**
 * Brings a cluster to run whole: undoes an edit that was cut off where `mayRepair`, starts what is stopped, and looks whether it does run. The value
 * is what is there then.
 */
export async function makeRun(
  ref: ClusterRef,
  { world, signal, facts, mayRepair }: {
    readonly world: K3dWorld;
    readonly signal: AbortSignal;
    readonly facts: K3dClusterFacts;
    readonly mayRepair: boolean;
  },
): Promise<K3dResult<K3dClusterFacts>> {
  const { k3dName, cluster } = ref;
  const call = reporting(world, cluster, signal);
  const balancer = judgeLoadBalancer(facts);
  if (balancer.kind === "cut-off") {
    if (!mayRepair) {
      return failed(`an edit of k3d cluster ${k3dName} that was not berth's was cut off; it is not touched`);
    }
    world.report?.({ cluster, message: `putting the load balancer of k3d cluster ${k3dName} back in order` });
    for (const node of balancer.remove) {
      const removed = await world.k3d.removeContainer(node.id, call);
      if (!removed.ok && removed.failure.reason !== "not-found") return removed;
    }
    const name = k3dLoadBalancerContainer(k3dName);
    if (balancer.keep.name !== name) {
      const renamed = await world.k3d.renameContainer({ id: balancer.keep.id, name }, call);
      if (!renamed.ok) return renamed;
    }
  }
  const again = await world.k3d.inspect(k3dName, signal);
  if (!again.ok) return again;
  if (again.value === null) return failed(`k3d cluster ${k3dName} is gone`);
  if (runs(again.value)) return { ok: true, value: again.value };
  if (mayRepair) {
    // A start that was killed leaves its helper behind, under the name that the next one needs.
    for (
      const node of again.value.nodes.filter((node) => node.role === "other" && node.name === `k3d-${k3dName}-tools`)
    ) {
      await world.k3d.removeContainer(node.id, call);
    }
  }
  const started = await world.k3d.start(k3dName, call);
  const after = await world.k3d.inspect(k3dName, signal);
  if (!after.ok) return after;
  if (after.value !== null && runs(after.value)) return { ok: true, value: after.value };
  if (!started.ok) return started;
  return failed(`k3d cluster ${k3dName} was started, and ${notRunning(after.value)} does not run`);
}

/** Tells who wants to know that a cluster was changed. */
export function tellChange(world: K3dWorld, { cluster }: ClusterRef, facts: K3dClusterFacts | null): void {
  world.changed?.({ cluster, api: facts === null ? null : apiAddress(facts) });
}

function notRunning(facts: K3dClusterFacts | null): string {
  const names = (facts?.nodes ?? []).filter((node) => node.role !== "other" && node.state !== "running").map((node) =>
    node.name
  );
  return names.length === 0 ? "it" : names.join(" ");
}

function failed(message: string): { readonly ok: false; readonly failure: K3dFailure } {
  return { ok: false, failure: { reason: "k3d-failed", message } };
}
