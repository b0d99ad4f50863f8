import { type Key, key } from "../model/key.ts";
import type { Outcome } from "../model/plan.ts";
import type { Event } from "../model/status.ts";
import type { Clock } from "../model/world.ts";

/** Work on a cluster that takes long: it begins with its first `progress` event, and ends with the action that told of it. */
export class Progress {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #begun = new Map<Key, number>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Somebody told of it. */
  heard(of: Key): void {
    if (!this.#begun.has(of)) this.#begun.set(of, this.#clock.monotonic());
  }

  /** An action has ended: the event that ends the work it told of, or null where it told of none. */
  ended(action: Key, outcome: Outcome): Omit<Event, "time"> | null {
    const of = clusterOf(action);
    const begun = of === null ? undefined : this.#begun.get(of);
    if (of === null || begun === undefined) return null;
    this.#begun.delete(of);
    const took = `${((this.#clock.monotonic() - begun) / 1_000).toFixed(1)}s`;
    return {
      type: "progress",
      key: of,
      status: outcome.status === "done" ? "done" : "failed",
      reason: "reason" in outcome ? outcome.reason : null,
      message: outcome.status === "done"
        ? `took ${took}`
        : `${"message" in outcome ? outcome.message : "cancelled"}, after ${took}`,
    };
  }
}

/** The cluster that an action works on as a whole: the changes of its published ports are one piece of work. */
function clusterOf(action: Key): Key | null {
  const [, kind, name] = /^(cluster|mapping):([^/]+)/.exec(action) ?? [];
  return kind === undefined || name === undefined ? null : key("cluster", name);
}
