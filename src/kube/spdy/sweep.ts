import { ANSWER_TICKS } from "./heartbeat.ts";
import type { Pings } from "./pings.ts";

/**
 * moby/spdystream hands frames to five workers by stream id, and PINGs to them in turn. A worker waits while the stream it
 * serves is not read, and with it every other stream and PING of its fifth.
 */
const SERVER_WORKERS = 5;

/** Finds out whether a stream that is over has left one of the peer's workers stuck: five PINGs, one a worker, tell. */
export class Sweep {
  readonly #pings: Pings;
  /** PINGs that must be answered before the session is known to take streams again; empty: it is. */
  readonly #unanswered = new Set<number>();
  #again = false;
  #ticks = 0;

  constructor(pings: Pings) {
    this.#pings = pings;
  }

  /** Whether no worker is in doubt. */
  get clean(): boolean {
    return this.#unanswered.size === 0;
  }

  /** One sweep at a time: what ends during one is looked at by the next. */
  start(): void {
    if (this.clean) this.#send();
    else this.#again = true;
  }

  /** Takes the answer to a PING; not all are a sweep's. */
  answered(ping: number): void {
    if (!this.#unanswered.delete(ping) || !this.clean) return;
    this.#ticks = 0;
    if (!this.#again) return;
    this.#again = false;
    this.#send();
  }

  /** Counts a tick of waiting; an unread carrier brings no answers. Returns whether a worker is stuck. */
  tick(paused: boolean): boolean {
    this.#ticks = this.clean || paused ? 0 : this.#ticks + 1;
    return this.#ticks >= ANSWER_TICKS;
  }

  #send(): void {
    for (const id of this.#pings.send(SERVER_WORKERS)) this.#unanswered.add(id);
  }
}
