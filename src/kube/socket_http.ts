import { Agent, type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../model/world.ts";
import { openSocket } from "./open_socket.ts";
import type { Transport } from "./transport.ts";

/** How long one connection may take to be there, in milliseconds. */
const DIAL_TIMEOUT = 10_000;

/** What a request asks for. */
export interface SocketRequest {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/**
 * Requests over sockets of `openSocket`, for servers that `fetch` cannot be made to reach: through a proxy of the kubeconfig's own, under another TLS
 * name, or without a check. Connections are kept for the next request.
 */
export class SocketHttp {
  readonly #agent: DiallingAgent;

  constructor(transport: Transport, clock: Clock) {
    this.#agent = new DiallingAgent(transport, clock);
  }

  /** Resolves with the answer's head; its body streams, with backpressure. Rejects as `openSocket` does. */
  fetch(url: string, { method = "GET", headers, body, signal }: SocketRequest): Promise<Response> {
    const { pathname, search, hostname, port, host } = new URL(url);
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const asked = request({
        agent: this.#agent,
        hostname,
        port,
        path: `${pathname}${search}`,
        method,
        headers: { host, ...headers, ...(body === undefined ? {} : { "content-length": utf8Length(body) }) },
        signal,
      }, (answer) => resolve(responseOf(answer, signal)));
      asked.once("error", (error: Error) => reject(signal.aborted ? signal.reason : error));
      asked.end(body);
    });
  }

  /** Lets idle connections go. Requests under way go on; their connections are not kept. */
  close(): void {
    this.#agent.maxFreeSockets = 0;
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}

class DiallingAgent extends Agent {
  readonly #transport: Transport;
  readonly #clock: Clock;

  constructor(transport: Transport, clock: Clock) {
    super({ keepAlive: true });
    this.#transport = transport;
    this.#clock = clock;
  }

  override createConnection(
    _options: unknown,
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    // The request that asked may be aborted meanwhile; then node destroys the socket as soon as it is handed over.
    const { signal } = new AbortController();
    openSocket(this.#transport, { signal, clock: this.#clock, timeout: DIAL_TIMEOUT }).then(
      (socket) => {
        socket.resume();
        done?.(null, socket);
      },
      // Node calls back with the error alone; its types want a socket as well.
      (error) => void (done === undefined || Reflect.apply(done, undefined, [error])),
    );
  }
}

function responseOf(answer: IncomingMessage, signal: AbortSignal): Response {
  const chunks: AsyncIterator<Uint8Array> = answer[Symbol.asyncIterator]();
  const status = answer.statusCode ?? 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(new Uint8Array(next.value));
      } catch (error) {
        controller.error(signal.aborted ? signal.reason : error);
      }
    },
    cancel() {
      answer.destroy();
    },
  }, { highWaterMark: 0 });
  if (status === 204 || status === 304) {
    answer.resume();
    return new Response(null, { status });
  }
  return new Response(body, { status });
}

function utf8Length(text: string): string {
  return String(new TextEncoder().encode(text).length);
}
