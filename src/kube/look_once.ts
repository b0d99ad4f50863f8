import { AccessError } from "../model/cluster_access.ts";
import { orAbort } from "./abort.ts";
import type { CacheSet } from "./cache_set.ts";
import type { ClusterLink } from "./cluster_link.ts";
import { LeasedSnapshot } from "./leased_snapshot.ts";
import type { Snapshot } from "./targets/snapshot.ts";
import type { Reading } from "./watch_cache.ts";

/**
 * What `look` makes of a cluster's objects, as soon as it makes something of them: null says that it needs to know more. Rejects with
 * `AccessError` where the cluster is known not to answer, with what `look` throws, or with the signal's reason.
 */
export async function lookOnce<T>(
  look: (snapshot: Snapshot) => T | null,
  { caches, link, signal }: { readonly caches: CacheSet; readonly link: ClusterLink; readonly signal: AbortSignal },
): Promise<T> {
  let changed = Promise.withResolvers<void>();
  const wake = () => changed.resolve();
  const snapshot = new LeasedSnapshot(caches, wake);
  const unsubscribe = link.subscribe(wake);
  const release = link.hold();
  try {
    for (;;) {
      const found = look(snapshot);
      if (found !== null) return found;
      const { reachable, reason, message } = link.state;
      if (reachable === false) throw new AccessError(reason ?? "cluster-unreachable", message ?? "it does not answer");
      await orAbort(changed.promise, signal);
      changed = Promise.withResolvers<void>();
    }
  } finally {
    release();
    unsubscribe();
    snapshot.release();
  }
}

/** Whether a reading is still to come. Throws `AccessError` where the look is not permitted. */
export function pending(reading: Reading<unknown>): boolean {
  if (reading.state === "failed") throw new AccessError(reading.reason, reading.message);
  return reading.state === "pending";
}
