import { connect, type OnReadOpts, type Socket } from "node:net";
import type { SocketAddress } from "../model/status.ts";
import { BufferPool, ReadBuffer } from "../model/read_buffer.ts";
import { type Duplex, type FlowEnd, type Outlet, StreamError } from "../model/stream.ts";
import { adopt } from "./adopt.ts";
import { socketFailure } from "./socket_errors.ts";

/** What busy directions read into. Measured: 64 KiB relays at the speed of socat, 256 KiB a quarter faster; more gains nothing. */
const LARGE = new BufferPool(256 * 1024, 32);

/** After this long of silence a peer that has ended its side is asked whether it is still there, in milliseconds. */
const ASK_AFTER_END = 30_000;

interface Reader {
  readonly resolve: (bytes: Uint8Array | null) => void;
  readonly reject: (error: StreamError) => void;
}

interface Flow {
  readonly to: Outlet;
  readonly count: (bytes: number) => void;
  readonly end: (how: FlowEnd) => void;
}

/**
 * A TCP connection as a `Duplex`. Nothing is read while nobody asks, beyond one buffer.
 *
 * On `node:net` because its sockets can send a reset; `Deno.Conn` cannot: its close always sends FIN first.
 */
export class NetSocket implements Duplex, Outlet {
  #socket: Socket;
  readonly #buffer = new ReadBuffer(LARGE);
  #reader: Reader | null = null;
  #flow: Flow | null = null;
  /** Bytes that arrived while nobody was reading; at most one read's worth. */
  #held: Uint8Array | null = null;
  #ended = false;
  #failure: StreamError | null = null;
  /** Whether the buffer's bytes were offered to an outlet that has not taken them all yet. */
  #stalled = false;
  /** Who offers bytes to this one, and whether it waits to hear that they are through. */
  #ready: ((error: StreamError | null) => void) | null = null;
  #awaited = false;
  /** Whether a reader may still look at the buffer's bytes. */
  #lent = false;
  #resetting = false;

  private constructor(open: (onread: OnReadOpts) => { readonly socket: Socket; readonly buffered: boolean }) {
    const { socket, buffered } = open({
      buffer: () => this.#buffer.current,
      callback: (length, buffer) => this.#arrived(length, buffer),
    });
    this.#socket = socket;
    if (!buffered) {
      socket.on("data", (bytes: Uint8Array) => {
        if (!this.#deliver(bytes)) socket.pause();
      });
    }
    socket.pause();
    socket.on("end", () => this.#atEnd());
    socket.on("error", (error) => this.#fail(socketFailure(error)));
    socket.on("close", () => {
      this.#fail(new StreamError("gone", "the connection is closed"));
      this.#buffer.release(!this.#stalled && !this.#lent);
    });
  }

  /** Around a connection that a server accepted with `pauseOnConnect`. */
  static accepted(socket: Socket): NetSocket {
    return new NetSocket((onread) => {
      const adopted = adopt(socket, onread);
      return adopted === null ? { socket, buffered: false } : { socket: adopted, buffered: true };
    });
  }

  /** Connects. Rejects with `StreamError`, or with the signal's reason; a try that is given up leaves no socket behind. */
  static dial({ host, port }: SocketAddress, signal: AbortSignal): Promise<NetSocket> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const stream = new NetSocket((onread) => ({
        socket: connect({ host, port, allowHalfOpen: true, noDelay: true, onread }),
        buffered: true,
      }));
      const socket = stream.#socket;
      const done = () => {
        signal.removeEventListener("abort", abort);
        socket.off("connect", connected);
        socket.off("error", failed);
      };
      const connected = () => {
        done();
        resolve(stream);
      };
      const failed = (error: Error) => {
        done();
        reject(socketFailure(error));
      };
      const abort = () => {
        done();
        socket.destroy();
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      socket.on("connect", connected);
      socket.on("error", failed);
    });
  }

  /** The address of the other end; the empty string when it is gone. */
  get remoteHost(): string {
    return this.#socket.remoteAddress ?? "";
  }

  read(): Promise<Uint8Array | null> {
    if (this.#held !== null) {
      const bytes = this.#held;
      this.#held = null;
      return Promise.resolve(bytes);
    }
    this.#lent = false;
    if (this.#ended) return Promise.resolve(null);
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#socket.resume();
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(this.#failure ?? socketFailure(error)) : resolve());
    });
  }

  closeWrite(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      // Node's types leave out the error that the callback gets when the stream broke first.
      const finished = (error?: Error | null) => error ? reject(this.#failure ?? socketFailure(error)) : resolve();
      this.#socket.end(finished);
    });
  }

  reset(): void {
    if (this.#resetting) return;
    this.#resetting = true;
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
    this.#fail(new StreamError("gone", "the connection was reset from this side"));
  }

  close(): void {
    if (!this.#socket.destroyed) this.#socket.destroySoon();
  }

  accept(ready: (error: StreamError | null) => void): void {
    this.#ready = ready;
  }

  /** Nearly always the kernel takes all of it at once. */
  offer(bytes: Uint8Array): boolean {
    this.#socket.write(bytes, this.#written);
    if (this.#socket.writableLength === 0) return true;
    this.#awaited = true;
    return false;
  }

  flow(to: Outlet, count: (bytes: number) => void): Promise<FlowEnd> {
    return new Promise((resolve) => {
      this.#flow = { to, count, end: resolve };
      to.accept(this.#passed);
      if (this.#held !== null) {
        const bytes = this.#held;
        this.#held = null;
        if (!this.#pass(bytes, this.#flow)) return;
      }
      this.#lent = false;
      if (this.#ended) this.#atEnd();
      else if (this.#failure !== null) this.#endFlow({ kind: "broken", side: "from", error: this.#failure });
      else this.#socket.resume();
    });
  }

  /** A read into our buffer. Returns whether to go on reading. */
  #arrived(length: number, buffer: Uint8Array): boolean {
    const goOn = this.#deliver(length === buffer.length ? buffer : buffer.subarray(0, length));
    this.#buffer.took(length, goOn);
    return goOn;
  }

  #deliver(bytes: Uint8Array): boolean {
    if (this.#flow !== null) return this.#pass(bytes, this.#flow);
    this.#lent = true;
    if (this.#reader !== null) {
      const { resolve } = this.#reader;
      this.#reader = null;
      resolve(bytes);
    } else {
      this.#held = bytes;
    }
    return false;
  }

  /** Hands bytes on. What is not taken at once stays in the buffer, which is left alone until it is: that is the backpressure. */
  #pass(bytes: Uint8Array, { to, count }: Flow): boolean {
    count(bytes.length);
    if (to.offer(bytes)) return true;
    this.#stalled = true;
    return false;
  }

  /** What was passed on is through. */
  readonly #passed = (error: StreamError | null): void => {
    if (this.#flow === null) return;
    if (error !== null) return this.#endFlow({ kind: "broken", side: "to", error });
    this.#stalled = false;
    this.#lent = false;
    if (this.#ended) this.#atEnd();
    else this.#socket.resume();
  };

  /** A write that was offered is through, or has failed. */
  readonly #written = (error?: Error | null): void => {
    if (error) this.#ready?.(this.#failure ?? socketFailure(error));
    else if (this.#awaited && this.#socket.writableLength === 0) {
      this.#awaited = false;
      this.#ready?.(null);
    }
  };

  #atEnd(): void {
    // From here on nothing tells whether the peer only ended its side or is gone, but an answer to the system's own question.
    if (!this.#ended && !this.#socket.destroyed) this.#socket.setKeepAlive(true, ASK_AFTER_END);
    this.#ended = true;
    if (this.#reader !== null) {
      const { resolve } = this.#reader;
      this.#reader = null;
      resolve(null);
    }
    const flow = this.#flow;
    if (flow !== null && !this.#stalled) {
      flow.to.closeWrite().then(
        () => this.#endFlow({ kind: "eof" }),
        (error) => this.#endFlow({ kind: "broken", side: "to", error: socketFailure(error) }),
      );
    }
  }

  #fail(failure: StreamError): void {
    if (this.#failure !== null) return;
    this.#failure = failure;
    const reader = this.#reader;
    this.#reader = null;
    if (reader !== null) {
      if (this.#ended) reader.resolve(null);
      else reader.reject(failure);
    }
    if (this.#flow !== null && !this.#ended) this.#endFlow({ kind: "broken", side: "from", error: failure });
    // Who hands on to this one, and has nothing to hand on now, would never find out by writing.
    this.#ready?.(failure);
  }

  #endFlow(how: FlowEnd): void {
    const flow = this.#flow;
    this.#flow = null;
    flow?.end(how);
  }
}
