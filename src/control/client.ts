import type { RunningForward } from "../model/forwarders.ts";
import type { Clock } from "../model/world.ts";
import { ControlError } from "./control_error.ts";
import { API_PREFIX, type DaemonMessage } from "./daemon_api.ts";
import type { StatusDocument } from "../model/status_document.ts";
import { decodeEvents } from "./event_stream.ts";
import { decodeForwards } from "./forwards_json.ts";
import { lookAt } from "./socket_file.ts";
import { decodeEvent, decodeStatus } from "./wire.ts";

/** The process that holds a workspace, from another one. All rejections are `ControlError`, or the signal's reason. */
export interface ControlClient {
  status(signal: AbortSignal): Promise<StatusDocument>;
  forwards(signal: AbortSignal): Promise<readonly RunningForward[]>;
  /** What is, then what happens; ends when the process ends. */
  events(signal: AbortSignal): AsyncIterable<DaemonMessage>;
  /** Asks it to stop. Resolves when it has taken the request, not when it has ended: `events` ends then. */
  down(signal: AbortSignal): Promise<void>;
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

/** Reaches the process that serves `path`. Null where no socket is, or a dead one. Rejects with `ControlError` when it is there and cannot be used. */
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
    return decodeStatus(await this.#json("GET", "/status", signal));
  }

  async forwards(signal: AbortSignal): Promise<readonly RunningForward[]> {
    return decodeForwards(await this.#json("GET", "/forwards", signal));
  }

  async down(signal: AbortSignal): Promise<void> {
    await this.#json("POST", "/down", signal);
  }

  async reload(signal: AbortSignal): Promise<void> {
    await this.#json("POST", "/reload", signal);
  }

  async *events(signal: AbortSignal): AsyncGenerator<DaemonMessage> {
    const response = await this.#bounded(signal, (inTime) => this.#fetch("GET", "/events", inTime));
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

  #json(method: "GET" | "POST", path: string, signal: AbortSignal): Promise<unknown> {
    return this.#bounded(signal, async (inTime) => {
      const response = await this.#fetch(method, path, inTime);
      return parse(await response.text());
    });
  }

  async #fetch(method: string, path: string, signal: AbortSignal): Promise<Response> {
    const response = await fetch(`http://localhost${API_PREFIX}${path}`, { method, client: this.#http, signal });
    if (response.ok) return response;
    throw new ControlError("protocol", `berth answered ${response.status}: ${errorMessage(await response.text())}`);
  }

  /**
   * Runs `work` with a signal that also fires after the time-out, and puts failures in words. What `work` leaves open is
   * from then on under `signal` alone: the time-out is over.
   */
  async #bounded<T>(signal: AbortSignal, work: (inTime: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const limit = new AbortController();
    const cancel = this.#clock.after(this.#timeout, () => limit.abort());
    try {
      return await work(AbortSignal.any([signal, limit.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ControlError) throw error;
      if (limit.signal.aborted) {
        const seconds = Math.round(this.#timeout / 1000);
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

function errorMessage(text: string): string {
  const body = parse(text);
  if (typeof body === "object" && body !== null && "error" in body) {
    const { error } = body;
    if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  }
  return text.slice(0, 200);
}
