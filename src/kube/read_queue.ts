import type { StreamError } from "../model/stream.ts";
import { TUNNEL_BUFFERS } from "./server_socket.ts";

/** Up to here a first piece gets memory of its own size; what comes behind it is gathered in whole pages. */
const SMALL = 8 * 1024;

interface Waiter {
  readonly resolve: (bytes: Uint8Array | null) => void;
  readonly reject: (error: StreamError) => void;
}

interface Page {
  readonly buffer: Uint8Array;
  end: number;
}

/** Copies of the bytes of one stream that have come and are not read yet, and the one read that waits for more. */
export class ReadQueue {
  readonly #changed: () => void;
  #pages: Page[] = [];
  /** What was taken last: it is looked at until `release`. */
  #lent: Page | null = null;
  #waiting = 0;
  #taken = 0;
  #waiter: Waiter | null = null;

  /** `changed` is called when the number of waiting bytes has changed. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Counts what was taken: whether the reader moves. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes the first bytes out, if there are some: at most 64 KiB. They stay as they are until `release` or the next `take`. */
  take(): Uint8Array | undefined {
    this.release();
    const page = this.#pages.shift();
    if (page === undefined) return undefined;
    this.#lent = page;
    this.#waiting -= page.end;
    this.#taken++;
    this.#changed();
    return page.buffer.subarray(0, page.end);
  }

  /** Nobody looks at what was taken any more. */
  release(): void {
    if (this.#lent !== null) TUNNEL_BUFFERS.give(this.#lent.buffer);
    this.#lent = null;
  }

  /** Waits for the next bytes where there are none: null at the end. Rejects with what `fail` is told. */
  next(): Promise<Uint8Array | null> {
    this.release();
    return new Promise((resolve, reject) => this.#waiter = { resolve, reject });
  }

  /** Adds a copy of bytes. Who waits gets them at `handOver`. */
  push(bytes: Uint8Array): void {
    this.#waiting += bytes.length;
    let page = this.#pages.at(-1);
    if (page === undefined && bytes.length <= SMALL) this.#pages.push({ buffer: bytes.slice(), end: bytes.length });
    else {
      for (let at = 0; at < bytes.length;) {
        if (page === undefined || page.end === page.buffer.length) {
          page = { buffer: TUNNEL_BUFFERS.take(), end: 0 };
          this.#pages.push(page);
        }
        const part = bytes.subarray(at, at + page.buffer.length - page.end);
        page.buffer.set(part, page.end);
        page.end += part.length;
        at += part.length;
      }
    }
    this.#changed();
  }

  /** Gives who waits what has come. */
  handOver(): void {
    const waiter = this.#waiter;
    if (waiter === null || this.#pages.length === 0) return;
    this.#waiter = null;
    waiter.resolve(this.take() ?? null);
  }

  /** Nothing more comes. A read that still gets bytes is left to them. */
  end(): void {
    if (this.#pages.length > 0) return;
    this.#waiter?.resolve(null);
    this.#waiter = null;
  }

  /** Nothing more comes, for a reason. A read that still gets bytes is left to them. */
  fail(error: StreamError): void {
    if (this.#pages.length > 0) return;
    this.#waiter?.reject(error);
    this.#waiter = null;
  }

  /** Throws away what waits. What was taken may still be looked at, and is left to that. */
  drop(): void {
    for (const { buffer } of this.#pages) TUNNEL_BUFFERS.give(buffer);
    this.#pages = [];
    this.#lent = null;
    this.#waiting = 0;
    this.#changed();
  }
}
