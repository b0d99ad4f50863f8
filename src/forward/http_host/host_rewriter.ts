import type { Duplex } from "../../model/stream.ts";
import { MessageParser } from "./message.ts";
import { Responses } from "./responses.ts";

/** The Host to write instead of the one a client sent; undefined: that one stays. */
export type HostLookup = (host: string) => string | undefined;

/** A client connection, as the relay sees it. */
export interface Client extends Duplex {
  readonly remoteHost: string;
}

const LF = 10;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) \S+ HTTP\/1\.[01]$/;

/**
 * A client's connection on which the Host of each HTTP/1.1 request is looked up, and written anew where the lookup says so; nothing else is
 * changed. Requests are followed one after the other: pipelined ones, those with a body of known length or in chunks. After a request to speak
 * something else (Upgrade, CONNECT) the client's next bytes wait until the answer says whether they are HTTP. What is no HTTP passes as it is.
 * At most one line is kept, never a body.
 */
export class HostRewriter implements Client {
  readonly #client: Client;
  readonly #lookup: HostLookup;
  readonly #responses: Responses;
  readonly #requests: MessageParser;
  /** A header's line that has begun and not ended. */
  #held: Uint8Array[] = [];
  #pending: Uint8Array | null = null;
  #verdict: PromiseWithResolvers<void> | null = null;
  #method = "";
  #upgrade = false;
  #newHost: string | null = null;

  constructor(client: Client, lookup: HostLookup) {
    this.#client = client;
    this.#lookup = lookup;
    this.#responses = new Responses((verdict) => {
      if (verdict === "switched") this.#requests.giveUp();
      this.#verdict?.resolve();
      this.#verdict = null;
    });
    this.#requests = new MessageParser({
      start: (line) => {
        const method = REQUEST_LINE.exec(line)?.[1];
        this.#method = method ?? "";
        this.#upgrade = method === "CONNECT";
        return method !== undefined;
      },
      header: (name, value) => {
        if (name === "host") this.#newHost = this.#lookup(value) ?? null;
        if (name === "upgrade") this.#upgrade = true;
      },
      headEnd: () => {
        this.#responses.asked({ method: this.#method, upgrade: this.#upgrade });
        return this.#method === "CONNECT" ? "none" : "framed";
      },
      end: () => {
        if (this.#upgrade) this.#verdict = Promise.withResolvers<void>();
      },
    });
  }

  get remoteHost(): string {
    return this.#client.remoteHost;
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const bytes = this.#pending ?? await this.#client.read();
      this.#pending = null;
      if (bytes === null) return this.#rest();
      // The answer may come while the client is silent: what it says afterwards is judged by it.
      if (this.#verdict !== null) await this.#verdict.promise;
      const out = this.#pass(bytes);
      if (out.length > 0) return out;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#responses.take(bytes);
    await this.#client.write(bytes);
  }

  async closeWrite(): Promise<void> {
    this.#responses.end();
    await this.#client.closeWrite();
  }

  reset(): void {
    this.#responses.end();
    this.#client.reset();
  }

  close(): void {
    this.#responses.end();
    this.#client.close();
  }

  /** The end of the stream, after what was held of a line that never ended. */
  #rest(): Uint8Array | null {
    if (this.#held.length === 0) return null;
    const rest = joined(this.#held);
    this.#held = [];
    return rest;
  }

  #pass(bytes: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    const requests = this.#requests;
    let at = 0;
    let from = 0;
    if (requests.raw) return this.#after(out, bytes);
    while (at < bytes.length && this.#verdict === null && !requests.raw) {
      const inHeader = requests.inHeader;
      const next = requests.step(bytes, at);
      if (inHeader) {
        const ended = bytes[next - 1] === LF;
        if (!ended && !requests.raw) {
          // The rest of the line comes later: it may be a Host.
          out.push(bytes.subarray(from, at));
          this.#held.push(bytes.slice(at, next));
          return joined(out);
        }
        if (this.#newHost !== null) {
          out.push(bytes.subarray(from, at), new TextEncoder().encode(`Host: ${this.#newHost}\r\n`));
          this.#newHost = null;
          this.#held = [];
          from = next;
        } else if (this.#held.length > 0) {
          out.push(...this.#take());
        }
      }
      at = next;
    }
    if (this.#verdict !== null && at < bytes.length) {
      this.#pending = bytes.subarray(at);
      return this.#after(out, bytes.subarray(from, at));
    }
    return this.#after(out, bytes.subarray(from));
  }

  #after(out: Uint8Array[], rest: Uint8Array): Uint8Array {
    const held = this.#take();
    if (held.length === 0 && out.length === 0) return rest;
    return joined([...held, ...out, rest]);
  }

  #take(): readonly Uint8Array[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
