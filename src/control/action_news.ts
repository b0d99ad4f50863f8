import type { ActionResult } from "../engine/executor.ts";
import type { Key } from "../model/key.ts";
import type { Event } from "../model/status.ts";
import type { Clock } from "../model/world.ts";
import { Progress } from "./progress.ts";

/** What is news of the actions of each pass: the end of slow work, and a failure once, however often it is tried again. */
export class ActionNews {
  readonly #progress: Progress;
  readonly #isTold: (key: Key, message: string) => boolean;
  /** What was said of actions that fail again and again. */
  readonly #failures = new Map<Key, string>();

  /** `isTold`: whether something else, such as the status of a forward, says this of the key already. */
  constructor(clock: Pick<Clock, "monotonic">, isTold: (key: Key, message: string) => boolean) {
    this.#progress = new Progress(clock);
    this.#isTold = isTold;
  }

  /** Slow work on this key told how far it is. */
  progressed(key: Key): void {
    this.#progress.heard(key);
  }

  /** An action has ended: what is to be told of it. */
  ended({ action, outcome }: ActionResult): readonly Omit<Event, "time">[] {
    const end = this.#progress.ended(action.key, outcome);
    const news = end === null ? [] : [end];
    if (outcome.status !== "failed" && outcome.status !== "blocked") return news;
    const { status, reason, message } = outcome;
    // It only waits for its next attempt: that it failed was said when it did.
    if (reason === "backing-off") return news;
    const words = `${reason} ${message}`;
    if (this.#failures.get(action.key) === words) return news;
    this.#failures.set(action.key, words);
    if (this.#isTold(action.key, message)) return news;
    return [...news, { type: "action", key: action.key, status, reason, message }];
  }

  /** A pass has ended. What is no longer tried, or got done, is news when it fails again. */
  passEnded(results: readonly ActionResult[]): void {
    const failing = new Set(results.filter(({ outcome }) => outcome.status !== "done").map(({ action }) => action.key));
    for (const key of [...this.#failures.keys()]) if (!failing.has(key)) this.#failures.delete(key);
  }
}
