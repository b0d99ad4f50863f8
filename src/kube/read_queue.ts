import type { StreamError } from "../model/stream.ts";
import { FRAME_HEADER_SIZE } from "./spdy/frames.ts";

/** A piece smaller than this part of the buffer it lies in is copied when it has to wait, so that it does not keep the whole. */
const SPARSE = 4;

interface Waiter {
  readonly resolve: (bytes: Uint8Array | null) => void;
  readonly reject: (error: StreamError) => void;
}

/** The bytes of one stream that have come and are not read yet, and the one read that waits for more. */
export class ReadQueue {
  readonly #changed: () => void;
  #chunks: Uint8Array[] = [];
  #waiting = 0;
  /** Where the bytes of the last chunk ended as they were read, to join what only a frame header parts. */
  #source = { chunk: -1, end: 0 };
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

  /** Counts the chunks that were handed out: whether the reader moves. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes the first chunk out, if there is one. */
  take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#waiting -= chunk.length;
    this.#taken++;
    this.#changed();
    return chunk;
  }

  /** Waits for the next chunk where there is none: null at the end. Rejects with what `fail` is told. */
  next(): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => this.#waiter = { resolve, reject });
  }

  /** Adds bytes that came with chunk number `chunk` of the session. */
  push(bytes: Uint8Array, chunk: number): void {
    const waiter = this.#waiter;
    if (waiter !== null && this.#chunks.length === 0) {
      // Handed over only after the whole of what was read is looked at: what follows in it may be joined.
      queueMicrotask(() => this.#handOver());
    }
    const last = this.#chunks.at(-1);
    const near = this.#source.chunk === chunk && bytes.byteOffset - this.#source.end === FRAME_HEADER_SIZE;
    this.#source = { chunk, end: bytes.byteOffset + bytes.length };
    this.#waiting += bytes.length;
    if (last !== undefined && near && last.buffer === bytes.buffer) {
      // Between the two lies the header of this frame, which has been read: close the gap, and it is one chunk.
      const whole = new Uint8Array(bytes.buffer, last.byteOffset, last.length + bytes.length);
      whole.set(bytes, last.length);
      this.#chunks[this.#chunks.length - 1] = whole;
    } else if (waiter === null && bytes.length * SPARSE < bytes.buffer.byteLength) {
      this.#chunks.push(bytes.slice());
    } else {
      this.#chunks.push(bytes);
    }
    this.#changed();
  }

  /** Nothing more comes. A read that still gets bytes is left to them. */
  end(): void {
    if (this.#chunks.length > 0) return;
    this.#waiter?.resolve(null);
    this.#waiter = null;
  }

  /** Nothing more comes, for a reason. A read that still gets bytes is left to them. */
  fail(error: StreamError): void {
    if (this.#chunks.length > 0) return;
    this.#waiter?.reject(error);
    this.#waiter = null;
  }

  /** Throws away what waits. */
  drop(): void {
    this.#chunks = [];
    this.#waiting = 0;
    this.#changed();
  }

  #handOver(): void {
    const waiter = this.#waiter;
    if (waiter === null || this.#chunks.length === 0) return;
    this.#waiter = null;
    waiter.resolve(this.take() ?? null);
  }
}
