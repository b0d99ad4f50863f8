import type { ForwardDetails, ForwardVerb, HistoryQuery } from "../model/forward_details.ts";
import type { RunningForward } from "../model/forwarders.ts";
import type { Json } from "../model/json.ts";
import type { Key } from "../model/key.ts";
import { asPort, type Port } from "../model/port.ts";
import type { Outcome, Plan } from "../model/plan.ts";
import type { Event } from "../model/status.ts";
import type { Clock } from "../model/world.ts";
import { ControlError } from "./control_error.ts";
import { API_PREFIX, type DaemonMessage, type ServiceQuery } from "./daemon_api.ts";
import type { StatusDocument } from "../model/status_document.ts";
import { decodeEvents } from "./event_stream.ts";
import { decodeForwards } from "./forwards_json.ts";
import { lookAt } from "./socket_file.ts";
import { decodeDetails, decodeEvent, decodeHistory, decodeOutcome, decodePlan, decodeStatus, record } from "./wire.ts";

/** The process that holds a workspace, from another one. All rejections are `ControlError`, or the signal's reason. */
export interface ControlClient {
  status(signal: AbortSignal): Promise<StatusDocument>;
  forwards(signal: AbortSignal): Promise<readonly RunningForward[]>;
  /** As the method of `Daemon`; so are the next four. */
  plan(signal: AbortSignal): Promise<Plan>;
  /** Resolves when it has taken the request. */
  approve(keys: readonly Key[], signal: AbortSignal): Promise<void>;
  control(name: string, verb: ForwardVerb, signal: AbortSignal): Promise<Outcome>;
  /** Stops a forward because the workspace of the file `to` takes its port over. */
  yieldPort(name: string, options: { readonly to: string; readonly signal: AbortSignal }): Promise<Outcome>;
  details(name: string, signal: AbortSignal): Promise<ForwardDetails | null>;
  history(query: HistoryQuery, signal: AbortSignal): Promise<readonly Event[]>;
  /** What is, then what happens; ends when the process ends. */
  events(signal: AbortSignal): AsyncIterable<DaemonMessage>;
  /** Asks it to stop. Resolves when it has taken the request, not when it has ended: `events` ends then. */
  down(signal: AbortSignal): Promise<void>;
  /** The link of the web page with its token; null where none is served. */
  dashboard(signal: AbortSignal): Promise<string | null>;
  /** As the method of `Daemon`. */
  servicePorts(asked: ServiceQuery, signal: AbortSignal): Promise<readonly Port[]>;
  /** Asks it to leave the workspace to the process `pid`. Resolves when it has taken the request. */
  handOver(pid: number, signal: AbortSignal): Promise<void>;
  reload(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** What `connectControl` needs. */
export interface ConnectOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long an answer may take, in milliseconds; absent: 5 s. */
  readonly timeout?: number;
}

/**
 * Reaches the process that serves `path`. Null where no socket is, or a dead one. Rejects with `ControlError` when it is there and cannot
 * be used.
 */
export async function connectControl(path: string, options: ConnectOptions): Promise<ControlClient | null> {
  options.signal.throwIfAborted();
  if (await lookAt(path) !== "socket") return null;
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    connection.close();
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.NotFound) return null;
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new ControlError("refused", `No permission to use the control socket ${path}`, { cause: error });
    }
    throw error;
  }
  return new SocketClient(path, { clock: options.clock, timeout: options.timeout ?? 5_000 });
}

/** How long an answer may take that waits for clusters, in milliseconds. */
const SLOW = 60_000;

const UNKNOWN_FORWARD = "unknown-forward";

interface Times {
  readonly signal: AbortSignal;
  /** Milliseconds; absent: what the client was made with. */
  readonly timeout?: number;
}

class SocketClient implements ControlClient {
  readonly #http: Deno.HttpClient;
  readonly #clock: Clock;
  readonly #timeout: number;

  constructor(path: string, { clock, timeout }: { readonly clock: Clock; readonly timeout: number }) {
    // No pool: an idle connection would keep the other side's shutdown waiting.
    this.#http = Deno.createHttpClient({ proxy: { transport: "unix", path }, poolMaxIdlePerHost: 0 });
    this.#clock = clock;
    this.#timeout = timeout;
  }

  async status(signal: AbortSignal): Promise<StatusDocument> {
    return decodeStatus(await this.#json("GET", "/status", { signal }));
  }

  async forwards(signal: AbortSignal): Promise<readonly RunningForward[]> {
    return decodeForwards(await this.#json("GET", "/forwards", { signal }));
  }

  async plan(signal: AbortSignal): Promise<Plan> {
    return decodePlan(await this.#json("GET", "/plan", { signal, timeout: SLOW }));
  }

  async approve(keys: readonly Key[], signal: AbortSignal): Promise<void> {
    await this.#json("POST", "/approve", { signal, body: { keys } });
  }

  async control(name: string, verb: ForwardVerb, signal: AbortSignal): Promise<Outcome> {
    return await this.#command(name, { verb, body: {}, signal });
  }

  async yieldPort(
    name: string,
    { to, signal }: { readonly to: string; readonly signal: AbortSignal },
  ): Promise<Outcome> {
    return await this.#command(name, { verb: "stop", body: { to }, signal });
  }

  async #command(
    name: string,
    { verb, body, signal }: { readonly verb: ForwardVerb; readonly body: Json; readonly signal: AbortSignal },
  ): Promise<Outcome> {
    const path = `/forwards/${encodeURIComponent(name)}/${verb}`;
    const answer = await this.#json("POST", path, { signal, body, timeout: SLOW, missing: UNKNOWN_FORWARD });
    if (answer !== null) return decodeOutcome(answer);
    return { status: "failed", reason: UNKNOWN_FORWARD, message: `No forward called '${name}' runs`, retry: false };
  }

  async details(name: string, signal: AbortSignal): Promise<ForwardDetails | null> {
    const path = `/forwards/${encodeURIComponent(name)}`;
    const answer = await this.#json("GET", path, { signal, missing: UNKNOWN_FORWARD });
    return answer === null ? null : decodeDetails(answer);
  }

  async history({ since, forward, limit }: HistoryQuery, signal: AbortSignal): Promise<readonly Event[]> {
    const query = new URLSearchParams();
    if (since !== undefined) query.set("since", since);
    if (forward !== undefined) query.set("forward", forward);
    if (limit !== undefined) query.set("limit", String(limit));
    return decodeHistory(await this.#json("GET", `/history?${query}`, { signal }));
  }

  async down(signal: AbortSignal): Promise<void> {
    await this.#json("POST", "/down", { signal });
  }

  async dashboard(signal: AbortSignal): Promise<string | null> {
    const { link } = record(await this.#json("GET", "/dashboard", { signal }), "link");
    return typeof link === "string" ? link : null;
  }

  async servicePorts({ cluster, service }: ServiceQuery, signal: AbortSignal): Promise<readonly Port[]> {
    const query = new URLSearchParams({ cluster, service });
    const { ports } = record(await this.#json("GET", `/ports?${query}`, { signal }), "ports");
    return Array.isArray(ports)
      ? ports.flatMap((one: unknown) => typeof one === "number" ? asPort(one) ?? [] : [])
      : [];
  }

  async handOver(pid: number, signal: AbortSignal): Promise<void> {
    await this.#json("POST", "/hand-over", { signal, body: { pid } });
  }

  async reload(signal: AbortSignal): Promise<void> {
    await this.#json("POST", "/reload", { signal });
  }

  async *events(signal: AbortSignal): AsyncGenerator<DaemonMessage> {
    const response = await this.#bounded({ signal }, async (inTime) => {
      const answer = await this.#fetch("GET", "/events", { signal: inTime });
      return answer.ok ? answer : await refuse(answer);
    });
    if (response.body === null) throw new ControlError("protocol", "The event stream has no body");
    try {
      for await (const { name, data } of decodeEvents(response.body)) {
        if (name === "snapshot") yield { kind: "snapshot", status: decodeStatus(parse(data)) };
        else if (name === "event") yield { kind: "event", event: decodeEvent(parse(data)) };
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ControlError) throw error;
      // The process ended without a good-bye: an end all the same.
    }
  }

  close(): void {
    this.#http.close();
  }

  /** The answer; null where it is the error `missing`. */
  #json(
    method: "GET" | "POST",
    path: string,
    { body, missing, ...times }: Times & { readonly body?: Json; readonly missing?: string },
  ): Promise<unknown> {
    return this.#bounded(times, async (inTime) => {
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await this.#fetch(method, path, { ...init, signal: inTime });
      const text = await response.text();
      if (response.ok) return parse(text);
      const { code, message } = errorOf(text);
      if (code !== null && code === missing) return null;
      throw new ControlError("protocol", `berth answered ${response.status}: ${message}`);
    });
  }

  async #fetch(
    method: string,
    path: string,
    init: { readonly body?: string; readonly signal: AbortSignal },
  ): Promise<Response> {
    return await fetch(`http://localhost${API_PREFIX}${path}`, { ...init, method, client: this.#http });
  }

  /**
   * Runs `work` with a signal that also fires after the time-out, and puts failures in words. What `work` leaves open is
   * from then on under `signal` alone: the time-out is over.
   */
  async #bounded<T>({ signal, timeout = this.#timeout }: Times, work: (inTime: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const limit = new AbortController();
    const cancel = this.#clock.after(timeout, () => limit.abort());
    try {
      return await work(AbortSignal.any([signal, limit.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ControlError) throw error;
      if (limit.signal.aborted) {
        const seconds = Math.round(timeout / 1000);
        throw new ControlError("timeout", `The running berth does not answer within ${seconds}s`, { cause: error });
      }
      throw new ControlError("gone", "The running berth ended while it was asked", { cause: error });
    } finally {
      cancel();
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ControlError("protocol", "The running berth answered something that is not JSON", { cause: error });
  }
}

async function refuse(response: Response): Promise<never> {
  throw new ControlError("protocol", `berth answered ${response.status}: ${errorOf(await response.text()).message}`);
}

function errorOf(text: string): { readonly code: string | null; readonly message: string } {
  const body = parse(text);
  if (typeof body === "object" && body !== null && "error" in body) {
    const { error } = body;
    if (typeof error === "object" && error !== null && "message" in error) {
      return { code: "code" in error ? String(error.code) : null, message: String(error.message) };
    }
  }
  return { code: null, message: text.slice(0, 200) };
}
