import type { Clock } from "../model/world.ts";

/** The longest wait that one timer can hold, in milliseconds; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** The real time. The one place that sets timers. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = () => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = startTimer(ms, {
          keepAlive: true,
          action: () => {
            signal?.removeEventListener("abort", abort);
            resolve();
          },
        });
        signal?.addEventListener("abort", abort, { once: true });
      }),
    after: (ms, action) => startTimer(ms, { keepAlive: false, action }),
  };
}

function startTimer(
  ms: number,
  { keepAlive, action }: { readonly keepAlive: boolean; readonly action: () => void },
): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number) => {
    timer = left > LONGEST ? setTimeout(() => wait(left - LONGEST), LONGEST) : setTimeout(action, left);
    if (!keepAlive) timer.unref();
  };
  wait(Math.max(0, ms));
  return () => clearTimeout(timer);
}
