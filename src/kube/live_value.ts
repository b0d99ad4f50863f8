import type { Reason } from "../model/status.ts";
import type { CacheSet } from "./cache_set.ts";
import type { ClusterLink } from "./cluster_link.ts";
import { LeasedSnapshot } from "./leased_snapshot.ts";
import type { Snapshot } from "./targets/snapshot.ts";

/** Nothing is known: no first list yet (`connecting`), or the cluster does not answer or does not permit it. */
export interface Unknown {
  readonly kind: "unknown";
  readonly reason: Reason;
  readonly message: string;
}

/** What a live value stands on. */
export interface LiveSources {
  readonly caches: CacheSet;
  readonly link: ClusterLink;
}

/** How a live value is made. */
export interface LiveRecipe<Known> {
  /** A pure function of what the snapshot shows. */
  readonly look: (snapshot: Snapshot) => Known | Unknown;
  /** Equal for states that are the same. */
  readonly text: (state: Known | Unknown) => string;
}

/**
 * What one look at a cluster tells, kept current over shared caches. It leases what its look asks for, keeps that until it is closed,
 * and looks again once per turn in which anything changed. What was known stays known while the cluster is out of reach.
 */
export class LiveValue<Known extends { readonly kind: "known" | "missing" }> {
  readonly #recipe: LiveRecipe<Known>;
  readonly #link: ClusterLink;
  readonly #snapshot: LeasedSnapshot;
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #state: Known | Unknown;
  #text: string;
  #queued = false;
  #closed = false;

  constructor(recipe: LiveRecipe<Known>, { caches, link }: LiveSources) {
    this.#recipe = recipe;
    this.#link = link;
    this.#snapshot = new LeasedSnapshot(caches, () => this.#later());
    this.#state = this.#look(null);
    this.#text = recipe.text(this.#state);
    this.#unsubscribe = link.subscribe(() => this.#later());
  }

  /** The last look's result. */
  get state(): Known | Unknown {
    return this.#state;
  }

  /** Calls `listener` after every change of `state`. Returns the way to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lets go of what it leased; `state` stays as it is. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    this.#listeners.clear();
    this.#snapshot.release();
  }

  #later(): void {
    if (this.#queued || this.#closed) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      if (!this.#closed) this.#update();
    });
  }

  #update(): void {
    const next = this.#look(this.#state);
    const text = this.#recipe.text(next);
    if (text === this.#text) return;
    this.#state = next;
    this.#text = text;
    for (const listener of [...this.#listeners]) listener();
  }

  #look(last: Known | Unknown | null): Known | Unknown {
    const state = this.#recipe.look(this.#snapshot);
    if (state.kind !== "unknown" || state.reason !== "connecting") return state;
    // One more kind to wait for, or a cluster that is away, takes nothing back that was known.
    if (last !== null && last.kind !== "unknown") return last;
    const { reason, message } = this.#link.state;
    return reason === null ? state : { kind: "unknown", reason, message: message ?? reason };
  }
}
