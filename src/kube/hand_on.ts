import type { FlowEnd, Outlet, StreamError } from "../model/stream.ts";
import type { ReadQueue } from "./read_queue.ts";
import { FRAME_HEADER_SIZE } from "./spdy/frames.ts";

/** Where what comes is handed on without being read. */
interface Flow {
  readonly to: Outlet;
  readonly count: (bytes: number) => void;
  readonly end: (how: FlowEnd) => void;
}

/**
 * Hands what comes for one stream on to an outlet, once there is one: at once where the outlet keeps up, else by way of the queue of what
 * waits to be read.
 */
export class HandOn {
  readonly #arrived: ReadQueue;
  readonly #ended: () => StreamError | "eof" | null;
  #flow: Flow | null = null;
  /** Whether the outlet has not taken all that it was offered. */
  #busy = false;
  /** What is to be offered at the end of the chunk at hand, and where that lay in it as it came. */
  #gathered: Uint8Array | null = null;
  #sourceEnd = 0;
  /** Whether a piece of the chunk at hand is with the outlet. */
  #keeps = false;

  /** `ended`: how the stream has ended, once what waits in `arrived` is all that comes. */
  constructor(arrived: ReadQueue, ended: () => StreamError | "eof" | null) {
    this.#arrived = arrived;
    this.#ended = ended;
  }

  /** Hands on to `to` from now on: as `flow` of `Duplex`. */
  start(to: Outlet, count: (bytes: number) => void): Promise<FlowEnd> {
    return new Promise((resolve) => {
      this.#flow = { to, count, end: resolve };
      to.accept(this.#ready);
      this.pour();
    });
  }

  /** Takes a piece: into what is offered next where the outlet keeps up, else to what waits. */
  take(bytes: Uint8Array): void {
    if (this.#flow === null || this.#busy || this.#arrived.waiting > 0) return this.#arrived.push(bytes);
    const before = this.#gathered;
    const near = before?.buffer === bytes.buffer && bytes.byteOffset - this.#sourceEnd === FRAME_HEADER_SIZE;
    this.#sourceEnd = bytes.byteOffset + bytes.length;
    if (before !== null && near) {
      // Between the two lies the header of this frame, which has been read: close the gap, and one write does for both.
      const whole = new Uint8Array(bytes.buffer, before.byteOffset, before.length + bytes.length);
      whole.set(bytes, before.length);
      this.#gathered = whole;
      return;
    }
    this.offerGathered();
    if (this.#busy) this.#arrived.push(bytes);
    else this.#gathered = bytes;
  }

  /** Offers what was taken. */
  offerGathered(): void {
    const bytes = this.#gathered;
    const flow = this.#flow;
    this.#gathered = null;
    if (bytes === null || flow === null) return;
    flow.count(bytes.length);
    if (flow.to.offer(bytes)) return;
    this.#busy = true;
    this.#keeps = true;
  }

  /** The chunk at hand is at its end. Returns whether all that was taken of it is done with; else it is with the outlet. */
  chunkEnd(): boolean {
    this.offerGathered();
    this.#arrived.handOver();
    const done = !this.#keeps;
    this.#keeps = false;
    return done;
  }

  /** Hands on what waits, and the end after it. */
  pour(): void {
    const flow = this.#flow;
    if (flow === null || this.#busy) return;
    // Taking may let the carrier go on: what comes of that lines up behind.
    this.#busy = true;
    for (let bytes = this.#arrived.take(); bytes !== undefined; bytes = this.#arrived.take()) {
      flow.count(bytes.length);
      if (!flow.to.offer(bytes)) return;
    }
    this.#busy = false;
    const ended = this.#ended();
    if (ended === null) return;
    if (ended !== "eof") return this.end({ kind: "broken", side: "from", error: ended });
    this.#flow = null;
    flow.to.closeWrite().then(
      () => flow.end({ kind: "eof" }),
      (error: StreamError) => flow.end({ kind: "broken", side: "to", error }),
    );
  }

  /** Hands on no more. */
  end(how: FlowEnd): void {
    const flow = this.#flow;
    this.#flow = null;
    flow?.end(how);
  }

  /** The outlet has taken what it was offered, or is broken. */
  readonly #ready = (error: StreamError | null): void => {
    if (error !== null) return this.end({ kind: "broken", side: "to", error });
    this.#busy = false;
    this.pour();
  };
}
