import type { Duplex } from "../model/stream.ts";

/** One request, its body read whole. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** How a request is answered: one of `send`, `start`, `stream` or `takeOver`, once. */
export interface HttpReply {
  /** Whether one of them was called. */
  readonly begun: boolean;
  send(
    status: number,
    options?: { headers?: Readonly<Record<string, string>>; body?: Uint8Array | string },
  ): Promise<void>;
  /** Begins an answer of `length` bytes; the caller writes exactly that many with the function that it gets. */
  start(status: number, options: { readonly length: number }): Promise<(bytes: Uint8Array) => Promise<void>>;
  /** Begins a chunked answer. `gone` is aborted when the client leaves. */
  stream(status: number, headers: Readonly<Record<string, string>>): Promise<HttpBody>;
  /** Sends a 101 and hands over the connection, with whatever came after the request still to be read. */
  takeOver(headers: Readonly<Record<string, string>>): Promise<Duplex>;
}

/** The body of a chunked answer. */
export interface HttpBody {
  readonly gone: AbortSignal;
  write(text: string): Promise<void>;
  end(): Promise<void>;
  /** Cuts the connection in the middle of the answer. */
  cut(): void;
}

/** What a request did to its connection: `next` keeps it for the next request. */
type After = "next" | "close" | "taken";

const encoder = new TextEncoder();
const maxHead = 64 * 1024;
const maxBody = 8 * 1024 * 1024;

/**
 * Serves HTTP/1.1 on one connection until either side ends it: a server of our own because an upgrade needs the raw bytes after the
 * request, which Deno's server does not give. Closes the connection unless it was taken over. Never rejects.
 */
export async function serveHttp(
  connection: Duplex,
  handler: (request: HttpRequest, reply: HttpReply) => Promise<void>,
): Promise<void> {
  const input = new Input(connection);
  let after: After = "next";
  try {
    while (after === "next") {
      const request = await readRequest(input);
      if (request === null) break;
      const reply = new Reply(connection, input, request);
      await handler(request, reply);
      after = reply.after;
    }
  } catch {
    // A client that speaks no HTTP, or left: there is nobody to tell.
    after = "close";
  }
  if (after !== "taken") connection.close();
}

/** Bytes of a connection with a look-ahead. At most one read is under way, whoever asks. */
class Input {
  readonly #source: Duplex;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #filling: Promise<boolean> | null = null;

  constructor(source: Duplex) {
    this.#source = source;
  }

  get buffered(): Uint8Array<ArrayBuffer> {
    return this.#buffer;
  }

  /** Reads more; false at the end. */
  fill(): Promise<boolean> {
    this.#filling ??= this.#source.read().then((bytes) => {
      if (bytes === null) return false;
      const joined = new Uint8Array(this.#buffer.length + bytes.length);
      joined.set(this.#buffer);
      joined.set(bytes, this.#buffer.length);
      this.#buffer = joined;
      return true;
    }).finally(() => this.#filling = null);
    return this.#filling;
  }

  take(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.slice(0, count);
    this.#buffer = this.#buffer.slice(count);
    return taken;
  }

  async exactly(count: number): Promise<Uint8Array<ArrayBuffer>> {
    if (count > maxBody) throw new Error("The body is too long");
    while (this.#buffer.length < count) {
      if (!await this.fill()) throw new Error("The connection ended inside a request");
    }
    return this.take(count);
  }

  /** Up to and without `\r\n`. */
  async line(): Promise<string> {
    while (true) {
      const end = indexOfLine(this.#buffer);
      if (end >= 0) return new TextDecoder().decode(this.take(end + 2).subarray(0, end));
      if (this.#buffer.length > maxHead || !await this.fill()) throw new Error("The connection ended inside a request");
    }
  }

  async atEnd(): Promise<boolean> {
    return this.#buffer.length === 0 && !await this.fill();
  }
}

function indexOfLine(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) if (bytes[at + 1] === 10) return at;
  return -1;
}

async function readRequest(input: Input): Promise<HttpRequest | null> {
  if (await input.atEnd()) return null;
  const [method = "", target = "", version = ""] = (await input.line()).split(" ");
  if (!version.startsWith("HTTP/1.")) throw new Error("Not HTTP/1");
  const headers = new Headers();
  for (let line = await input.line(); line !== ""; line = await input.line()) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const url = new URL(target, `http://${headers.get("host") ?? "sandbox"}`);
  if (headers.get("transfer-encoding")?.toLowerCase() === "chunked") {
    return { method, url, headers, body: await readChunks(input) };
  }
  const body = await input.exactly(Number(headers.get("content-length") ?? "0"));
  return { method, url, headers, body };
}

async function readChunks(input: Input): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for (let size = parseInt(await input.line(), 16); size > 0; size = parseInt(await input.line(), 16)) {
    total += size;
    if (total > maxBody) throw new Error("The body is too long");
    parts.push(await input.exactly(size));
    await input.line();
  }
  while (await input.line() !== "");
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

class Reply implements HttpReply {
  after: After;
  readonly #connection: Duplex;
  readonly #input: Input;
  readonly #request: HttpRequest;
  #begun = false;

  constructor(connection: Duplex, input: Input, request: HttpRequest) {
    this.#connection = connection;
    this.#input = input;
    this.#request = request;
    this.after = request.headers.get("connection")?.toLowerCase() === "close" ? "close" : "next";
  }

  get begun(): boolean {
    return this.#begun;
  }

  async send(
    status: number,
    options: { headers?: Readonly<Record<string, string>>; body?: Uint8Array | string } = {},
  ): Promise<void> {
    const body = typeof options.body === "string" ? encoder.encode(options.body) : options.body ?? new Uint8Array(0);
    const head = this.#head(status, { "content-length": String(body.length), ...options.headers });
    if (this.#request.method === "HEAD" || body.length === 0) return await this.#connection.write(head);
    const whole = new Uint8Array(head.length + body.length);
    whole.set(head);
    whole.set(body, head.length);
    await this.#connection.write(whole);
  }

  async start(status: number, options: { readonly length: number }): Promise<(bytes: Uint8Array) => Promise<void>> {
    await this.#connection.write(this.#head(status, { "content-length": String(options.length) }));
    if (this.#request.method === "HEAD") return () => Promise.resolve();
    return (bytes) => this.#connection.write(bytes);
  }

  async stream(status: number, headers: Readonly<Record<string, string>>): Promise<HttpBody> {
    await this.#connection.write(this.#head(status, { "transfer-encoding": "chunked", ...headers }));
    const gone = new AbortController();
    // The only way to learn that the client left is to read; a pipelined request stays in the buffer.
    this.#input.fill().then((more) => more || gone.abort(), () => gone.abort());
    return {
      gone: gone.signal,
      write: (text) => {
        const bytes = encoder.encode(text);
        const head = encoder.encode(`${bytes.length.toString(16)}\r\n`);
        const chunk = new Uint8Array(head.length + bytes.length + 2);
        chunk.set(head);
        chunk.set(bytes, head.length);
        chunk.set([13, 10], head.length + bytes.length);
        return this.#connection.write(chunk);
      },
      end: () => this.#connection.write(encoder.encode("0\r\n\r\n")),
      cut: () => {
        gone.abort();
        this.#connection.close();
      },
    };
  }

  async takeOver(headers: Readonly<Record<string, string>>): Promise<Duplex> {
    await this.#connection.write(this.#head(101, headers));
    this.after = "taken";
    const input = this.#input;
    const connection = this.#connection;
    return {
      read: async () => {
        if (input.buffered.length > 0) return input.take(input.buffered.length);
        return await connection.read();
      },
      write: (bytes) => connection.write(bytes),
      closeWrite: () => connection.closeWrite(),
      reset: () => connection.reset(),
      close: () => connection.close(),
    };
  }

  #head(status: number, headers: Readonly<Record<string, string>>): Uint8Array {
    this.#begun = true;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return encoder.encode(`HTTP/1.1 ${status} ${reasons[status] ?? "Status"}\r\n${lines}\r\n`);
  }
}

const reasons: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  201: "Created",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  415: "Unsupported Media Type",
  422: "Unprocessable Entity",
  500: "Internal Server Error",
  503: "Service Unavailable",
};
