import { encodePing } from "./frame_writer.ts";
import type { Outbox } from "./outbox.ts";

/** Control frames that may wait behind a jam before no more PINGs join them. */
const MAX_PINGS_WAITING = 16;
/** Ids go to 2^32 - 1; they begin anew well before. */
const LAST_ID = 0x7fff_0000;

/** The PINGs of one session: each has an id of its own, odd as the client's are. */
export class Pings {
  readonly #outbox: Outbox;
  #next = 1;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Whether so much waits to be sent that more PINGs would only queue up. */
  get jammed(): boolean {
    return this.#outbox.controls >= MAX_PINGS_WAITING;
  }

  /** Sends `count` of them. Returns their ids, which the answers carry. */
  send(count: number): readonly number[] {
    return Array.from({ length: count }, () => {
      const id = this.#next;
      this.#outbox.control(encodePing(id));
      this.#next = id >= LAST_ID ? 1 : id + 2;
      return id;
    });
  }
}
