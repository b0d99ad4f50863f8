import { StreamError } from "../../model/stream.ts";
import { type Carrier, CARRIER_HEADROOM } from "../carrier.ts";
import { writeDataHeader } from "./frame_writer.ts";
import { FRAME_HEADER_SIZE } from "./frames.ts";

/**
 * The longest batch, in bytes: a relay's write of 256 KiB is one frame, with room for its header and a few control frames before it.
 * On a busy machine each turn of the event loop is dear: with 64 KiB uploads were slower than kubectl's, with 256 KiB as fast.
 */
const BATCH = 256 * 1024 + 64;
/** The shortest buffer that is kept for the next batch. */
const KEPT = 64 * 1024 + 64;
/** Batches under way: while one is being sent the next is filled. */
const MAX_IN_FLIGHT = 2;
/** Above this a batch's buffer is kept for the next one. */
const SMALL = 8 * 1024;

interface Job {
  readonly streamId: number;
  rest: Uint8Array;
  readonly fin: boolean;
  readonly resolve: () => void;
  readonly reject: (error: StreamError) => void;
}

/**
 * What a session sends, in order: control frames first, then the streams in turn, a batch's worth each. A write
 * resolves once its bytes are copied into a batch, and batches wait for the carrier: that is the backpressure.
 */
export class Outbox {
  readonly #carrier: Carrier;
  #control: Uint8Array[] = [];
  #jobs: Job[] = [];
  #inFlight = 0;
  #free: Uint8Array[] = [];
  #closed: StreamError | null = null;
  #scheduled = false;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  /** Control frames that wait. */
  get controls(): number {
    return this.#control.length;
  }

  /** Sends a control frame ahead of the data that waits. */
  control(frame: Uint8Array): void {
    if (this.#closed !== null) return;
    this.#control.push(frame);
    this.#soon();
  }

  /** Sends `bytes` as DATA frames of a stream; `fin` goes with the last. Rejects with what the stream or session ended with. */
  data(streamId: number, options: { readonly bytes: Uint8Array; readonly fin: boolean }): Promise<void> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    if (options.bytes.length === 0 && !options.fin) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#jobs.push({ streamId, rest: options.bytes, fin: options.fin, resolve, reject });
      this.#soon();
    });
  }

  /** Forgets what waits of a stream. */
  drop(streamId: number, error: StreamError): void {
    const dropped = this.#jobs.filter((job) => job.streamId === streamId);
    if (dropped.length === 0) return;
    this.#jobs = this.#jobs.filter((job) => job.streamId !== streamId);
    for (const job of dropped) job.reject(error);
  }

  /** Lets go of buffers that are kept for speed: no stream is open. */
  trim(): void {
    this.#free = [];
  }

  /** Rejects all that waits and all that comes. */
  close(error: StreamError): void {
    if (this.#closed !== null) return;
    this.#closed = error;
    const jobs = this.#jobs;
    this.#jobs = [];
    this.#control = [];
    this.#free = [];
    for (const job of jobs) job.reject(error);
  }

  /** Sends once the work at hand is done: what it still adds goes into the same packet. */
  #soon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#inFlight < MAX_IN_FLIGHT && (this.#control.length > 0 || this.#jobs.length > 0)) this.#send();
  }

  #send(): void {
    const buffer = this.#buffer();
    const limit = buffer.length;
    let end = CARRIER_HEADROOM;
    let frame = this.#control[0];
    while (frame !== undefined && end + frame.length <= limit) {
      buffer.set(frame, end);
      end += frame.length;
      this.#control.shift();
      frame = this.#control[0];
    }
    let job = frame === undefined ? this.#jobs[0] : undefined;
    while (job !== undefined && end + FRAME_HEADER_SIZE < limit) {
      this.#jobs.shift();
      const length = Math.min(job.rest.length, limit - end - FRAME_HEADER_SIZE);
      const last = length === job.rest.length;
      writeDataHeader(buffer, { at: end, streamId: job.streamId, length, fin: job.fin && last });
      buffer.set(length === job.rest.length ? job.rest : job.rest.subarray(0, length), end + FRAME_HEADER_SIZE);
      end += FRAME_HEADER_SIZE + length;
      if (last) job.resolve();
      else {
        job.rest = job.rest.subarray(length);
        this.#jobs.push(job);
      }
      job = this.#jobs[0];
    }
    this.#inFlight++;
    void this.#carrier.write(buffer, { start: CARRIER_HEADROOM, end }).then(() => {
      this.#inFlight--;
      if (buffer.length > SMALL && this.#closed === null && this.#free.length < MAX_IN_FLIGHT) this.#free.push(buffer);
      this.#pump();
    });
  }

  /** Room for all that waits, at most a batch; a multiple of four long, as masking needs. */
  #buffer(): Uint8Array {
    let need = 0;
    for (const frame of this.#control) need += frame.length;
    for (const job of this.#jobs) need += FRAME_HEADER_SIZE + job.rest.length;
    // One more than a frame's header, so that a frame without payload still fits before the limit.
    const size = Math.ceil((CARRIER_HEADROOM + need + 1) / 4) * 4;
    if (size <= SMALL) return new Uint8Array(size);
    const wanted = Math.min(size, CARRIER_HEADROOM + BATCH);
    const fits = this.#free.findIndex((buffer) => buffer.length >= wanted);
    const [kept] = fits < 0 ? [] : this.#free.splice(fits, 1);
    if (kept !== undefined) return kept;
    // The kept ones are too short: what the stream writes now is what it will write next.
    this.#free.pop();
    return new Uint8Array(Math.max(wanted, KEPT));
  }
}
