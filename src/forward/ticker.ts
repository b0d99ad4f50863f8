import type { Clock } from "../model/world.ts";

/** How often the shared ticker looks, in milliseconds: the bound on noticing that the machine slept. */
const TICK = 2_000;
/** How far wall time and monotonic time may part in one tick before it counts as a jump, in milliseconds. */
const JUMP = 5_000;

/** One timer for all forwards: sees jumps of the clock, and does the housekeeping. Runs only while it is started. */
export class Ticker {
  readonly #clock: Clock;
  readonly #onTick: () => void;
  readonly #onJump: () => void;
  #cancel: (() => void) | null = null;
  #wall = 0;
  #monotonic = 0;

  constructor(
    clock: Clock,
    { onTick, onJump }: { readonly onTick: () => void; readonly onJump: () => void },
  ) {
    this.#clock = clock;
    this.#onTick = onTick;
    this.#onJump = onJump;
  }

  /** Starts it, unless it runs. */
  start(): void {
    if (this.#cancel !== null) return;
    this.#arm();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #arm(): void {
    this.#wall = this.#clock.now();
    this.#monotonic = this.#clock.monotonic();
    this.#cancel = this.#clock.after(TICK, () => this.#tick());
  }

  #tick(): void {
    const wall = this.#clock.now() - this.#wall;
    const monotonic = this.#clock.monotonic() - this.#monotonic;
    // Where the monotonic clock counts sleep as well, the tick itself comes late.
    const jumped = Math.abs(wall - monotonic) > JUMP || monotonic > TICK + JUMP;
    this.#arm();
    if (jumped) this.#onJump();
    this.#onTick();
  }
}
