import { setImmediate } from "node:timers";
import type { Clock } from "../../src/model/world.ts";

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly action: () => void;
}

/** Lets everything that is ready to run do so: promise chains, and I/O that has already happened. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock that a test turns. Timers only run inside `advance`. */
export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** `start`: the first `now()`, milliseconds since 1970. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#wall = start;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Timers and sleeps that wait now. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer is due, or null when none waits. */
  get nextIn(): number | null {
    const next = this.#next();
    return next === undefined ? null : Math.max(0, next.due - this.#monotonic);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  after(ms: number, action: () => void): () => void {
    const timer = { due: this.#monotonic + Math.max(0, ms), order: this.#order++, action };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Moves time on by `ms`, running what becomes due in order of time, and settles after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settle();
    for (let timer = this.#next(); timer !== undefined && timer.due <= end; timer = this.#next()) {
      this.#moveTo(timer.due);
      this.#timers.delete(timer);
      timer.action();
      await settle();
    }
    this.#moveTo(end);
  }

  /** Moves `now()` alone, as sleep of the machine or setting its clock does. Negative: back. Runs no timer. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  #moveTo(monotonic: number): void {
    const by = Math.max(0, monotonic - this.#monotonic);
    this.#monotonic += by;
    this.#wall += by;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.due < next.due || (timer.due === next.due && timer.order < next.order)) {
        next = timer;
      }
    }
    return next;
  }
}
