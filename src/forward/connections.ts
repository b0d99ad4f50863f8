import { type Duplex } from "../model/stream.ts";
import type { ConnectionCounts, Reason } from "../model/status.ts";
import type { Clock } from "../model/world.ts";

/** How long a stop waits for open connections to end by themselves, in milliseconds. */
const DRAIN = 10_000;

/** The open connections of one forward, and their counts. */
export class Connections {
  readonly #open = new Set<Duplex>();
  #total = 0;
  #failed = 0;
  readonly #causes: Partial<Record<Reason, number>> = {};
  #in = 0;
  #out = 0;
  #empty: PromiseWithResolvers<void> | null = null;

  /** Counts bytes of any connection. */
  readonly count = {
    in: (bytes: number): void => {
      this.#in += bytes;
    },
    out: (bytes: number): void => {
      this.#out += bytes;
    },
  };

  /** The part of a status record. */
  get view(): {
    readonly connections: ConnectionCounts;
    readonly bytes: { readonly in: number; readonly out: number };
  } {
    return {
      connections: {
        open: this.#open.size,
        total: this.#total,
        failed: this.#failed,
        causes: { ...this.#causes },
      },
      bytes: { in: this.#in, out: this.#out },
    };
  }

  /** A client came. */
  add(client: Duplex): void {
    this.#total++;
    this.#open.add(client);
  }

  /** A client went. `cause`: why, where it was not by its own doing. */
  remove(client: Duplex, { cause }: { readonly cause: Reason | null }): void {
    if (!this.#open.delete(client)) return;
    if (cause !== null) {
      this.#failed++;
      this.#causes[cause] = (this.#causes[cause] ?? 0) + 1;
    }
    if (this.#open.size === 0) this.#empty?.resolve();
  }

  /** Waits until all have ended, for a bounded time; then, or when the signal says so, resets the rest. */
  async drain({ clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }): Promise<void> {
    if (this.#open.size > 0 && !signal.aborted) {
      this.#empty = Promise.withResolvers();
      const { resolve, promise } = this.#empty;
      const cancel = clock.after(DRAIN, resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      cancel();
    }
    for (const client of this.#open) client.reset();
  }
}
