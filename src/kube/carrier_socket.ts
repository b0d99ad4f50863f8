import type { Socket } from "node:net";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { AccessError } from "../model/cluster_access.ts";
import type { Clock } from "../model/world.ts";
import type { Carrier, CarrierSink } from "./carrier.ts";
import { connectionError } from "./failures.ts";
import { readUnderTls } from "./tls_reading.ts";
import type { Transport } from "./transport.ts";

/**
 * A socket to the API server, TLS done. `node:tls` and not `Deno.connectTls`, because only there can Nagle's algorithm be
 * turned off: with it, two small writes in a row cost 44 ms each time (measured), as the second waits for a delayed ACK.
 *
 * Rejects with `AccessError`; with the signal's reason when aborted; no socket is left behind.
 */
export function openSocket(
  transport: Transport,
  options: { readonly signal: AbortSignal; readonly clock: Clock; readonly timeout: number },
): Promise<Socket> {
  const { server } = transport;
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = dial(transport);
    const settle = (act: () => void) => {
      cancel();
      signal.removeEventListener("abort", abort);
      socket.removeListener("error", failed);
      socket.removeListener("close", closed);
      act();
    };
    const fail = (reason: unknown) =>
      settle(() => {
        // What a socket still says after it was given up is nobody's business, but unheard it would end the process.
        socket.on("error", () => {});
        socket.destroy();
        reject(reason);
      });
    const abort = () => fail(signal.reason);
    const failed = (error: Error) => fail(dialError(error, server));
    const closed = () => fail(dialError(new Error("closed before it was established"), server));
    const cancel = options.clock.after(
      options.timeout,
      () => fail(new AccessError("cluster-unreachable", `${server.host} did not answer within ${options.timeout} ms`)),
    );
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", failed);
    socket.once("close", closed);
    socket.once(server.protocol === "https:" ? "secureConnect" : "connect", () =>
      settle(() => {
        socket.setNoDelay(true);
        socket.pause();
        resolve(socket);
      }));
  });
}

function dial({ server, caCerts, cert, key }: Transport): Socket {
  const secure = server.protocol === "https:";
  const host = server.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = server.port === "" ? (secure ? 443 : 80) : Number(server.port);
  if (!secure) return connectTcp({ host, port });
  return connectTls({
    host,
    port,
    ALPNProtocols: ["http/1.1"],
    ...(caCerts === undefined ? {} : { ca: [...caCerts] }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  });
}

/** Node's error codes in the words that `connectionError` knows. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "dns error",
  EAI_AGAIN: "dns error",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "timed out",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "UnknownIssuer",
  SELF_SIGNED_CERT_IN_CHAIN: "UnknownIssuer",
  DEPTH_ZERO_SELF_SIGNED_CERT: "UnknownIssuer",
  UNABLE_TO_GET_ISSUER_CERT: "UnknownIssuer",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "UnknownIssuer",
  CERT_HAS_EXPIRED: "certificate expired",
  CERT_NOT_YET_VALID: "NotValidYet",
};

function dialError(error: Error, server: URL): AccessError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return new AccessError(
      "cluster-unreachable",
      `the certificate of ${server.host} is not valid for the name "${server.hostname}"`,
      { cause: error },
    );
  }
  const words = WORDS[code];
  return connectionError(words === undefined ? error : new Error(words, { cause: error }), server);
}

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
