/** How fast an average forgets, in milliseconds. */
const MEMORY = 1000;

/** Connections per second of late, an average that fades. */
export class ArrivalRate {
  #value = 0;
  #at = 0;
  #seen = false;

  /** One came at `now` (monotonic milliseconds). */
  arrive(now: number): void {
    this.#value = this.perSecond(now) + 1000 / MEMORY;
    this.#at = now;
    this.#seen = true;
  }

  /** The rate as of `now`. */
  perSecond(now: number): number {
    return this.#value * Math.exp((this.#at - now) / MEMORY);
  }

  /** Whether one came within the last `ms`. */
  seenWithin(ms: number, now: number): boolean {
    return this.#seen && now - this.#at < ms;
  }
}
