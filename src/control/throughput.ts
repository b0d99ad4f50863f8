import type { ThroughputSample } from "../model/forward_details.ts";
import type { ForwardStatus } from "../model/status.ts";
import type { Clock } from "../model/world.ts";

/** A sample is taken this often while somebody asks. Milliseconds. */
const EVERY = 1_000;
/** Samples that are kept, and for how many more of them they go on after the last question. */
const KEPT = 60;

interface Followed {
  samples: ThroughputSample[];
  last: { readonly in: number; readonly out: number };
  /** Samples until it is let go of. */
  left: number;
}

/** Bytes a second of the forwards that somebody looks at. Where nobody does, it holds no timer. */
export class Throughput {
  readonly #clock: Clock;
  readonly #bytes: (name: string) => ForwardStatus["bytes"] | undefined;
  readonly #followed = new Map<string, Followed>();
  #cancel: (() => void) | null = null;

  /** `bytes`: the counters of a forward now; undefined where there is none. */
  constructor(clock: Clock, bytes: (name: string) => ForwardStatus["bytes"] | undefined) {
    this.#clock = clock;
    this.#bytes = bytes;
  }

  /** The samples of a forward so far. From now on they are taken. */
  of(name: string): readonly ThroughputSample[] {
    const there = this.#followed.get(name);
    if (there !== undefined) {
      there.left = KEPT;
      return [...there.samples];
    }
    const last = this.#bytes(name);
    if (last !== undefined) this.#followed.set(name, { samples: [], last, left: KEPT });
    this.#arm();
    return [];
  }

  close(): void {
    this.#followed.clear();
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(): void {
    if (this.#followed.size === 0 || this.#cancel !== null) return;
    this.#cancel = this.#clock.after(EVERY, () => {
      this.#cancel = null;
      const time = new Date(this.#clock.now()).toISOString();
      for (const [name, one] of this.#followed) this.#sample(name, { one, time });
      this.#arm();
    });
  }

  #sample(name: string, { one, time }: { readonly one: Followed; readonly time: string }): void {
    const bytes = this.#bytes(name);
    if (bytes === undefined || --one.left <= 0) {
      this.#followed.delete(name);
      return;
    }
    // A forward that was stopped and started counts from zero again.
    const grown = (now: number, before: number) => now >= before ? now - before : now;
    one.samples.push({ time, in: grown(bytes.in, one.last.in), out: grown(bytes.out, one.last.out) });
    if (one.samples.length > KEPT) one.samples.shift();
    one.last = bytes;
  }
}
