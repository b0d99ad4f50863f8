import { connect, createServer, type Server, type Socket } from "node:net";

/** A small HTTP proxy on loopback that knows CONNECT alone, and leads every request to one port of this machine. */
export class ConnectProxy implements AsyncDisposable {
  /** The request heads that came: `host:port`, and the credentials. */
  readonly asked: { readonly to: string; readonly credentials: string | null }[] = [];
  /** Instead of a connection, this status line. */
  answer: string | null = null;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#server = createServer((client) => {
      this.#keep(client);
      let head = "";
      const heard = (chunk: Uint8Array) => {
        head += new TextDecoder("latin1").decode(chunk);
        if (!head.includes("\r\n\r\n")) return;
        client.off("data", heard);
        this.asked.push({
          to: /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? `not CONNECT: ${head.split("\r\n")[0]}`,
          credentials: /^proxy-authorization: basic (\S+)\r$/im.exec(head)?.[1] ?? null,
        });
        if (this.answer !== null) return void client.end(`HTTP/1.1 ${this.answer}\r\nContent-Length: 0\r\n\r\n`);
        const server = connect({ host: "127.0.0.1", port: target });
        this.#keep(server);
        server.once("connect", () => {
          client.write("HTTP/1.1 200 Connection established\r\n\r\n");
          client.pipe(server);
          server.pipe(client);
        });
      };
      client.on("data", heard);
    });
  }

  static open(target: number): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(target);
    return new Promise((resolve) => proxy.#server.listen(0, "127.0.0.1", () => resolve(proxy)));
  }

  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === "string" ? 0 : address.port;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
