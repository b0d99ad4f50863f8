import { backoffDelay } from "../model/backoff.ts";
import { AccessError } from "../model/cluster_access.ts";
import type { ClusterStatus } from "../model/status.ts";
import type { Clock, Log, Random } from "../model/world.ts";
import { orAbort } from "./abort.ts";
import { ApiClient } from "./api_client.ts";
import { rawObject, rawText } from "./raw.ts";
import type { Transport } from "./transport.ts";

/** The way to a cluster while its credentials hold. */
export interface Session {
  readonly transport: Transport;
  readonly api: ApiClient;
}

/** Whether the API server answers. `message` says why it does not, or at which other address than the written one it does. */
export type LinkState = Pick<ClusterStatus, "reachable" | "reason" | "message" | "version">;

/** What a link needs. `load` reads the kubeconfig anew; it rejects with `AccessError`. */
export interface LinkOptions {
  readonly cluster: string;
  readonly load: (signal: AbortSignal) => Promise<Transport>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Between two looks at a server that answers, in milliseconds. */
const HEARTBEAT = 5_000;
/** A look that has no answer after this long counts as failed and the next one starts; the answer may still come. Milliseconds. */
const PATIENCE = 3_000;
/** The same after a failed look: a lost packet must not cost more than this. Milliseconds. */
const PATIENCE_IN_DOUBT = 1_500;
/** A look is given up after this long, in milliseconds. */
const GIVE_UP = 10_000;
/** Looks under way at once. */
const MOST_LOOKS = 6;
/** An outage is met with looks at most this far apart at first, later up to `SLOWEST`: its end is seen within that. Milliseconds. */
const QUICK = 1_000;
const SLOWEST = 3_000;
/** Refused credentials that cost something to make are made anew at this pace, in milliseconds. */
const COSTLY = { initial: 1_000, max: 15_000 } as const;

/**
 * Knows whether one cluster answers, and holds the session that everything else uses.
 *
 * It looks (`GET /version`) while anyone holds it. One failed look of a server that answered before is followed by another at once, over
 * a new connection; the second failure is an outage. Looks overlap while there is no answer, so that the end of an outage is seen
 * within about a second however the packets were lost. All requests wait for the link instead of each dialling a dead server.
 */
export class ClusterLink {
  readonly #options: LinkOptions;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #recovered = new Set<() => void>();
  #state: LinkState = { reachable: null, reason: null, message: null, version: null };
  #session: Session | null = null;
  #loading: Promise<Session> | null = null;
  #waiting: (() => void)[] = [];
  #holders = 0;
  #looks = 0;
  #failures = 0;
  #downSince = 0;
  #cancel = () => {};

  /** Does nothing until it is held. */
  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Calls `listener` after each change of `state`. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` when the server answers again: connections from before may be dead without a sign. */
  onRecovered(listener: () => void): () => void {
    this.#recovered.add(listener);
    return () => this.#recovered.delete(listener);
  }

  /** Keeps looking until the returned function is called. */
  hold(): () => void {
    let held = true;
    if (this.#holders++ === 0) this.#lookIn(0);
    return () => {
      if (!held) return;
      held = false;
      if (--this.#holders === 0) this.#cancel();
    };
  }

  /** The session, as soon as the server answers. The caller holds the link. Rejects with the signal's reason. */
  async session(signal: AbortSignal): Promise<Session> {
    while (true) {
      signal.throwIfAborted();
      if (this.#session !== null && this.#state.reachable === true) return this.#session;
      const answered = new Promise<void>((resolve) => this.#waiting.push(resolve));
      await orAbort(answered, signal);
    }
  }

  /** As `session`, but rejects with `AccessError` where the server is known not to answer. */
  async sessionNow(signal: AbortSignal): Promise<Session> {
    while (this.#state.reachable === null || (this.#state.reachable && this.#session === null)) {
      const changed = new Promise<void>((resolve) => this.#waiting.push(resolve));
      await orAbort(changed, signal);
    }
    if (this.#state.reachable && this.#session !== null) return this.#session;
    throw new AccessError(
      this.#state.reason ?? "cluster-unreachable",
      this.#state.message ?? "the cluster does not answer",
    );
  }

  /** Tells of a failure that someone met with `session`: looks at once. Credentials that were not accepted are read anew. */
  suspect(error: AccessError, session: Session): void {
    if (session !== this.#session) return;
    if (rejected(error)) this.#drop();
    if (this.#looks === 0) this.#lookIn(0);
  }

  /** Reads the kubeconfig anew and looks at once, over a new connection. */
  refresh(): void {
    this.#drop();
    this.#lookIn(0);
  }

  /** Ends all. Who waits for a session is left to its own signal. */
  close(): void {
    this.#cancel();
    this.#stop.abort(new AccessError("cluster-unreachable", "the cluster is not used any more"));
    this.#drop();
    this.#listeners.clear();
    this.#recovered.clear();
    this.#waiting = [];
  }

  #lookIn(ms: number): void {
    this.#cancel();
    if (this.#holders === 0 || this.#stop.signal.aborted) return;
    this.#cancel = this.#options.clock.after(ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#looks >= MOST_LOOKS) return this.#lookIn(PATIENCE_IN_DOUBT);
    this.#looks++;
    let open = true;
    const late = () => {
      open = false;
      this.#failed(new AccessError("cluster-unreachable", "the API server does not answer"));
    };
    let session: Session | null = null;
    try {
      session = await this.#open();
      // Credentials may take a person's time; only the server's silence counts.
      await session.transport.headers(this.#stop.signal);
      this.#cancel();
      this.#cancel = this.#options.clock.after(this.#failures > 0 ? PATIENCE_IN_DOUBT : PATIENCE, late);
      const version = await readVersion(session.api, this.#stop.signal);
      if (!this.#stop.signal.aborted) this.#succeeded(session, version);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (!(error instanceof AccessError)) throw error;
      // What a session met that was dropped meanwhile says nothing about the next one.
      if (session !== null && session !== this.#session) this.#lookIn(0);
      else if (open) this.#failed(error);
    } finally {
      this.#looks--;
    }
  }

  #open(): Promise<Session> {
    if (this.#session !== null) return Promise.resolve(this.#session);
    const loading = this.#loading ??= this.#options.load(this.#stop.signal).then((transport) => {
      const session = { transport, api: new ApiClient(transport, { clock: this.#options.clock }) };
      if (this.#loading === loading) this.#session = session;
      else session.api.close();
      return session;
    }).finally(() => {
      if (this.#loading === loading) this.#loading = null;
    });
    return loading;
  }

  #succeeded(session: Session, version: string | null): void {
    // A late answer to a session that was dropped meanwhile says nothing about the next one.
    if (session !== this.#session) return this.#lookIn(0);
    const recovered = this.#failures > 0;
    this.#failures = 0;
    this.#set({ reachable: true, reason: null, message: session.transport.note ?? null, version });
    this.#wakeWaiting();
    this.#lookIn(HEARTBEAT);
    if (recovered) { for (const listener of [...this.#recovered]) listener(); }
  }

  #failed(error: AccessError): void {
    const { clock, random } = this.#options;
    this.#failures++;
    const note = this.#session?.transport.note;
    const message = note === undefined ? error.message : `${error.message} (${note})`;
    // Without a session it was the credentials themselves that could not be made.
    const costly = error.reason === "unauthorized" &&
      (this.#session === null || this.#session.transport.costly === true);
    // An address that was found and not written may have a better one by now. A plugin is not run again for that.
    const astray = note !== undefined && this.#failures > 1 && this.#session?.transport.costly !== true;
    if (rejected(error) || astray) this.#drop();
    else this.#session?.api.renew();
    if (this.#state.reachable === true && this.#failures === 1) return this.#lookIn(0);
    if (this.#state.reason === null) this.#downSince = clock.monotonic();
    this.#set({ reachable: false, reason: error.reason, message, version: this.#state.version });
    this.#wakeWaiting();
    const max = Math.min(SLOWEST, Math.max(QUICK, (clock.monotonic() - this.#downSince) / 10));
    this.#lookIn(backoffDelay(this.#failures, costly ? COSTLY : { initial: 250, max }, random));
  }

  #drop(): void {
    this.#session?.api.close();
    this.#session = null;
    this.#loading = null;
  }

  #wakeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #set(next: LinkState): void {
    const last = this.#state;
    if (
      last.reachable === next.reachable && last.reason === next.reason && last.message === next.message &&
      last.version === next.version
    ) return;
    this.#state = next;
    const { log, cluster } = this.#options;
    if (next.reason !== null && last.reason !== next.reason) {
      log.warn("cluster lost", { cluster, reason: next.reason, message: next.message });
    }
    if (next.reason === null && last.reason !== null) log.info("cluster answers again", { cluster });
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Whether a failure is about the kubeconfig or the credentials: they are read anew before the next try. */
function rejected(error: AccessError): boolean {
  return error.reason === "unauthorized" || error.reason === "kubeconfig-invalid";
}

async function readVersion(api: ApiClient, signal: AbortSignal): Promise<string | null> {
  try {
    return rawText(rawObject(await api.get("/version", { signal, timeout: GIVE_UP }))["gitVersion"]);
  } catch (error) {
    // It answers; that it keeps its version to itself is no outage.
    if (error instanceof AccessError && (error.reason === "forbidden" || error.reason === "not-found")) return null;
    throw error;
  }
}
