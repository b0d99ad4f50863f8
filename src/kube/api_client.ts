import { AccessError } from "../model/cluster_access.ts";
import type { Clock } from "../model/world.ts";
import { linkAbort, type LinkedAbort } from "./abort.ts";
import { answerError, connectionError, GoneError } from "./failures.ts";
import type { SocketHttp } from "./socket_http.ts";
import type { Transport } from "./transport.ts";

/** Where and until when. */
export interface RequestOptions {
  readonly signal: AbortSignal;
  /** Milliseconds from the start to the last byte of the answer. */
  readonly timeout: number;
}

/** Where, and how long silence may last. */
export interface StreamOptions {
  readonly signal: AbortSignal;
  /** Milliseconds from the start to the answer's headers. */
  readonly timeout: number;
  /** Milliseconds without a byte after which the stream counts as dead. */
  readonly silence: number;
}

/** A request that changes something. */
export interface WriteRequest {
  readonly method: "POST" | "DELETE";
  /** Begins with `/`. */
  readonly path: string;
  readonly body?: unknown;
}

/** An answer of the API server to such a request. */
export interface WriteAnswer {
  readonly status: number;
  /** Parsed JSON; null where there was none. */
  readonly body: unknown;
}

interface Timer {
  start(ms: number): void;
  stop(): void;
}

interface Attempt {
  readonly signal: AbortSignal;
  readonly timer: Timer;
  readonly timeout: number;
  readonly write?: WriteRequest;
}

/** A line longer than this is no watch event: an object in Kubernetes ends at about 1.5 MiB (etcd's limit). */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * Requests to one API server: JSON documents, streams of JSON lines, and writes.
 *
 * HTTP/1.1 on purpose: over HTTP/2 every watch would share one connection, and one that died in silence would take them all, and each new
 * request too. Rejects with `AccessError` or, where the server has forgotten a version, `GoneError`; with the signal's reason when
 * aborted.
 */
export class ApiClient {
  readonly #transport: Transport;
  readonly #clock: Clock;
  #http: Deno.HttpClient | null = null;
  #sockets: SocketHttp | null = null;
  #closed = false;

  /** Opens nothing. */
  constructor(transport: Transport, { clock }: { readonly clock: Clock }) {
    this.#transport = transport;
    this.#clock = clock;
  }

  /** The JSON document at `path`, which begins with `/` and may have a query. */
  async get(path: string, { signal, timeout }: RequestOptions): Promise<unknown> {
    const abort = linkAbort(signal);
    const timer = this.#timer(abort);
    try {
      const response = await this.#request(path, { signal: abort.signal, timer, timeout });
      return await response.json();
    } catch (error) {
      throw this.#explain(error, abort.signal);
    } finally {
      timer.stop();
      abort.unlink();
    }
  }

  /** The lines of the stream at `path` as parsed JSON, in one array per piece that arrived. Ends when the server ends it. */
  async *lines(path: string, { signal, timeout, silence }: StreamOptions): AsyncGenerator<readonly unknown[], void> {
    const abort = linkAbort(signal);
    const timer = this.#timer(abort);
    try {
      const response = await this.#request(path, { signal: abort.signal, timer, timeout });
      const decoder = new TextDecoder();
      let rest = "";
      timer.start(silence);
      for await (const piece of response.body ?? []) {
        timer.start(silence);
        const text = rest + decoder.decode(piece, { stream: true });
        const end = text.lastIndexOf("\n");
        rest = text.slice(end + 1);
        if (rest.length > LONGEST_LINE) {
          throw new AccessError("cluster-unreachable", "the API server sends an endless line");
        }
        if (end >= 0) {
          yield text.slice(0, end).split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
        }
      }
    } catch (error) {
      throw this.#explain(error, abort.signal);
    } finally {
      timer.stop();
      // Also where the reader stopped early: nothing else ends the connection.
      abort.abort(new DOMException("The stream is not read any more", "AbortError"));
      abort.unlink();
    }
  }

  /**
   * Sends a change. What the server says about the object itself (2xx, 404, 409, 422 and other refusals of what was sent) is the answer;
   * what it says about the caller (401, 403) or that it cannot (5xx, 429) rejects. Never sent twice but after a 401.
   */
  async write(request: WriteRequest, { signal, timeout }: RequestOptions): Promise<WriteAnswer> {
    const abort = linkAbort(signal);
    const timer = this.#timer(abort);
    try {
      const attempt = { signal: abort.signal, timer, timeout, write: request };
      let response = await this.#fetch(request.path, attempt);
      if (response.status === 401) {
        await response.body?.cancel();
        this.#transport.expire();
        response = await this.#fetch(request.path, attempt);
      }
      const body = parsed(await response.text());
      const { status } = response;
      if (status === 401 || status === 403 || status === 429 || status >= 500) throw answerError(status, body);
      return { status, body };
    } catch (error) {
      throw this.#explain(error, abort.signal);
    } finally {
      timer.stop();
      abort.unlink();
    }
  }

  /** Lets idle connections go: the next request dials anew. Requests under way go on until their own signals end them. */
  renew(): void {
    this.#http?.close();
    this.#http = null;
    this.#sockets?.close();
    this.#sockets = null;
  }

  async #request(path: string, { signal, timer, timeout }: Attempt): Promise<Response> {
    const first = await this.#fetch(path, { signal, timer, timeout });
    if (first.status !== 401) return await checked(first);
    await first.body?.cancel();
    this.#transport.expire();
    return await checked(await this.#fetch(path, { signal, timer, timeout }));
  }

  async #fetch(path: string, { signal, timer, timeout, write }: Attempt): Promise<Response> {
    const { server } = this.#transport;
    // Credentials may come from a plugin that a person has to answer: the server's time starts after that.
    timer.stop();
    const headers = { accept: "application/json", ...await this.#transport.headers(signal) };
    timer.start(timeout);
    // A server may live below a path, as behind a gateway that serves several clusters.
    const url = `${server.origin}${server.pathname.replace(/\/+$/, "")}${path}`;
    const request = {
      signal,
      ...(write === undefined ? { headers } : {
        method: write.method,
        headers: { ...headers, "content-type": "application/json" },
        ...(write.body === undefined ? {} : { body: JSON.stringify(write.body) }),
      }),
    };
    if (this.#transport.dialling !== undefined) return await (await this.#socketHttp()).fetch(url, request);
    return await fetch(url, { client: this.#client(), redirect: "manual", ...request });
  }

  /** No request begins any more; those under way end by their own signals. */
  close(): void {
    this.#closed = true;
    this.renew();
  }

  /** Loaded only where `fetch` cannot be told how to connect. */
  async #socketHttp(): Promise<SocketHttp> {
    const { SocketHttp } = await import("./socket_http.ts");
    this.#assertOpen();
    return this.#sockets ??= new SocketHttp(this.#transport, this.#clock);
  }

  #assertOpen(): void {
    if (this.#closed) throw new AccessError("cluster-unreachable", "the credentials are being read anew");
  }

  #client(): Deno.HttpClient {
    this.#assertOpen();
    const { caCerts, cert, key } = this.#transport;
    try {
      return this.#http ??= Deno.createHttpClient({
        http2: false,
        ...(caCerts === undefined ? {} : { caCerts: [...caCerts] }),
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
      });
    } catch (error) {
      throw new AccessError("kubeconfig-invalid", "the client certificate or its key is not valid PEM", {
        cause: error,
      });
    }
  }

  /** Aborts what takes too long. */
  #timer(abort: LinkedAbort): Timer {
    let cancel = () => {};
    return {
      start: (ms) => {
        cancel();
        cancel = this.#clock.after(ms, () => {
          const message = `${this.#transport.server.host} did not answer within ${ms / 1000} s`;
          abort.abort(new AccessError("cluster-unreachable", message));
        });
      },
      stop: () => cancel(),
    };
  }

  #explain(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof SyntaxError) {
      return new AccessError(
        "cluster-unreachable",
        "the server's answer is not JSON: is this a Kubernetes API server?",
        { cause: error },
      );
    }
    return error instanceof GoneError ? error : connectionError(error, this.#transport.server);
  }
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw answerError(response.status, parsed(await response.text()));
}

/** JSON, or null: not the API server's own answer but a gateway's page, which says nothing to a person here. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
