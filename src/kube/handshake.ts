import { AccessError, type PodRef } from "../model/cluster_access.ts";
import type { CarrierKind } from "./carrier.ts";
import { answerError, oneLine } from "./failures.ts";
import { isRawObject, type Raw, rawText } from "./raw.ts";
import type { ServerSocket } from "./server_socket.ts";

/** The longest answer that is looked at, head and body each, in bytes. */
const MAX_ANSWER = 64 * 1024;
/** RFC 6455, section 1.3. */
const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Kubernetes' name for port-forwarding, version 1: SPDY streams with the headers of `port_stream.ts`. */
const PROTOCOL = "portforward.k8s.io";
/** KEP-4006. */
const WEBSOCKET_PROTOCOL = `SPDY/3.1+${PROTOCOL}`;
/**
 * Answers of something between here and the API server that does not pass an upgrade on; only without a Kubernetes Status in them, but for
 * the one that says that the upgrade was stripped off.
 */
const NOT_PASSED_ON: ReadonlySet<number> = new Set([400, 403, 405, 411, 426, 501, 502]);

/** The upgrade did not get through, by what looks like the doing of something in between: another carrier may. */
export class UpgradeRefusedError extends AccessError {}

/** An answer of the API server, as far as it is known. */
interface Answer {
  readonly code: number;
  readonly headers: ReadonlyMap<string, string>;
  /** What came after the head. */
  readonly rest: Uint8Array;
}

/** What an upgrade asks for. */
export interface UpgradeRequest {
  readonly server: URL;
  readonly pod: PodRef;
  readonly kind: CarrierKind;
  /** Headers with the credentials. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Asks for the upgrade on a fresh, paused socket. Resolves with the bytes that came after the answer's head; the socket is paused again.
 * Rejects with `AccessError`, `UpgradeRefusedError` where another carrier may get through; the socket is to be destroyed then, and may
 * be destroyed to end the waiting.
 */
export async function upgrade(server: ServerSocket, request: UpgradeRequest): Promise<Uint8Array> {
  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  const source = new SocketBytes(server);
  try {
    server.socket.write(requestHead(request, nonce));
    const answer = await readHead(source);
    if (answer === null) {
      throw new UpgradeRefusedError(
        "cluster-unreachable",
        `${request.server.host} closed the connection without an answer to the upgrade`,
      );
    }
    if (answer.code !== 101) throw await refusal(answer, source);
    await check(answer, { kind: request.kind, nonce });
    return answer.rest;
  } finally {
    source.release();
  }
}

function requestHead({ server, pod, kind, headers }: UpgradeRequest, nonce: string): string {
  const base = server.pathname.replace(/\/+$/, "");
  const path = `${base}/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${
    encodeURIComponent(pod.name)
  }/portforward`;
  const own: Record<string, string> = kind === "spdy"
    ? {
      "Upgrade": "SPDY/3.1",
      "X-Stream-Protocol-Version": PROTOCOL,
      "Content-Length": "0",
    }
    : {
      "Upgrade": "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": nonce,
      "Sec-WebSocket-Protocol": WEBSOCKET_PROTOCOL,
    };
  const lines = Object.entries({
    "Host": server.host,
    "Connection": "Upgrade",
    "User-Agent": "berth",
    ...headers,
    ...own,
  })
    .map(([name, value]) => {
      // A line end in a credential would be a request of someone else's making.
      if (/[\r\n\0]/.test(name + value)) {
        throw new AccessError("kubeconfig-invalid", `the header ${JSON.stringify(name)} has a line end in it`);
      }
      return `${name}: ${value}\r\n`;
    });
  return `${kind === "spdy" ? "POST" : "GET"} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

async function readHead(source: SocketBytes): Promise<Answer | null> {
  let bytes: Uint8Array = new Uint8Array(0);
  let end = -1;
  while (end < 0) {
    const chunk = await source.next();
    if (chunk === null) return null;
    bytes = join(bytes, chunk);
    end = headEnd(bytes);
    if (end < 0 && bytes.length > MAX_ANSWER) throw noHttp();
  }
  const [first = "", ...lines] = new TextDecoder().decode(bytes.subarray(0, end)).split("\r\n");
  const code = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (code === undefined) throw noHttp();
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { code: Number(code), headers, rest: bytes.subarray(end + 4) };
}

/** Where the blank line begins, or -1. */
function headEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0 && at + 3 < bytes.length; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}

async function refusal(answer: Answer, source: SocketBytes): Promise<AccessError> {
  const text = await readBody(answer, source);
  const status = statusObject(text);
  const stripped = answer.code === 400 && /^upgrade request required/i.test(rawText(status?.["message"]) ?? "");
  if (stripped || (status === null && (answer.code < 400 || NOT_PASSED_ON.has(answer.code)))) {
    const words = text.startsWith("<") ? "" : stripped ? "upgrade request required" : oneLine(text);
    return new UpgradeRefusedError(
      "cluster-unreachable",
      `the upgrade was answered with status ${answer.code}${words === "" ? "" : `: ${words}`}`,
    );
  }
  const error = answerError(answer.code, status ?? { message: text.startsWith("<") ? "" : oneLine(text) });
  return error instanceof AccessError ? error : new AccessError("cluster-unreachable", error.message, { cause: error });
}

/** The text of a body, as far as it comes; how it is framed decides only where it ends. */
async function readBody(answer: Answer, source: SocketBytes): Promise<string> {
  const length = Number(answer.headers.get("content-length") ?? Number.NaN);
  const chunked = /chunked/i.test(answer.headers.get("transfer-encoding") ?? "");
  let body = answer.rest;
  const whole = () =>
    chunked ? /\r?\n?0\r\n\r\n$/.test(new TextDecoder().decode(body.subarray(-8))) : body.length >= length;
  while (!whole() && body.length < MAX_ANSWER) {
    const chunk = await source.next();
    if (chunk === null) break;
    body = join(body, chunk);
  }
  const text = new TextDecoder().decode(body);
  return (chunked ? text.replaceAll(/(^|\r\n)[0-9a-fA-F]+(;[^\r\n]*)?\r\n/g, "") : text).trim();
}

function statusObject(text: string): Raw | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRawObject(value) && value["kind"] === "Status" ? value : null;
  } catch {
    return null;
  }
}

/** An answer 101 that agrees to something else comes from something that only looks like an API server. */
async function check(answer: Answer, asked: { readonly kind: CarrierKind; readonly nonce: string }): Promise<void> {
  const upgraded = answer.headers.get("upgrade")?.toLowerCase();
  const wrong = (what: string) =>
    new UpgradeRefusedError("cluster-unreachable", `the upgrade was answered with ${what}`);
  if (asked.kind === "spdy") {
    if (upgraded !== "spdy/3.1") throw wrong(`the protocol ${JSON.stringify(upgraded ?? "")}`);
    return;
  }
  if (upgraded !== "websocket") throw wrong(`the protocol ${JSON.stringify(upgraded ?? "")}`);
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(asked.nonce + WEBSOCKET_GUID));
  if (answer.headers.get("sec-websocket-accept") !== btoa(String.fromCharCode(...new Uint8Array(digest)))) {
    throw wrong("a WebSocket that was not asked for");
  }
  const protocol = answer.headers.get("sec-websocket-protocol");
  if (protocol !== WEBSOCKET_PROTOCOL) throw wrong(`the WebSocket protocol ${JSON.stringify(protocol ?? "")}`);
}

function noHttp(): AccessError {
  return new UpgradeRefusedError("cluster-unreachable", "the upgrade was answered with something that is not HTTP/1.1");
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const out = new Uint8Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}

/** A socket's bytes, chunk by chunk, until `release`; the socket is paused whenever nobody waits. */
class SocketBytes {
  readonly #server: ServerSocket;
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
  #waiter: ((chunk: Uint8Array | null) => void) | null = null;

  constructor(server: ServerSocket) {
    this.#server = server;
    server.receive(this.#bytes);
    server.socket.on("error", this.#end);
    server.socket.on("end", this.#end);
    server.socket.on("close", this.#end);
    server.resume();
  }

  /** The next chunk, or null at the end, however it came. */
  next(): Promise<Uint8Array | null> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (this.#ended) return Promise.resolve(null);
    this.#server.resume();
    return new Promise((resolve) => this.#waiter = resolve);
  }

  release(): void {
    this.#server.pause();
    this.#server.receive(null);
    this.#server.socket.off("error", this.#end);
    this.#server.socket.off("end", this.#end);
    this.#server.socket.off("close", this.#end);
  }

  readonly #bytes = (chunk: Uint8Array): boolean => {
    this.#server.pause();
    const waiter = this.#waiter;
    this.#waiter = null;
    const bytes = chunk.slice();
    if (waiter === null) this.#chunks.push(bytes);
    else waiter(bytes);
    return true;
  };

  readonly #end = (): void => {
    this.#ended = true;
    this.#waiter?.(null);
    this.#waiter = null;
  };
}
