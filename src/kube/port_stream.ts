import { type Duplex, type FlowEnd, type Outlet, StreamError } from "../model/stream.ts";
import type { Clock } from "../model/world.ts";
import { HandOn } from "./hand_on.ts";
import { ReadQueue } from "./read_queue.ts";
import { RST_STATUS } from "./spdy/frames.ts";
import type { Headers } from "./spdy/headers.ts";
import type { SessionStream, SpdySession } from "./spdy/session.ts";

/** Milliseconds that the error stream is given to end after the data stream, and the other way round. Runtimes end both at once. */
const END_WAIT = 1_000;
/** The longest text of the error stream that is kept, in characters. */
const MAX_ERROR_TEXT = 4_096;
/** Ticks until a closed stream that the peer does not end is taken back. */
const PATIENCE = 8;

/** Where a stream's bytes wait, as its tunnel sees it. */
export interface Backlog {
  /** The number of waiting bytes has changed. */
  changed(stream: PortStream): void;
  /** The stream has ended on both sides. */
  ended(stream: PortStream): void;
}

/** What one port stream needs. */
export interface PortStreamOptions {
  readonly session: SpdySession;
  readonly clock: Clock;
  readonly port: number;
  /** Unique in the tunnel: it joins the error stream and the data stream. */
  readonly requestId: number;
  readonly backlog: Backlog;
  /** Makes an error of what the runtime wrote on the error stream. */
  readonly explain: (text: string) => StreamError;
}

/**
 * One client connection in a tunnel: an error stream, which only the peer writes, and a data stream. Source:
 * Kubernetes `pkg/kubelet/…/portforward/httpstream.go` and client-go `tools/portforward`.
 *
 * The end of the data stream alone says nothing about how it ended: the text on the error stream may come after it, and is waited for.
 */
export class PortStream implements Duplex {
  readonly #options: PortStreamOptions;
  readonly #errorId: number;
  readonly #dataId: number;
  readonly #arrived = new ReadQueue(() => this.#options.backlog.changed(this));
  readonly #handOn = new HandOn(this.#arrived, () => this.#failure ?? (this.#eof || this.#closed ? "eof" : null));
  #failure: StreamError | null = null;
  #dataEnded = false;
  #errorEnded = false;
  #errorText = "";
  readonly #decoder = new TextDecoder();
  /** The reading side ended in good order. */
  #eof = false;
  #writeEnded = false;
  #closed = false;
  #gone = false;
  #ticks = 0;
  #cancelWait: (() => void) | null = null;

  /** Sends the frames that open both streams. Throws `StreamError` where the session takes none. */
  constructor(options: PortStreamOptions) {
    this.#options = options;
    const { session } = options;
    this.#errorId = session.open(this.#errorPart(), { headers: headersOf("error", options), fin: true });
    this.#dataId = session.open(this.#dataPart(), { headers: headersOf("data", options), fin: false });
  }

  /** Bytes that wait for `read`. */
  get waiting(): number {
    return this.#arrived.waiting;
  }

  /** Counts what `read` has handed out: whether the reader moves. */
  get taken(): number {
    return this.#arrived.taken;
  }

  read(): Promise<Uint8Array | null> {
    const chunk = this.#arrived.take();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#eof || this.#closed) return Promise.resolve(null);
    return this.#arrived.next();
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== null || this.#writeEnded) return Promise.reject(this.#failure ?? PEER_ENDED);
    return this.#options.session.send(this.#dataId, { bytes, fin: false });
  }

  closeWrite(): Promise<void> {
    if (this.#writeEnded) return Promise.resolve();
    this.#writeEnded = true;
    return this.#options.session.send(this.#dataId, { bytes: NO_BYTES, fin: true }).then(() => this.#leave());
  }

  reset(): void {
    this.#cut(new StreamError("reset", "reset here"));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#arrived.drop();
    if (this.#gone) return;
    // What is still written goes out before the FIN; the peer's own end is awaited, so that it reads all before the tunnel goes.
    this.closeWrite().catch(() => this.#cut(new StreamError("gone", "closed here")));
    this.#arrived.end();
    this.#handOn.pour();
  }

  flow(to: Outlet, count: (bytes: number) => void): Promise<FlowEnd> {
    return this.#handOn.start(to, count);
  }

  /** Ends both directions at once, for the reason given to reads and writes. */
  cut(failure: StreamError): void {
    this.#cut(failure);
  }

  #dataPart(): SessionStream {
    return {
      data: (bytes, fin) => {
        if (bytes.length > 0 && !this.#closed) this.#handOn.take(bytes);
        if (!fin) return;
        this.#handOn.offerGathered();
        this.#dataEnded = true;
        this.#settle();
      },
      chunkEnd: () => this.#handOn.chunkEnd(),
      reset: (status) => {
        const refused = status === RST_STATUS.refusedStream;
        this.#lose(
          new StreamError(
            refused ? "refused" : "reset",
            refused ? "the pod's node refused the stream" : "reset by the pod's node",
          ),
        );
      },
      lost: (error) => this.#sessionEnded(error),
      tick: () => this.#tick(),
    };
  }

  #errorPart(): SessionStream {
    const ended = () => {
      this.#errorEnded = true;
      this.#settle();
    };
    return {
      data: (bytes, fin) => {
        if (this.#errorText.length < MAX_ERROR_TEXT) this.#errorText += this.#decoder.decode(bytes, { stream: true });
        if (fin) ended();
      },
      reset: ended,
      // The data stream is told as well, and its news is what counts.
      lost: () => {},
    };
  }

  /** Looks whether both streams have ended, or begins to wait for the other one. */
  #settle(): void {
    if (this.#eof || this.#failure !== null) return;
    if (this.#dataEnded && this.#errorEnded) return this.#finish();
    // An error stream that ends without a word while data flow says nothing.
    if (!this.#dataEnded && this.#errorText === "") return;
    this.#cancelWait ??= this.#options.clock.after(END_WAIT, () => this.#finish());
  }

  #finish(): void {
    this.#cancelWait?.();
    this.#cancelWait = null;
    if (this.#eof || this.#failure !== null) return;
    if (this.#errorText !== "") return this.#lose(this.#options.explain(this.#errorText));
    this.#eof = true;
    if (this.#errorEnded && !this.#writeEnded) {
      // The runtime has let go: nobody reads what is written from now on, and at the other end it would stand in the way.
      this.#writeEnded = true;
      this.#options.session.reset(this.#dataId, PEER_ENDED);
    }
    this.#arrived.end();
    this.#handOn.pour();
    this.#leave();
  }

  /** Ends by the peer's doing. What has come before is still read. */
  #lose(failure: StreamError): void {
    if (this.#gone) return;
    if (this.#eof || this.#closed) return this.#depart();
    this.#failure = failure;
    this.#writeEnded = true;
    this.#arrived.fail(failure);
    this.#handOn.pour();
    this.#depart();
  }

  /** Where the pod's own end is known already, the tunnel's adds nothing to it. */
  #sessionEnded(error: StreamError): void {
    if (!this.#dataEnded && this.#errorText === "") return this.#lose(error);
    this.#finish();
    this.#writeEnded = true;
    this.#depart();
  }

  #cut(failure: StreamError): void {
    if (this.#gone && !this.#eof) return;
    this.#failure = failure;
    this.#writeEnded = true;
    this.#closed = true;
    this.#arrived.drop();
    this.#arrived.fail(failure);
    this.#handOn.end({ kind: "broken", side: "from", error: failure });
    this.#depart();
  }

  #tick(): void {
    if (this.#closed && ++this.#ticks >= PATIENCE) {
      this.#cut(new StreamError("timeout", "the pod's node does not end the stream"));
    }
  }

  /** Lets go once both directions have ended. */
  #leave(): void {
    if (this.#eof && this.#writeEnded) this.#depart();
  }

  /** Leaves the session: takes back what is not ended there. */
  #depart(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#cancelWait?.();
    this.#cancelWait = null;
    const { session, backlog } = this.#options;
    if (this.#dataEnded && this.#failure === null) session.release(this.#dataId);
    else session.reset(this.#dataId, this.#failure ?? PEER_ENDED);
    session.release(this.#errorId);
    backlog.ended(this);
  }
}

const NO_BYTES = new Uint8Array(0);
const PEER_ENDED = new StreamError("reset", "the pod has ended the connection");

function headersOf(type: "error" | "data", options: PortStreamOptions): Headers {
  return [["streamtype", type], ["port", String(options.port)], ["requestid", String(options.requestId)]];
}
