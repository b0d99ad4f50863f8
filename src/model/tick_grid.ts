/**
 * Ticks that are the same for all of this process, in milliseconds of its monotonic clock. Waking an idle process costs more than the little
 * that is then done: what may come a little earlier comes together.
 */
export const TICK = 2_000;

/** How much of a wait may be given away for coming on a tick. */
const SHARE = 0.2;

/** Milliseconds from `now`, of the monotonic clock, to the next tick: more than 0, at most `TICK`. */
export function untilTick(now: number): number {
  return TICK - now % TICK;
}

/** Milliseconds to the last tick that is at most `wait` away from `now`; `wait` itself where that would come much too early. */
export function waitForTick(now: number, wait: number): number {
  const early = (now + wait) % TICK;
  return early <= wait * SHARE ? wait - early : wait;
}
