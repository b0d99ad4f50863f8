import type { Socket } from "node:net";
import type { Carrier, CarrierSink } from "./carrier.ts";
import { readUnderTls } from "./tls_reading.ts";

/** The same bytes as a plain Uint8Array: `slice` of Node's Buffer does not copy, and nobody who gets bytes from here expects that. */
export function plainBytes(chunk: Uint8Array): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** SPDY straight on a socket. */
export class SocketCarrier implements Carrier {
  readonly kind = "spdy";
  readonly #socket: Socket;
  readonly #first: Uint8Array;
  #sink: CarrierSink | null = null;
  #ended = false;

  /** `first`: bytes that came with the end of the handshake. The socket is paused, and the carrier's from now on. */
  constructor(socket: Socket, first: Uint8Array) {
    this.#socket = socket;
    this.#first = first;
    socket.on("error", (error: Error) => this.#end(`the connection to the API server failed: ${error.message}`));
    socket.on("end", () => this.#end("the API server closed the connection"));
    socket.on("close", () => this.#end("the connection to the API server was closed"));
  }

  start(sink: CarrierSink): void {
    this.#sink = sink;
    if (this.#ended) return sink.ended("the API server closed the connection");
    if (this.#first.length > 0) sink.bytes(this.#first);
    this.#socket.on("data", (chunk: Uint8Array) => {
      if (!this.#ended) sink.bytes(plainBytes(chunk));
    });
    this.#socket.resume();
  }

  pause(): void {
    this.#socket.pause();
    readUnderTls(this.#socket, false);
  }

  resume(): void {
    readUnderTls(this.#socket, true);
    this.#socket.resume();
  }

  write(buffer: Uint8Array, { start, end }: { readonly start: number; readonly end: number }): Promise<void> {
    if (this.#ended) return Promise.resolve();
    // An error also ends the carrier, and that is where it is told.
    return new Promise((resolve) => this.#socket.write(buffer.subarray(start, end), () => resolve()));
  }

  close(): void {
    // destroySoon: ends, and lets go of the socket once all is sent, even where the peer never ends its side.
    this.#socket.destroySoon();
    this.resume();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#end("closed here");
  }

  #end(message: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    this.#sink?.ended(message);
  }
}
