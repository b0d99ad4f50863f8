import type { CacheLease, CacheSet } from "./cache_set.ts";
import type { Kind, KubeObjects } from "./objects.ts";
import type { Snapshot } from "./targets/snapshot.ts";
import { EVERYWHERE, type Reading } from "./watch_cache.ts";

type Leases = { readonly [K in Kind]: Map<string, CacheLease<K>> };

/** The live objects of a cluster, over shared caches: what is read once is watched until `release`, and `changed` is called when it changes. */
export class LeasedSnapshot implements Snapshot {
  readonly #caches: CacheSet;
  readonly #changed: () => void;
  readonly #leases: Leases = {
    services: new Map(),
    endpointSlices: new Map(),
    pods: new Map(),
    nodes: new Map(),
    namespaces: new Map(),
    deployments: new Map(),
    statefulSets: new Map(),
    ingresses: new Map(),
  };

  /** Watches nothing yet. */
  constructor(caches: CacheSet, changed: () => void) {
    this.#caches = caches;
    this.#changed = changed;
  }

  read<K extends Kind>(kind: K, namespace: string): Reading<KubeObjects[K]> {
    const leases: Map<string, CacheLease<K>> = this.#leases[kind];
    let lease = leases.get(namespace);
    if (lease === undefined) {
      const all = namespace === "" || namespace === EVERYWHERE;
      const { cache, release } = this.#caches.acquire(kind, all ? null : namespace);
      const unsubscribe = cache.subscribe(this.#changed);
      lease = {
        cache,
        release: () => {
          unsubscribe();
          release();
        },
      };
      leases.set(namespace, lease);
    }
    return lease.cache.reading(namespace);
  }

  /** Lets go of all. */
  release(): void {
    for (const leases of Object.values(this.#leases)) {
      for (const { release } of leases.values()) release();
      leases.clear();
    }
  }
}
