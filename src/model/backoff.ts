import type { Random } from "./world.ts";
import type { BackoffSpec } from "./workspace.ts";

/**
 * How long to wait after the `attempt`-th failure in a row (from 1; less counts as 1), in whole milliseconds: exponential
 * with full jitter, a random share of `initial` doubled once per further failure, never above `max`.
 *
 * Full jitter, so that many forwards that lost one cluster do not come back in step. Never below a tenth of the ceiling: a
 * wait of nothing is a busy loop.
 */
export function backoffDelay(attempt: number, spec: BackoffSpec, random: Random): number {
  const ceiling = backoffCeiling(attempt, spec);
  return Math.round(Math.max(ceiling / 10, ceiling * random()));
}

/** The longest wait after the `attempt`-th failure in a row, in milliseconds. */
export function backoffCeiling(attempt: number, spec: BackoffSpec): number {
  let ceiling = Math.min(Math.max(1, spec.initial), spec.max);
  // Doubling stops at the cap instead of being cut to it later: an exponent that only grows overflows.
  for (let failures = 1; failures < attempt && ceiling < spec.max; failures++) {
    ceiling = Math.min(ceiling * 2, spec.max);
  }
  return ceiling;
}
