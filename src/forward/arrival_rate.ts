/** How fast an average forgets, in milliseconds. */
const MEMORY = 1000;

/** Connections per second of late, an average that fades. */
export class ArrivalRate {
  #value = 0;
  #at = 0;

  /** One came at `now` (monotonic milliseconds). */
  arrive(now: number): void {
    this.#value = this.perSecond(now) + 1000 / MEMORY;
    this.#at = now;
  }

  /** The rate as of `now`. */
  perSecond(now: number): number {
    return this.#value * Math.exp((this.#at - now) / MEMORY);
  }
}
