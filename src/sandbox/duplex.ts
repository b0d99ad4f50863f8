import type { Socket } from "node:net";
import { type Duplex, StreamError } from "../model/stream.ts";

/** A `Duplex` over a connection of Deno's own: faster than node:net, but `reset` can only close. */
export class ConnDuplex implements Duplex {
  readonly #conn: Deno.Conn;
  readonly #buffer = new Uint8Array(64 * 1024);
  #closed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#closed) return null;
    try {
      const count = await this.#conn.read(this.#buffer);
      return count === null ? null : this.#buffer.subarray(0, count);
    } catch (error) {
      if (this.#closed || error instanceof Deno.errors.UnexpectedEof) return null;
      throw new StreamError(error instanceof Deno.errors.ConnectionReset ? "reset" : "gone", "the connection broke", {
        cause: error,
      });
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    } catch (error) {
      throw new StreamError("gone", "the connection broke", { cause: error });
    }
  }

  async closeWrite(): Promise<void> {
    try {
      await this.#conn.closeWrite();
    } catch (error) {
      throw new StreamError("gone", "the connection broke", { cause: error });
    }
  }

  reset(): void {
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#conn.close();
    } catch {
      // A connection whose handshake failed is closed already.
    }
  }
}

/** A `Duplex` over a socket of node:net or node:tls: these can send a reset. */
export class SocketDuplex implements Duplex {
  readonly #socket: Socket;
  readonly #gone: Promise<void>;
  #failure: StreamError | null = null;
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("readable", () => this.#wake());
    socket.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("error", (error: Error & { code?: string }) => {
      this.#failure = new StreamError(error.code === "ECONNRESET" ? "reset" : "gone", error.message, { cause: error });
      this.#wake();
    });
    this.#gone = new Promise((resolve) => {
      socket.on("close", () => {
        this.#ended = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** Settles when the socket is closed and its resources are free. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  async read(): Promise<Uint8Array | null> {
    while (true) {
      if (this.#failure !== null) throw this.#failure;
      const chunk: unknown = this.#socket.read();
      if (chunk instanceof Uint8Array) return chunk;
      if (this.#ended) return null;
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      await woken.promise;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    const written = Promise.withResolvers<void>();
    if (this.#socket.destroyed || !this.#socket.writable) {
      throw this.#failure ?? new StreamError("gone", "the socket is closed");
    }
    this.#socket.write(bytes, (error) => {
      if (error) written.reject(this.#failure ?? new StreamError("gone", error.message, { cause: error }));
      else written.resolve();
    });
    // A destroyed socket may drop its write callbacks.
    await Promise.race([
      written.promise,
      this.#gone.then(() => Promise.reject(this.#failure ?? new StreamError("gone", "the socket is closed"))),
    ]);
  }

  async closeWrite(): Promise<void> {
    if (this.#socket.destroyed) return;
    const ended = Promise.withResolvers<void>();
    this.#socket.end(() => ended.resolve());
    await Promise.race([ended.promise, this.#gone]);
  }

  reset(): void {
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
  }

  close(): void {
    if (!this.#socket.destroyed) this.#socket.destroy();
  }
}
