import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServerOfNode } from "node:tls";
import type { Duplex } from "../model/stream.ts";
import type { Certificates } from "./certificates.ts";
import { SocketDuplex } from "./duplex.ts";
import { type HttpReply, type HttpRequest, serveHttp } from "./http1.ts";

/** How an API server is out of reach: connections are refused, or it takes them and never answers. */
export type Darkness = "refuse" | "hang";

/**
 * HTTP/1.1 over TLS on an ephemeral port of 127.0.0.1, that can be made to vanish and come back on the same port.
 *
 * On node:tls because Deno's own TLS listener cannot switch Nagle's algorithm off: every second small write would wait 40 ms for the
 * peer's delayed acknowledgement.
 */
export class TlsServer {
  readonly #tls: TlsServerOfNode;
  readonly #sockets = new Set<Socket>();
  readonly #closing = new Set<Promise<void>>();
  readonly #serving = new Set<Promise<void>>();
  #listener: Server | null = null;
  #port = 0;
  #stalled: PromiseWithResolvers<void> | null = null;

  private constructor(options: {
    readonly certificates: Certificates;
    readonly handler: (request: HttpRequest, reply: HttpReply) => Promise<void>;
  }) {
    const { cert, key } = options.certificates;
    this.#tls = createTlsServer({ cert, key, ALPNProtocols: ["http/1.1"], allowHalfOpen: true }, (socket) => {
      const below = new SocketDuplex(socket);
      const connection = new Stallable(below, () => this.#stalled?.promise);
      const served = serveHttp(connection, options.handler).finally(() => this.#serving.delete(served));
      this.#serving.add(served);
    });
    // A client that does not trust the certificate, or speaks no TLS, is no trouble of the server's.
    this.#tls.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  /** Listens. Rejects when it cannot. */
  static async start(options: {
    readonly certificates: Certificates;
    readonly handler: (request: HttpRequest, reply: HttpReply) => Promise<void>;
  }): Promise<TlsServer> {
    const server = new TlsServer(options);
    await server.comeBack();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** Goes out of reach. `refuse` cuts what is connected; `hang` freezes it. */
  async goDark(how: Darkness): Promise<void> {
    if (how === "hang") {
      this.#stalled ??= Promise.withResolvers<void>();
      return;
    }
    this.#listener?.close();
    this.#listener = null;
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#closing);
  }

  /** Comes back on the same port. Rejects when another program has taken it. */
  async comeBack(): Promise<void> {
    this.#stalled?.resolve();
    this.#stalled = null;
    if (this.#listener !== null) return;
    const listener = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      this.#untilClosed(socket).finally(() => this.#sockets.delete(socket));
      this.#tls.emit("connection", socket);
    });
    const listening = Promise.withResolvers<void>();
    listener.on("error", listening.reject);
    listener.listen(this.#port, "127.0.0.1", () => listening.resolve());
    await listening.promise;
    this.#listener = listener;
    this.#untilClosed(listener);
    const address = listener.address();
    if (address !== null && typeof address === "object") this.#port = address.port;
  }

  async close(): Promise<void> {
    this.#stalled?.resolve();
    this.#stalled = null;
    await this.goDark("refuse");
    await Promise.all(this.#serving);
  }

  #untilClosed(of: Server | Socket): Promise<void> {
    const closed: Promise<void> = new Promise<void>((resolve) => of.once("close", () => resolve()))
      .finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
    return closed;
  }
}

/** A `Duplex` that neither reads nor writes while a promise is pending. */
class Stallable implements Duplex {
  readonly #below: Duplex;
  readonly #stalled: () => Promise<void> | undefined;

  constructor(below: Duplex, stalled: () => Promise<void> | undefined) {
    this.#below = below;
    this.#stalled = stalled;
  }

  async read(): Promise<Uint8Array | null> {
    const bytes = await this.#below.read();
    await this.#stalled();
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#stalled();
    await this.#below.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#below.closeWrite();
  }

  reset(): void {
    this.#below.reset();
  }

  close(): void {
    this.#below.close();
  }
}
