import type { Clock } from "../model/world.ts";

/** How often the housekeeping is done, in milliseconds. What it lets go of was idle for a minute and more. */
const TICK = 5_000;

/** One timer for the housekeeping of all forwards. Runs only while it is started. */
export class Ticker {
  readonly #clock: Clock;
  readonly #onTick: () => void;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, onTick: () => void) {
    this.#clock = clock;
    this.#onTick = onTick;
  }

  /** Starts it, unless it runs. */
  start(): void {
    this.#cancel ??= this.#clock.after(TICK, () => {
      this.#cancel = null;
      this.start();
      this.#onTick();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
