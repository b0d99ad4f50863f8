import type { TargetState, TargetWatch } from "../model/cluster_access.ts";
import type { Clock } from "../model/world.ts";
import type { KnownState } from "./endpoint_choice.ts";

/** The state, if a connection can be made with it. */
export function readyState(state: TargetState): KnownState | null {
  return state.kind === "known" && state.backends.length > 0 ? state : null;
}

/** Connections of one forward that wait for a change of its target. They are woken together; none of them asks again and again. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Something changed: everybody looks again. */
  wake(): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const one of all) one();
  }

  /** Resolves at the next `wake`, after `ms`, or when the signal is aborted. */
  wait(ms: number, { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || ms <= 0) return resolve();
      const done = () => {
        cancel();
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = clock.after(ms, done);
      signal.addEventListener("abort", done, { once: true });
      this.#waiting.add(done);
    });
  }
}

/** A watch of a target that tells nothing once it is closed. */
export interface LiveTarget {
  readonly state: TargetState;
  close(): void;
}

/** Subscribes to `watch`; `close` ends both. */
export function follow(watch: TargetWatch, onChange: () => void): LiveTarget {
  const stop = watch.subscribe(onChange);
  return {
    get state() {
      return watch.state;
    },
    close() {
      stop();
      watch.close();
    },
  };
}
