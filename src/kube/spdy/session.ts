import { StreamError } from "../../model/stream.ts";
import type { Clock } from "../../model/world.ts";
import type { Carrier } from "../carrier.ts";
import { FrameParser } from "./frame_parser.ts";
import { encodeGoAway, encodePing, encodeRstStream, encodeSynStream } from "./frame_writer.ts";
import { type ControlFrame, type FrameSink, GOAWAY_STATUS, RST_STATUS } from "./frames.ts";
import { HeaderBlockEncoder, type Headers } from "./headers.ts";
import { ANSWER_TICKS, heartbeatOf } from "./heartbeat.ts";
import { KeepAlive } from "./keep_alive.ts";
import { Outbox } from "./outbox.ts";
import { Pings } from "./pings.ts";
import { Sweep } from "./sweep.ts";

/** The last stream id is 2^31 - 1; sessions end well before. */
const LAST_STREAM_ID = 0x7fff_0000;

/** Bytes of streams taken back that an idle session throws away; a server that sends on after that has not heard of it. */
const STRAY_LIMIT = 1024 * 1024;

/** What a session tells one of its streams. */
export interface SessionStream {
  /** A piece of the peer's data: a view that may be looked at, and changed, until `chunkEnd`. */
  data(bytes: Uint8Array, fin: boolean): void;
  /** The chunk that brought data is at its end. Returns whether the stream is done with the pieces; else their buffer is its own from now on. */
  chunkEnd?(): boolean;
  /** The peer took the stream back. Called at most once, and nothing after it. */
  reset(status: number): void;
  /** The session ended under it. Called at most once, and nothing after it. */
  lost(error: StreamError): void;
  /** A tick, every 2.45 s. */
  tick?(): void;
}

/** What a session needs beside its carrier. */
export interface SessionOptions {
  readonly clock: Clock;
  /** Whether the peer still answers on another connection: asked when it is silent here while uploads may hold it up. */
  readonly verify?: () => Promise<boolean>;
}

interface Entry {
  readonly stream: SessionStream;
  replied: boolean;
  ticks: number;
  finSent: boolean;
  finSeen: boolean;
  sent: number;
  received: number;
}

/** The client side of one SPDY/3.1 connection: streams by id, PINGs, GOAWAY, and the watch over the peer. */
export class SpdySession implements FrameSink {
  readonly closed: Promise<{ readonly message: string }>;
  readonly #carrier: Carrier;
  readonly #outbox: Outbox;
  readonly #parser = new FrameParser();
  readonly #headers = new HeaderBlockEncoder();
  readonly #streams = new Map<number, Entry>();
  readonly #sweep: Sweep;
  readonly #keepAlive: KeepAlive;
  readonly #stopTicks: () => void;
  #settleClosed: (how: { readonly message: string }) => void = () => {};
  #ended: StreamError | null = null;
  /** Why it takes no more streams and ends with its last one. */
  #leaving: StreamError | null = null;
  #nextStream = 1;
  /** Streams that the chunk at hand had data for. */
  readonly #touched: SessionStream[] = [];
  #paused = false;
  /** Bytes that came for streams which are no more, since the last of them went. */
  #strayed = 0;

  constructor(carrier: Carrier, options: SessionOptions) {
    this.#carrier = carrier;
    this.#outbox = new Outbox(carrier);
    const pings = new Pings(this.#outbox);
    this.#sweep = new Sweep(pings);
    this.#keepAlive = new KeepAlive(pings, { verify: options.verify ?? null, dead: () => this.#dead() });
    this.closed = new Promise((resolve) => this.#settleClosed = resolve);
    this.#stopTicks = heartbeatOf(options.clock).add(() => this.#tick());
    carrier.start({
      bytes: (chunk) => this.#bytes(chunk),
      ended: (message) => this.#end(message),
    });
  }

  /** Whether it takes another stream now. */
  get usable(): boolean {
    return this.#ended === null && this.#leaving === null && this.#sweep.clean && this.#nextStream < LAST_STREAM_ID;
  }

  /** Why no stream can be opened, or null. */
  get failure(): StreamError | null {
    if (this.#ended !== null) return this.#ended;
    if (this.#leaving !== null) return new StreamError("gone", `the tunnel is closing: ${this.#leaving.message}`);
    return this.#nextStream < LAST_STREAM_ID ? null : new StreamError("gone", "the tunnel is used up");
  }

  /** Sends SYN_STREAM. `fin`: nothing will be sent on it. Returns the stream's id. Throws `failure`. */
  open(stream: SessionStream, options: { readonly headers: Headers; readonly fin: boolean }): number {
    if (this.failure !== null) throw this.failure;
    const id = this.#nextStream;
    this.#nextStream += 2;
    this.#streams.set(id, {
      stream,
      replied: false,
      ticks: 0,
      finSent: options.fin,
      finSeen: false,
      sent: 0,
      received: 0,
    });
    this.#outbox.control(
      encodeSynStream(id, { headerBlock: this.#headers.encode(options.headers), fin: options.fin }),
    );
    return id;
  }

  /** Sends data, and FIN after it where `fin`. Rejects with `StreamError`. */
  send(id: number, options: { readonly bytes: Uint8Array; readonly fin: boolean }): Promise<void> {
    const entry = this.#streams.get(id);
    if (this.#ended !== null) return Promise.reject(this.#ended);
    if (entry === undefined || entry.finSent) {
      return Promise.reject(new StreamError("protocol", "written to after its end"));
    }
    entry.finSent = options.fin;
    entry.sent += options.bytes.length;
    this.#keepAlive.sent(options.bytes.length);
    return this.#outbox.data(id, options);
  }

  /** Takes a stream back at once: writes that wait are rejected with `error`, what still comes is thrown away. */
  reset(id: number, error: StreamError): void {
    const entry = this.#streams.get(id);
    if (entry === undefined) return;
    this.#outbox.drop(id, error);
    this.#outbox.control(encodeRstStream(id, RST_STATUS.cancel));
    this.#forget(id, entry);
  }

  /** Stops listening to a stream whose FIN has been sent: what still comes is thrown away. */
  release(id: number): void {
    const entry = this.#streams.get(id);
    if (entry !== undefined) this.#forget(id, entry);
  }

  /** Stops or begins again to read the carrier. */
  pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#carrier.pause();
    else {
      this.#keepAlive.resumed();
      this.#carrier.resume();
    }
  }

  /** Ends all streams and the carrier. */
  close(message: string): void {
    if (this.#ended !== null) return;
    this.#outbox.control(encodeGoAway(0, GOAWAY_STATUS.ok));
    this.#carrier.close();
    this.#end(message);
  }

  data(streamId: number, payload: Uint8Array, fin: boolean): void {
    const entry = this.#streams.get(streamId);
    if (entry === undefined) return this.#stray(payload.length);
    if (entry.finSeen) return;
    entry.finSeen = fin;
    entry.received += payload.length;
    const { stream } = entry;
    if (stream.chunkEnd !== undefined && this.#touched.at(-1) !== stream && !this.#touched.includes(stream)) {
      this.#touched.push(stream);
    }
    stream.data(payload, fin);
  }

  control(frame: ControlFrame): void {
    switch (frame.type) {
      case "synReply": {
        const entry = this.#streams.get(frame.streamId);
        if (entry === undefined) return;
        entry.replied = true;
        if (frame.fin) this.data(frame.streamId, NO_BYTES, true);
        return;
      }
      case "headers":
        if (frame.fin) this.data(frame.streamId, NO_BYTES, true);
        return;
      case "rstStream": {
        const entry = this.#streams.get(frame.streamId);
        if (entry === undefined) return;
        this.#outbox.drop(frame.streamId, new StreamError("reset", "reset by the peer"));
        this.#forget(frame.streamId, entry);
        entry.stream.reset(frame.status);
        return;
      }
      case "ping":
        // Even ids are the server's own; odd ones answer ours.
        if (frame.id % 2 === 0) this.#outbox.control(encodePing(frame.id));
        else this.#sweep.answered(frame.id);
        return;
      case "goAway":
        return this.#goAway(frame.lastGoodStreamId);
      case "synStream":
        // A port-forward server opens no streams.
        this.#outbox.control(encodeRstStream(frame.streamId, RST_STATUS.refusedStream));
        return;
      case "settings":
      case "windowUpdate":
      case "unknown":
        // Kubernetes' SPDY library keeps no windows: it sends no such frames, and ignores them when it gets them.
        return;
      default:
        return frame satisfies never;
    }
  }

  #bytes(chunk: Uint8Array): boolean {
    this.#keepAlive.heard();
    try {
      this.#parser.push(chunk, this);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#end(error.message);
      this.#carrier.destroy();
    }
    let done = true;
    for (let stream = this.#touched.pop(); stream !== undefined; stream = this.#touched.pop()) {
      if (stream.chunkEnd?.() === false) done = false;
    }
    return done;
  }

  /** A pod that floods goes on for a while after its stream was taken back: where nobody else is in the session, that ends with it. */
  #stray(bytes: number): void {
    this.#strayed += bytes;
    if (this.#strayed <= STRAY_LIMIT || this.#streams.size > 0 || this.#ended !== null) return;
    this.#end("what a connection left unread does not end");
    this.#carrier.destroy();
  }

  #goAway(lastGood: number): void {
    const error = new StreamError("gone", "the pod's node is closing the tunnel");
    this.#leaving ??= error;
    for (const [id, entry] of [...this.#streams]) {
      if (id <= lastGood) continue;
      this.#forget(id, entry);
      entry.stream.lost(error);
    }
    this.#closeIfDrained();
  }

  #closeIfDrained(): void {
    if (this.#leaving !== null && this.#streams.size === 0) this.close(this.#leaving.message);
  }

  #forget(id: number, entry: Entry): void {
    this.#streams.delete(id);
    this.#strayed = 0;
    // Bytes that nobody reads at the other end may hold up its worker for ever; those that are still on their way here, the next stream.
    const cut = entry.received > 0 && !entry.finSeen;
    if ((entry.sent > 0 || cut) && this.#ended === null) this.#sweep.start();
    if (this.#streams.size === 0) this.#outbox.trim();
    this.#closeIfDrained();
  }

  #tick(): void {
    for (const [id, entry] of [...this.#streams]) {
      // One stream's end may take others with it.
      if (this.#streams.get(id) !== entry) continue;
      if (!entry.replied && !this.#paused && ++entry.ticks >= ANSWER_TICKS) this.#unanswered(id, entry);
      else entry.stream.tick?.();
    }
    const idle = this.#streams.size === 0;
    if (this.#sweep.tick(this.#paused) && idle) this.close("a connection left unread bytes in the tunnel");
    if (this.#ended === null) this.#keepAlive.tick({ paused: this.#paused, idle });
  }

  /** The peer answers for a stream before it looks at the pod: without that, its worker for the stream is stuck. */
  #unanswered(id: number, entry: Entry): void {
    const error = new StreamError("timeout", "the pod's node does not answer for the stream");
    this.#leaving ??= error;
    this.#outbox.drop(id, error);
    this.#outbox.control(encodeRstStream(id, RST_STATUS.cancel));
    this.#forget(id, entry);
    entry.stream.lost(error);
  }

  #dead(): void {
    this.#end("the pod's node does not answer any more");
    this.#carrier.destroy();
  }

  #end(message: string): void {
    if (this.#ended !== null) return;
    const error = new StreamError("gone", message);
    this.#ended = error;
    this.#stopTicks();
    this.#outbox.close(error);
    const entries = [...this.#streams.values()];
    this.#streams.clear();
    for (const { stream } of entries) stream.lost(error);
    this.#settleClosed({ message });
  }
}

const NO_BYTES = new Uint8Array(0);
