import { connect, createServer, type Socket } from "node:net";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

/** A server on loopback for a test; ends with all its connections when disposed. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
  /** Connections accepted so far. */
  readonly accepted: () => number;
}

/** Listens on a free port (or `at`) and hands each connection to `handle`. Connections are half-open capable. */
export async function serve(handle: (socket: Socket) => void, at = 0): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    handle(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: at, host: "127.0.0.1", backlog: 4096 }, resolve);
  });
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  return {
    port: address.port,
    sockets,
    accepted: () => accepted,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Sends back what it gets, and ends when the client has ended. */
export const echo = (socket: Socket): void => {
  socket.pipe(socket);
};

/** Answers each connection with `text` and ends. */
export const says = (text: string): (socket: Socket) => void => (socket) => {
  socket.resume();
  socket.end(text);
};

/** Reads all, then answers with its SHA-256 in hex. */
export const digest = (socket: Socket): void => {
  const hash = createHash("sha256");
  socket.on("data", (bytes) => hash.update(bytes));
  socket.on("end", () => socket.end(hash.digest("hex")));
};

/** A free port, as of now. */
export async function freePort(): Promise<number> {
  await using server = await serve(() => {});
  return server.port;
}

/** Connects and waits until connected. */
export async function dial(port: number, host = "127.0.0.1"): Promise<Socket> {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return socket;
}

/** How a connection ended for the one who reads it. */
export interface Ending {
  readonly text: string;
  /** The error's code, or null for an end in good order. */
  readonly code: string | null;
}

/** Reads until the end or an error, then closes. */
export function readAll(socket: Socket): Promise<Ending> {
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    const finish = (code: string | null) => {
      socket.destroy();
      resolve({ text: Buffer.concat(parts).toString("latin1"), code });
    };
    socket.on("data", (bytes: Uint8Array) => parts.push(bytes));
    socket.on("end", () => finish(null));
    socket.on("error", (error) => finish("code" in error ? String(error.code) : error.message));
    socket.resume();
  });
}

/** Sends `text`, shuts down the writing side, reads the answer. */
export async function ask(port: number, text = "hello"): Promise<Ending> {
  const socket = await dial(port);
  const ending = readAll(socket);
  socket.end(text);
  return await ending;
}

/** The next bytes as text. */
export function next(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once("data", (bytes: Uint8Array) => {
      socket.pause();
      resolve(Buffer.from(bytes).toString("latin1"));
    });
    socket.once("error", reject);
    socket.resume();
  });
}
