import type { TargetState } from "../model/cluster_access.ts";
import { AccessError } from "../model/cluster_access.ts";
import { StreamError } from "../model/stream.ts";
import type { ForwardSpec } from "../model/workspace.ts";
import type { Clock } from "../model/world.ts";
import { relayUntilAnswered } from "./answer_relay.ts";
import type { Candidate, Dialer, Established } from "./dialer.ts";
import type { Client } from "./http_host/host_rewriter.ts";
import { readyState, type Waiters } from "./readiness.ts";
import { Recording } from "./recording.ts";
import { type ByteCount, relay, type RelayEnd } from "./relay.ts";

/** The first pause after all backends failed, in milliseconds; doubled up to the longest. Endpoints that change end it early. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 800;

/** How a connection ended. `reached`: a backend had taken it. */
export type ServeEnd = RelayEnd & { readonly reached: boolean };

/** What one connection needs of its forward. `state` and `dialer` are asked for anew at each try: a change may move them. */
export interface ServeWorld {
  readonly spec: ForwardSpec;
  readonly state: () => TargetState;
  readonly dialer: () => Dialer;
  readonly waiters: Waiters;
  readonly clock: Clock;
  readonly count: ByteCount;
  /** The forward stops: no new way is tried. */
  readonly signal: AbortSignal;
  readonly onReached: (way: Established) => void;
}

/**
 * Serves one client: finds a backend, trying one after the other and waiting up to `hold` while there is none, then relays.
 * A client that could not be served is reset, so that it does not take silence for an empty answer. Never rejects but for bugs.
 */
export async function serveConnection(client: Client, world: ServeWorld): Promise<ServeEnd> {
  const ways = new Ways(client, world);
  let recording: Recording | null = null;
  for (;;) {
    const way = await ways.next();
    if (way === null) {
      client.reset();
      return { kind: "backend", error: ways.failure, reached: false };
    }
    try {
      if (way.certain && recording === null) {
        world.onReached(way);
        return { ...await relay(client, way.stream, world.count), reached: true };
      }
      recording ??= new Recording(client, world.count.in);
      let answered = false;
      const end = await relayUntilAnswered({ client, recording, stream: way.stream }, {
        count: world.count,
        onAnswer: () => {
          answered = true;
          world.onReached(way);
        },
      });
      if (end.kind !== "refused") return { ...end, reached: answered };
      ways.failed(end.error);
    } finally {
      way.release();
    }
  }
}

/** The backends that one connection tries, until its time is up. */
class Ways {
  readonly #world: ServeWorld;
  readonly #until: number;
  readonly #host: string;
  #left: readonly Candidate[] = [];
  #rounds = 0;
  #failure = new StreamError("gone", "no backend is ready");

  constructor(client: Client, world: ServeWorld) {
    this.#world = world;
    this.#host = client.remoteHost;
    this.#until = world.clock.monotonic() + world.spec.hold;
  }

  /** Why the last way failed. */
  get failure(): StreamError {
    return this.#failure;
  }

  failed(error: unknown): void {
    if (error instanceof StreamError) this.#failure = error;
    else if (error instanceof AccessError) this.#failure = new StreamError("gone", error.message, { cause: error });
    else throw error;
  }

  /** The next way that opens, or null when the time is up or the forward stops. */
  async next(): Promise<Established | null> {
    const { signal } = this.#world;
    for (;;) {
      for (let way = this.#take(); way !== undefined; way = this.#take()) {
        try {
          return await way(signal);
        } catch (error) {
          if (signal.aborted) return null;
          this.failed(error);
        }
      }
      if (!await this.#round()) return null;
    }
  }

  #take(): Candidate | undefined {
    const [first, ...rest] = this.#left;
    this.#left = rest;
    return first;
  }

  /** Fills up the candidates, after a pause where they have all failed before. False when the time is up. */
  async #round(): Promise<boolean> {
    const { clock, signal, spec, waiters } = this.#world;
    const left = () => this.#until - clock.monotonic();
    if (this.#rounds++ > 0) {
      if (left() <= 0) return false;
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(this.#rounds - 2, 8));
      await waiters.wait(Math.min(pause, left()), { clock, signal });
    }
    for (;;) {
      if (signal.aborted) return false;
      const state = readyState(this.#world.state());
      if (state !== null) {
        const ways = this.#world.dialer().candidates(state, { spec, client: this.#host, ahead: true });
        if (!("unavailable" in ways)) {
          this.#left = ways;
          return true;
        }
        this.#failure = new StreamError("gone", ways.unavailable);
      }
      if (left() <= 0) return false;
      await waiters.wait(left(), { clock, signal });
    }
  }
}
