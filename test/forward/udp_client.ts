import { createSocket, type Socket } from "node:dgram";
import { systemClock } from "../../src/host/clock.ts";

const clock = systemClock();

/** One UDP socket of a test: sends datagrams to a local port, and keeps what came back. */
export class UdpClient implements AsyncDisposable {
  readonly answers: Uint8Array[] = [];
  readonly #socket: Socket;
  readonly #host: string;
  readonly #port: number;

  constructor(port: number, host = "127.0.0.1") {
    this.#host = host;
    this.#port = port;
    this.#socket = createSocket({ type: host.includes(":") ? "udp6" : "udp4" });
    this.#socket.on("message", (bytes) => this.answers.push(new Uint8Array(bytes)));
    this.#socket.on("error", () => {});
  }

  send(bytes: Uint8Array): void {
    this.#socket.send(bytes, 0, bytes.length, this.#port, this.#host, () => {});
  }

  /** Sends again and again until an answer is there that is equal, as clients of UDP do. */
  async echoed(bytes: Uint8Array, limit = 60_000): Promise<void> {
    const end = clock.monotonic() + limit;
    while (clock.monotonic() < end) {
      this.send(bytes);
      for (let step = 0; step < 40; step++) {
        if (this.answers.some((answer) => same(answer, bytes))) return;
        await clock.sleep(5);
      }
    }
    throw new Error(`no answer to ${bytes.length} bytes within ${limit} ms`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

/** A UDP server on 127.0.0.1 that sends back what comes, and keeps from where. */
export class UdpEcho implements AsyncDisposable {
  readonly from: number[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static open(): Promise<UdpEcho> {
    return new Promise((resolve) => {
      const socket = createSocket({ type: "udp4" });
      const echo = new UdpEcho(socket);
      socket.on("message", (bytes, { address, port }) => {
        echo.from.push(port);
        socket.send(bytes, 0, bytes.length, port, address, () => {});
      });
      socket.bind({ address: "127.0.0.1", port: 0 }, () => resolve(echo));
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
