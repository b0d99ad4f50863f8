import type { Socket } from "node:net";
import type { Carrier, CarrierSink } from "./carrier.ts";
import type { ServerSocket } from "./server_socket.ts";

/**
 * The longest single write, in bytes. A TLS socket encrypts 48 KiB at a time, and copies what is left each time (Deno 2.9): longer writes are
 * copied over and over, shorter ones cost a turn of the event loop each. Measured: 96 KiB takes the least time.
 */
const SLICE = 96 * 1024;

interface Write {
  readonly bytes: Uint8Array;
  readonly done: () => void;
}

/** SPDY straight on a socket. */
export class SocketCarrier implements Carrier {
  readonly kind = "spdy";
  readonly #source: ServerSocket;
  readonly #socket: Socket;
  readonly #first: Uint8Array;
  #sink: CarrierSink | null = null;
  #ended = false;
  /** Whether a long write is under way, slice by slice; others wait for its last. */
  #slicing = false;
  readonly #waiting: Write[] = [];

  /** `first`: bytes that came with the end of the handshake. The socket is paused, and the carrier's from now on. */
  constructor(source: ServerSocket, first: Uint8Array) {
    const { socket } = source;
    this.#source = source;
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
    this.#source.receive((chunk) => this.#ended || sink.bytes(chunk));
    this.#source.resume();
  }

  pause(): void {
    this.#source.pause();
  }

  resume(): void {
    this.#source.resume();
  }

  write(buffer: Uint8Array, { start, end }: { readonly start: number; readonly end: number }): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const write = { bytes: buffer.subarray(start, end), done: resolve };
      if (this.#slicing) this.#waiting.push(write);
      else this.#send(write);
    });
  }

  close(): void {
    // destroySoon: ends, and lets go of the socket once all is sent, even where the peer never ends its side.
    this.#socket.destroySoon();
    this.#source.resume();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#end("closed here");
  }

  /** An error also ends the carrier, and that is where it is told. */
  #send({ bytes, done }: Write): void {
    const first = bytes.subarray(0, SLICE);
    this.#slicing = first.length < bytes.length;
    if (!this.#slicing) return void this.#socket.write(first, () => done());
    this.#socket.write(first, () => {
      if (this.#ended) return done();
      this.#send({ bytes: bytes.subarray(SLICE), done });
      while (!this.#slicing) {
        const next = this.#waiting.shift();
        if (next === undefined) return;
        this.#send(next);
      }
    });
  }

  #end(message: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    for (const { done } of this.#waiting.splice(0)) done();
    this.#sink?.ended(message);
  }
}
