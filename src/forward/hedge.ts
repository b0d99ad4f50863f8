import type { Clock } from "../model/world.ts";
import { afterTurn } from "./limits.ts";

/** One way to get a `T`; the signal says that it is no longer wanted. */
export type Try<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Starts `first`, and `second` as well once `delay` has passed or `first` has failed. The first success wins; the other one is
 * aborted, and `discard`ed if it succeeds all the same. Rejects with `second`'s error when both fail.
 */
export async function hedge<T>(first: Try<T>, second: Try<T>, { delay, clock, signal, discard }: {
  readonly delay: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly discard: (late: T) => void;
}): Promise<T> {
  const stops = [new AbortController(), new AbortController()] as const;
  const abort = () => stops.forEach((stop) => stop.abort(signal.reason));
  if (signal.aborted) throw signal.reason;
  signal.addEventListener("abort", abort, { once: true });
  const lateStart = Promise.withResolvers<void>();
  const cancel = afterTurn(clock, { ms: delay, action: lateStart.resolve });
  try {
    let settled = false;
    const run = (which: Try<T>, stop: AbortController, other: AbortController): Promise<T> =>
      which(stop.signal).then((value) => {
        if (settled) discard(value);
        else {
          settled = true;
          other.abort(new DOMException("the other way was quicker", "AbortError"));
        }
        return value;
      });
    const one = run(first, stops[0], stops[1]);
    one.catch(lateStart.resolve);
    const two = lateStart.promise.then(() => {
      if (settled) throw new DOMException("not needed", "AbortError");
      return run(second, stops[1], stops[0]);
    });
    one.then(() => lateStart.resolve(), () => {});
    try {
      return await Promise.any([one, two]);
    } catch {
      return await two;
    }
  } finally {
    cancel();
    lateStart.resolve();
    signal.removeEventListener("abort", abort);
  }
}
