import { backoffDelay } from "../model/backoff.ts";
import type { Key } from "../model/key.ts";
import type { Random } from "../model/world.ts";
import type { BackoffSpec } from "../model/workspace.ts";

/** How a `Retries` waits. */
export interface RetriesOptions {
  readonly backoff: BackoffSpec;
  readonly random: Random;
  /** A key that did not fail for this long, in milliseconds, starts again at the first wait. */
  readonly healthyAfter: number;
}

interface Entry {
  attempt: number;
  /** When it may be tried again; null while it does not fail. */
  notBefore: number | null;
  /** Since when it does not fail; null while it fails. */
  fineSince: number | null;
  message: string;
}

/**
 * When what failed is tried again, each key for itself: one forward that fails for hours does not slow down the others. A
 * success does not reset the wait at once, so that what comes and goes does not end in a busy loop. Times are monotonic milliseconds.
 */
export class Retries {
  readonly #entries = new Map<Key, Entry>();
  readonly #options: RetriesOptions;

  constructor(options: RetriesOptions) {
    this.#options = options;
  }

  /** Notes a failure; returns when to try again. */
  failed(key: Key, { at, message }: { readonly at: number; readonly message: string }): number {
    const known = this.#entries.get(key);
    const fineFor = at - (known?.fineSince ?? at);
    const attempt = known === undefined || fineFor >= this.#options.healthyAfter ? 1 : known.attempt + 1;
    const notBefore = at + backoffDelay(attempt, this.#options.backoff, this.#options.random);
    this.#entries.set(key, { attempt, notBefore, fineSince: null, message });
    return notBefore;
  }

  /** Notes which keys fail still, after a pass: all others are fine, and forgotten once they are for long enough. */
  settle(failing: ReadonlySet<Key>, at: number): void {
    for (const [key, entry] of this.#entries) {
      if (failing.has(key)) continue;
      entry.notBefore = null;
      entry.fineSince ??= at;
      if (at - entry.fineSince >= this.#options.healthyAfter) this.#entries.delete(key);
    }
  }

  /** What a key waits for: when it may be tried again and why it failed; null when it may be tried now. */
  waiting(key: Key, at: number): { readonly until: number; readonly message: string } | null {
    const entry = this.#entries.get(key);
    const until = entry?.notBefore ?? at;
    return entry === undefined || until <= at ? null : { until, message: entry.message };
  }

  /** When the next key may be tried again, or null when none waits. */
  next(): number | null {
    let next: number | null = null;
    for (const { notBefore } of this.#entries.values()) {
      if (notBefore !== null && (next === null || notBefore < next)) next = notBefore;
    }
    return next;
  }
}
