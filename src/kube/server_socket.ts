import type { OnReadOpts, Socket } from "node:net";
import { BufferPool, ReadBuffer } from "../model/read_buffer.ts";
import { isTls, readUnderTls } from "./tls_reading.ts";

/** What busy tunnels read into. One read of a TLS connection brings 64 KiB at most, whatever the buffer (Deno 2.9). */
export const TUNNEL_BUFFERS = new BufferPool(64 * 1024, 32);

/** Takes bytes that were read. Returns whether it is done with them; else they are its own. */
export type Receive = (bytes: Uint8Array) => boolean;

/**
 * Reads a socket to the API server into buffers of ours: without that each read of a TLS connection allocates its bytes twice. Its pause
 * holds up the peer. Made before its socket, which is to be opened with `onread`; one that cannot be (the runtime leaves it out of TLS over
 * a proxy's connection) is read as the runtime gives it.
 */
export class ServerSocket {
  readonly #buffer = new ReadBuffer(TUNNEL_BUFFERS);
  #socket: Socket | null = null;
  #receive: Receive | null = null;
  /** What came while nobody received. */
  #held: Uint8Array[] = [];
  #paused = true;

  /** What the socket is to be opened with. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#buffer.current,
    callback: (length, buffer) => this.#arrived(length, buffer),
  };

  /** The socket. Throws before `attach`. */
  get socket(): Socket {
    if (this.#socket === null) throw new Error("there is no socket yet");
    return this.#socket;
  }

  /** Takes the socket that was opened, paused. */
  attach(socket: Socket): void {
    this.#socket = socket;
    // Not called where the socket reads into our buffers. Not Node's Buffer: its `slice` does not copy.
    socket.on("data", (chunk: Uint8Array) => {
      this.#take(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    });
    socket.pause();
    socket.on("close", () => this.#buffer.release(true));
  }

  /** Says who gets the bytes from now on; null: nobody, and they are kept. */
  receive(receive: Receive | null): void {
    this.#receive = receive;
  }

  pause(): void {
    this.#paused = true;
    // A TLS socket's own pause would only keep what is read all the same.
    if (!readUnderTls(this.socket, false)) this.socket.pause();
  }

  resume(): void {
    this.#paused = false;
    for (let held = this.#held.shift(); held !== undefined; held = this.#held.shift()) {
      if (this.#receive === null) return void this.#held.unshift(held);
      this.#receive(held);
      if (this.#paused) return;
    }
    readUnderTls(this.socket, true);
    this.socket.resume();
  }

  /** Returns whether to go on reading. */
  #arrived(length: number, buffer: Uint8Array): boolean {
    if (!this.#take(buffer.subarray(0, length))) this.#buffer.leave();
    this.#buffer.took(length, true);
    return !this.#paused || this.#socket === null || isTls(this.#socket);
  }

  /** Returns whether the bytes are done with. */
  #take(bytes: Uint8Array): boolean {
    if (this.#receive !== null && this.#held.length === 0) return this.#receive(bytes);
    this.#held.push(bytes.slice());
    return true;
  }
}
