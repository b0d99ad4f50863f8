import type { Clock } from "../../model/world.ts";

/** Milliseconds between ticks. */
const TICK = 2_450;

/**
 * Ticks between PINGs: one each 9.8 s. A peer is given two silent rounds, so a dead one is seen within three: under 30 s, and
 * one that pauses for up to 19 s lives. Middle boxes that cut idle connections do so after 60 s at the earliest.
 */
export const TICKS_PER_PING = 4;

/** Ticks that a peer has to answer for a stream, and to show that nothing is stuck: both take it one round trip. */
export const ANSWER_TICKS = 4;

/** One timer for all sessions of a clock, running while there are any. */
class Heartbeat {
  readonly #clock: Clock;
  readonly #ticks = new Set<() => void>();
  #cancel: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `tick` every `TICK` milliseconds, the first time within one. Returns the way to stop that. */
  add(tick: () => void): () => void {
    this.#ticks.add(tick);
    this.#cancel ??= this.#clock.after(TICK, this.#run);
    return () => {
      this.#ticks.delete(tick);
      if (this.#ticks.size > 0) return;
      this.#cancel?.();
      this.#cancel = null;
    };
  }

  readonly #run = (): void => {
    this.#cancel = this.#clock.after(TICK, this.#run);
    for (const tick of [...this.#ticks]) tick();
  };
}

const heartbeats = new WeakMap<Clock, Heartbeat>();

/** The heartbeat of a clock. */
export function heartbeatOf(clock: Clock): Heartbeat {
  const known = heartbeats.get(clock);
  if (known !== undefined) return known;
  const made = new Heartbeat(clock);
  heartbeats.set(clock, made);
  return made;
}
