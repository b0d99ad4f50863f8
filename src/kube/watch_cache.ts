import { backoffDelay } from "../model/backoff.ts";
import { AccessError } from "../model/cluster_access.ts";
import type { Reason } from "../model/status.ts";
import type { Clock, Log, Random } from "../model/world.ts";
import { linkAbort, type LinkedAbort } from "./abort.ts";
import type { ClusterLink, Session } from "./cluster_link.ts";
import { answerError, GoneError } from "./failures.ts";
import { type KindInfo, KINDS } from "./kinds.ts";
import type { Kind, KubeObjects } from "./objects.ts";
import { rawList, rawObject, rawText } from "./raw.ts";

/** What is known of the objects of one kind in one namespace (by name; cluster-wide kinds: in the namespace ""). */
export type Reading<T> =
  /** No first list yet. */
  | { readonly state: "pending" }
  /** The API server answers, and does not give the list: forbidden, or it has no such kind. */
  | { readonly state: "failed"; readonly reason: Reason; readonly message: string }
  /** The last known objects; they stay while the cluster is out of reach. */
  | { readonly state: "ready"; readonly objects: ReadonlyMap<string, T> };

/** Stands for all namespaces where one is asked for. No namespace can be called so. */
export const EVERYWHERE = "*";

/** What a cache needs. */
export interface CacheWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A list and watch begins again after something went wrong with it. */
  readonly onRestart?: (kind: Kind) => void;
}

/** Objects asked for in one page: bounds the memory that one answer takes. */
const PAGE = 500;
/** A page may take this long, in milliseconds. */
const LIST_TIMEOUT = 30_000;
/** The answer's headers to a watch, which the server sends at once. Milliseconds. */
const WATCH_TIMEOUT = 15_000;
/** The server ends a watch after so many seconds, plus a random part so that they do not all end together. */
const WATCH_SECONDS = 240;
const WATCH_SECONDS_MORE = 60;
/** How much longer than that silence may last, in milliseconds. */
const GRACE = 15_000;
/** Between tries after a failure of this watch alone, in milliseconds. */
const RETRY = { initial: 100, max: 2_000 } as const;
/** Between tries where the server says no, in milliseconds: when a role is given, it is used within that. */
const RETRY_REFUSED = { initial: 500, max: 3_000 } as const;
/** After so many failures in a row the watch is not resumed but begun anew. */
const RESUMES = 3;
/** A watch that ends sooner than this was not ended by its time being up, in milliseconds. */
const SHORT = 1_000;

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

/**
 * The objects of one kind in one namespace (or in all), kept current: a list in pages, then a watch from there. A watch that ends is
 * resumed where it was; a version that the server has forgotten (410) means a new list. What is kept of each object is what
 * `KINDS` trims it to. Listeners are called once per piece of news that arrives, however many events it holds, and only if something changed.
 */
export class WatchCache<K extends Kind> {
  readonly #kind: K;
  readonly #info: KindInfo<KubeObjects[K]>;
  readonly #path: string;
  readonly #link: ClusterLink;
  readonly #world: CacheWorld;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #done: Promise<void>;
  #namespaces: Map<string, Map<string, KubeObjects[K]>> | null = null;
  /** The same in one map, made when it is asked for. */
  #all: ReadonlyMap<string, KubeObjects[K]> | null = null;
  #failure: { readonly reason: Reason; readonly message: string } | null = null;
  #version: string | null = null;
  #attempt: LinkedAbort | null = null;
  /** Whether the watch of this attempt told something, or lasted: then what ends it is no failure to begin. */
  #lively = false;

  /** Starts at once. `namespace`: null for all, and for kinds that have none. */
  constructor(
    kind: K,
    options: CacheWorld & { readonly namespace: string | null; readonly link: ClusterLink },
  ) {
    this.#kind = kind;
    this.#info = KINDS[kind];
    this.#link = options.link;
    this.#world = options;
    const within = options.namespace === null ? "" : `/namespaces/${encodeURIComponent(options.namespace)}`;
    this.#path = `${this.#info.group}${within}/${this.#info.plural}`;
    this.#done = this.#run();
  }

  /** The objects of `namespace` by name, or of `EVERYWHERE` by namespace and name. */
  reading(namespace: string): Reading<KubeObjects[K]> {
    if (this.#failure !== null) return { state: "failed", ...this.#failure };
    if (this.#namespaces === null) return { state: "pending" };
    if (namespace === EVERYWHERE) return { state: "ready", objects: this.#all ??= merged(this.#namespaces) };
    return { state: "ready", objects: this.#namespaces.get(namespace) ?? NOTHING };
  }

  /** Calls `listener` after each change. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Drops the connection and dials anew at once, from the last known version. */
  redial(): void {
    this.#attempt?.abort(new Redial());
  }

  /** Ends the watch; resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.#listeners.clear();
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock, random, log, onRestart } = this.#world;
    const release = this.#link.hold();
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const attempt = this.#attempt = linkAbort(this.#stop.signal);
      try {
        try {
          this.#lively = false;
          await this.#follow(attempt.signal);
          failures = this.#lively ? 0 : failures + 1;
          if (failures > 0) await clock.sleep(backoffDelay(failures, RETRY, random), attempt.signal);
        } catch (error) {
          if (error instanceof Redial || attempt.signal.aborted) throw error;
          failures = this.#lively ? 1 : failures + 1;
          const wait = this.#recover(error);
          // Whatever is wrong with resuming here, a new list is right.
          if (failures >= RESUMES) this.#version = null;
          log.debug("watch ended", { path: this.#path, error });
          onRestart?.(this.#kind);
          await clock.sleep(backoffDelay(failures, wait, random), attempt.signal);
        }
      } catch (error) {
        if (!attempt.signal.aborted) throw error;
        // Re-dialled or closed: no wait.
        failures = 0;
      } finally {
        attempt.unlink();
      }
    }
    release();
  }

  /** Lists where needed and watches until the server ends it. */
  async #follow(signal: AbortSignal): Promise<void> {
    const session = await this.#link.session(signal);
    try {
      if (this.#version === null) await this.#list(session, signal);
      await this.#watch(session, signal);
    } catch (error) {
      if (error instanceof AccessError && !signal.aborted && lost(error)) this.#link.suspect(error, session);
      throw error;
    }
  }

  /** Makes ready for the next try, and says at which pace. */
  #recover(error: unknown): { readonly initial: number; readonly max: number } {
    if (error instanceof GoneError) {
      this.#version = null;
      return RETRY;
    }
    if (!(error instanceof AccessError)) throw error;
    if (lost(error)) return RETRY;
    this.#version = null;
    this.#namespaces = null;
    const { reason, message } = error;
    if (this.#failure?.reason !== reason || this.#failure.message !== message) {
      this.#failure = { reason, message };
      this.#tell();
    }
    return RETRY_REFUSED;
  }

  async #list(session: Session, signal: AbortSignal): Promise<void> {
    const namespaces = new Map<string, Map<string, KubeObjects[K]>>();
    let version: string | null = null;
    let next: string | null = null;
    do {
      const query = new URLSearchParams({ limit: String(PAGE), ...(next === null ? {} : { continue: next }) });
      const page = rawObject(await session.api.get(`${this.#path}?${query}`, { signal, timeout: LIST_TIMEOUT }));
      for (const raw of rawList(page["items"])) {
        const object = this.#info.trim(raw);
        if (object !== null) put(namespaces, object);
      }
      const metadata = rawObject(page["metadata"]);
      version = rawText(metadata["resourceVersion"]);
      next = rawText(metadata["continue"]);
    } while (next !== null);
    if (version === null) {
      throw new AccessError(
        "cluster-unreachable",
        "the server's list has no version: is this a Kubernetes API server?",
      );
    }
    this.#namespaces = namespaces;
    this.#failure = null;
    this.#version = version;
    this.#tell();
  }

  async #watch(session: Session, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#world;
    const seconds = WATCH_SECONDS + Math.floor(WATCH_SECONDS_MORE * random());
    const query = new URLSearchParams({
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: this.#version ?? "",
      timeoutSeconds: String(seconds),
    });
    const options = { signal, timeout: WATCH_TIMEOUT, silence: seconds * 1_000 + GRACE };
    const began = clock.monotonic();
    for await (const events of session.api.lines(`${this.#path}?${query}`, options)) {
      let changed = false;
      try {
        for (const event of events) changed = this.#take(rawObject(event)) || changed;
      } finally {
        // Also what came before an error in the same piece.
        if (changed) this.#tell();
      }
      this.#lively = true;
    }
    if (clock.monotonic() - began >= SHORT) this.#lively = true;
  }

  /** Applies one event. True when something that is kept changed. */
  #take({ type, object }: Readonly<Record<string, unknown>>): boolean {
    if (type === "ERROR") {
      const { code } = rawObject(object);
      throw answerError(typeof code === "number" ? code : 500, object);
    }
    this.#version = rawText(rawObject(rawObject(object)["metadata"])["resourceVersion"]) ?? this.#version;
    const trimmed = type === "BOOKMARK" ? null : this.#info.trim(object);
    if (trimmed === null || this.#namespaces === null) return false;
    if (type === "DELETED") return this.#namespaces.get(trimmed.namespace)?.delete(trimmed.name) ?? false;
    const before = this.#namespaces.get(trimmed.namespace)?.get(trimmed.name);
    // Most updates are of what is not kept.
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(trimmed)) return false;
    put(this.#namespaces, trimmed);
    return true;
  }

  #tell(): void {
    this.#all = null;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Why an attempt ended that nothing failed in. */
class Redial extends Error {
  override readonly name = "Redial";
}

function merged<T>(namespaces: ReadonlyMap<string, ReadonlyMap<string, T>>): ReadonlyMap<string, T> {
  const all = new Map<string, T>();
  for (const [namespace, objects] of namespaces) {
    for (const [name, object] of objects) all.set(`${namespace}/${name}`, object);
  }
  return all;
}

function put<T extends { readonly namespace: string; readonly name: string }>(
  into: Map<string, Map<string, T>>,
  object: T,
): void {
  const there = into.get(object.namespace);
  if (there === undefined) into.set(object.namespace, new Map([[object.name, object]]));
  else there.set(object.name, object);
}

/** Whether it is the connection or the credentials that failed, which is the link's business, and not this kind alone. */
function lost(error: AccessError): boolean {
  return error.reason !== "forbidden" && error.reason !== "not-found";
}
