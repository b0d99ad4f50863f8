import type { TargetState } from "../../model/cluster_access.ts";
import type { Kind, KubeObjects } from "../objects.ts";
import type { Reading } from "../watch_cache.ts";

/** The objects of a cluster as a resolution sees them. Asking for a kind makes it watched from then on. */
export interface Snapshot {
  /** `namespace` is "" for kinds that have none. */
  read<K extends Kind>(kind: K, namespace: string): Reading<KubeObjects[K]>;
}

/** The first reading that is not ready, as the state of a target; null when all are. */
export function notReady(...readings: readonly Reading<unknown>[]): TargetState | null {
  for (const reading of readings) {
    if (reading.state === "failed") return { kind: "unknown", reason: reading.reason, message: reading.message };
  }
  return readings.some((reading) => reading.state === "pending") ? WAITING : null;
}

/** Nothing is known before the first list. */
export const WAITING: TargetState = {
  kind: "unknown",
  reason: "connecting",
  message: "waiting for the cluster's first answer",
};

/** The objects of a reading; none where it is not ready. */
export function objectsOf<T>(reading: Reading<T>): ReadonlyMap<string, T> {
  return reading.state === "ready" ? reading.objects : new Map<string, T>();
}
