import type { Event } from "../model/status.ts";

/** Events kept of each key. */
const KEPT = 20;

/** The last events of each thing. */
export class RecentEvents {
  readonly #byKey = new Map<string, Event[]>();

  add(event: Event): void {
    if (event.key === null) return;
    const there = this.#byKey.get(event.key);
    if (there === undefined) this.#byKey.set(event.key, [event]);
    else if (there.push(event) > KEPT) there.shift();
  }

  /** Oldest first. */
  of(key: string): readonly Event[] {
    return [...this.#byKey.get(key) ?? []];
  }
}
