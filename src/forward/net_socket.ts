import { connect, type OnReadOpts, type Socket } from "node:net";
import type { SocketAddress } from "../model/status.ts";
import { type Duplex, StreamError } from "../model/stream.ts";
import { adopt } from "./adopt.ts";
import { ReadBuffer } from "./read_buffers.ts";
import { socketFailure } from "./socket_errors.ts";

/** How one direction of a relay ended: `from` or `to` says which side broke. */
export type PumpEnd =
  | { readonly kind: "eof" }
  | { readonly kind: "broken"; readonly side: "from" | "to"; readonly error: StreamError };

interface Reader {
  readonly resolve: (bytes: Uint8Array | null) => void;
  readonly reject: (error: StreamError) => void;
}

interface Pipe {
  readonly to: NetSocket;
  readonly count: (bytes: number) => void;
  readonly end: (how: PumpEnd) => void;
}

/**
 * A TCP connection as a `Duplex`. Nothing is read while nobody asks, beyond one buffer.
 *
 * On `node:net` because its sockets can send a reset; `Deno.Conn` cannot: its close always sends FIN first.
 */
export class NetSocket implements Duplex {
  #socket: Socket;
  readonly #buffer = new ReadBuffer();
  #reader: Reader | null = null;
  #pipe: Pipe | null = null;
  /** Bytes that arrived while nobody was reading; at most one read's worth. */
  #held: Uint8Array | null = null;
  #ended = false;
  #failure: StreamError | null = null;
  /** Whether the buffer's bytes were handed to a write that has not finished. */
  #stalled = false;
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

  /**
   * Hands all that arrives on to `to`, without a promise a chunk, until the end of stream (which it passes on as
   * `closeWrite`) or until one side breaks. `count` hears of every byte handed on. Never rejects.
   */
  pipe(to: NetSocket, count: (bytes: number) => void): Promise<PumpEnd> {
    return new Promise((resolve) => {
      this.#pipe = { to, count, end: resolve };
      if (this.#held !== null) {
        const bytes = this.#held;
        this.#held = null;
        if (!this.#pass(bytes, this.#pipe)) return;
      }
      this.#lent = false;
      if (this.#ended) this.#atEnd();
      else if (this.#failure !== null) this.#endPipe({ kind: "broken", side: "from", error: this.#failure });
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
    if (this.#pipe !== null) return this.#pass(bytes, this.#pipe);
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

  /**
   * Nearly always the kernel takes all of it at once and reading goes on. Else the rest stays in the buffer, which is left alone
   * until the write is through: that is the backpressure.
   */
  #pass(bytes: Uint8Array, pipe: Pipe): boolean {
    const target = pipe.to.#socket;
    pipe.count(bytes.length);
    target.write(bytes, this.#written);
    if (target.writableLength === 0) return true;
    this.#stalled = true;
    return false;
  }

  readonly #written = (error?: Error | null): void => {
    const pipe = this.#pipe;
    if (pipe === null) return;
    if (error) {
      this.#endPipe({ kind: "broken", side: "to", error: pipe.to.#failure ?? socketFailure(error) });
    } else if (this.#stalled && pipe.to.#socket.writableLength === 0) {
      this.#stalled = false;
      this.#lent = false;
      if (this.#ended) this.#atEnd();
      else this.#socket.resume();
    }
  };

  #atEnd(): void {
    this.#ended = true;
    if (this.#reader !== null) {
      const { resolve } = this.#reader;
      this.#reader = null;
      resolve(null);
    }
    const pipe = this.#pipe;
    if (pipe !== null && !this.#stalled) {
      pipe.to.closeWrite().then(
        () => this.#endPipe({ kind: "eof" }),
        (error) => this.#endPipe({ kind: "broken", side: "to", error: socketFailure(error) }),
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
    if (this.#pipe !== null && !this.#ended) this.#endPipe({ kind: "broken", side: "from", error: failure });
  }

  #endPipe(how: PumpEnd): void {
    const pipe = this.#pipe;
    this.#pipe = null;
    pipe?.end(how);
  }
}
