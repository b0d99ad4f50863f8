import { TICKS_PER_PING } from "./heartbeat.ts";
import type { Pings } from "./pings.ts";

/** Two PINGs at a time go to two of the peer's workers: one of them answers even where one stream is stuck. */
const PINGS_AT_ONCE = 2;
/** Unanswered rounds of PINGs after which the peer counts as dead. */
const SILENT_ROUNDS = 2;
/** Bytes sent since the session was last quiet from which a silent peer may only be one that a stalled backend holds up. */
const MAY_JAM = 256 * 1024;

/** What the watch over a peer needs. */
export interface KeepAliveOptions {
  /** Whether the peer still answers on another connection: asked when it is silent here while uploads may hold it up. */
  readonly verify: (() => Promise<boolean>) | null;
  /** The peer does not answer any more. */
  readonly dead: () => void;
}

/** Sends PINGs in rounds, and tells when the peer is silent for too long. */
export class KeepAlive {
  readonly #pings: Pings;
  readonly #options: KeepAliveOptions;
  #heard = true;
  #silent = 0;
  #ticks = 0;
  #verifying = false;
  #sentSinceQuiet = 0;

  constructor(pings: Pings, options: KeepAliveOptions) {
    this.#pings = pings;
    this.#options = options;
  }

  /** The peer has sent something. */
  heard(): void {
    this.#heard = true;
  }

  /** So many bytes of data are being sent. */
  sent(bytes: number): void {
    this.#sentSinceQuiet += bytes;
  }

  /** The carrier is read again: the silence until now says nothing. */
  resumed(): void {
    this.#silent = 0;
  }

  /** Counts a tick; some begin a round. `paused`: the carrier is not read. `idle`: no stream is open. */
  tick(session: { readonly paused: boolean; readonly idle: boolean }): void {
    if (++this.#ticks % TICKS_PER_PING === 0) this.#round(session);
  }

  #round({ paused, idle }: { readonly paused: boolean; readonly idle: boolean }): void {
    // An unread carrier brings no answers: that says nothing about the peer.
    if (this.#heard || paused) this.#silent = 0;
    else if (++this.#silent >= SILENT_ROUNDS) return this.#suspect();
    if (idle && this.#heard) this.#sentSinceQuiet = 0;
    this.#heard = false;
    if (!this.#pings.jammed) this.#pings.send(PINGS_AT_ONCE);
  }

  #suspect(): void {
    const { verify, dead } = this.#options;
    if (verify === null || this.#sentSinceQuiet < MAY_JAM) return dead();
    if (this.#verifying) return;
    this.#verifying = true;
    void verify().then((alive) => {
      this.#verifying = false;
      if (alive) this.#silent = 0;
      else if (!this.#heard) dead();
    });
  }
}
