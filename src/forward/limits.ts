import type { Clock } from "../model/world.ts";

/** A signal that also aborts after a while. `end` must be called: it takes the timer and the listener away. */
export interface Limit {
  readonly signal: AbortSignal;
  /** Whether it was the time that ran out. */
  readonly timedOut: boolean;
  end(): void;
}

/** `signal`, cut after `ms`. */
export function limited(ms: number, { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }): Limit {
  const control = new AbortController();
  let timedOut = false;
  const pass = () => control.abort(signal.reason);
  const cancel = afterTurn(clock, {
    ms,
    action: () => {
      timedOut = true;
      control.abort(new DOMException("the time is up", "TimeoutError"));
    },
  });
  if (signal.aborted) pass();
  else signal.addEventListener("abort", pass, { once: true });
  return {
    signal: control.signal,
    get timedOut() {
      return timedOut;
    },
    end() {
      cancel();
      signal.removeEventListener("abort", pass);
    },
  };
}

/**
 * Runs `action` after `ms`, and after one more turn of I/O: in a burst this process is late itself, and an answer that has
 * arrived but was not looked at yet must not count as silence. Returns the way to stop that.
 */
export function afterTurn(
  clock: Clock,
  { ms, action }: { readonly ms: number; readonly action: () => void },
): () => void {
  let cancel = clock.after(ms, () => {
    cancel = clock.after(1, action);
  });
  return () => cancel();
}

/** Settles as `promise` does, or rejects with the signal's reason if that is first. The promise itself goes on. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    // The handlers come first: a promise that nobody waits for any more may still reject.
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
