import type { ClusterLink } from "./cluster_link.ts";
import type { Kind } from "./objects.ts";
import { type CacheWorld, WatchCache } from "./watch_cache.ts";

/** The use of a shared cache. */
export interface CacheLease<K extends Kind> {
  readonly cache: WatchCache<K>;
  /** Lets go; repeated calls do nothing. */
  release(): void;
}

interface Entry<K extends Kind> {
  readonly cache: WatchCache<K>;
  users: number;
  cancel: () => void;
}

type Shelves = { readonly [K in Kind]: Map<string, Entry<K>> };

/** A cache that nobody uses is kept this long: a forward that is changed lets go and asks again. Milliseconds. */
const LINGER = 10_000;
/** The key of a cache of all namespaces. */
const ALL = "";

/** All caches of one cluster: at most one list and watch per kind and namespace, and none where one of all namespaces runs. */
export class CacheSet {
  readonly #link: ClusterLink;
  readonly #world: CacheWorld;
  readonly #shelves: Shelves = {
    services: new Map(),
    endpointSlices: new Map(),
    pods: new Map(),
    nodes: new Map(),
    namespaces: new Map(),
    deployments: new Map(),
    statefulSets: new Map(),
    ingresses: new Map(),
  };

  /** Starts nothing. */
  constructor(link: ClusterLink, world: CacheWorld) {
    this.#link = link;
    this.#world = world;
  }

  /** A cache that holds `kind` in `namespace`; null for all, and for kinds that have no namespace. Starts it where there is none. */
  acquire<K extends Kind>(kind: K, namespace: string | null): CacheLease<K> {
    const shelf: Map<string, Entry<K>> = this.#shelves[kind];
    const key = shelf.has(ALL) ? ALL : namespace ?? ALL;
    const entry = shelf.get(key) ?? this.#start(kind, { namespace, shelf, key });
    entry.cancel();
    entry.users++;
    let held = true;
    return {
      cache: entry.cache,
      release: () => {
        if (!held) return;
        held = false;
        if (--entry.users > 0) return;
        entry.cancel = this.#world.clock.after(LINGER, () => {
          shelf.delete(key);
          void entry.cache.close();
        });
      },
    };
  }

  /** How many watches run. */
  get size(): number {
    return this.#entries().length;
  }

  /** Makes every watch dial anew at once. */
  redial(): void {
    for (const entry of this.#entries()) entry.cache.redial();
  }

  /** Ends all. */
  async close(): Promise<void> {
    const entries = this.#entries();
    for (const shelf of Object.values(this.#shelves)) shelf.clear();
    for (const entry of entries) entry.cancel();
    await Promise.all(entries.map((entry) => entry.cache.close()));
  }

  #start<K extends Kind>(
    kind: K,
    { namespace, shelf, key }: {
      readonly namespace: string | null;
      readonly shelf: Map<string, Entry<K>>;
      readonly key: string;
    },
  ): Entry<K> {
    const cache = new WatchCache(kind, { ...this.#world, namespace, link: this.#link });
    const entry = { cache, users: 0, cancel: () => {} };
    shelf.set(key, entry);
    return entry;
  }

  #entries(): readonly { readonly cache: { redial(): void; close(): Promise<void> }; readonly cancel: () => void }[] {
    return Object.values(this.#shelves).flatMap((shelf) => [...shelf.values()]);
  }
}
