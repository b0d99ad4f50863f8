import type { Backend } from "../model/cluster_access.ts";
import type { SocketAddress } from "../model/status.ts";
import { type Duplex, StreamError } from "../model/stream.ts";
import type { ForwardSpec } from "../model/workspace.ts";
import type { Clock } from "../model/world.ts";
import { backendId, effectiveBalance, type KnownState, orderBackends } from "./endpoint_choice.ts";
import { hedge } from "./hedge.ts";
import { limited } from "./limits.ts";
import { NetSocket } from "./net_socket.ts";
import { addressDestination, type Destination, type PodBackend, podDestination, waysTo } from "./route_choice.ts";
import type { TunnelShare } from "./tunnel_pool.ts";

/** How long each try of a direct dial may take, in milliseconds: a SYN to a dead pod is dropped, and only a fresh socket is quick again. */
const TRIES = [250, 500, 1000] as const;
/** How long a direct dial is alone before the tunnel starts as well, in milliseconds. */
const HEDGE_DELAY = 200;
/** After a direct dial lost, the tunnel is taken for this long before direct is tried again, in milliseconds. */
const FIRST_REST = 2_000;
const LONGEST_REST = 60_000;

/** An open way to a backend. */
export interface Established {
  readonly destination: Destination;
  readonly reason: string;
  readonly stream: Duplex;
  /** False: whether the backend accepts shows only at the first read. */
  readonly certain: boolean;
  release(): void;
}

/** One way that a connection may be made. */
export type Candidate = (signal: AbortSignal) => Promise<Established>;

/** What connects a forward to its backends. Remembers whether direct works. */
export class Dialer {
  readonly #clock: Clock;
  readonly #tunnels: TunnelShare;
  #turn = 0;
  #rest = 0;
  #restUntil = 0;

  constructor({ clock, tunnels }: { readonly clock: Clock; readonly tunnels: TunnelShare }) {
    this.#clock = clock;
    this.#tunnels = tunnels;
  }

  /** Forgets that direct did not work: endpoints or the network have changed. */
  forget(): void {
    this.#rest = 0;
    this.#restUntil = 0;
  }

  /** The ways for one connection, best first, or why there is none. `ahead`: a client's connection, not a probe's. */
  candidates(
    state: KnownState,
    { spec, client, ahead }: { readonly spec: ForwardSpec; readonly client: string; readonly ahead: boolean },
  ): readonly Candidate[] | { readonly unavailable: string } {
    const ways = waysTo(state, spec);
    if ("unavailable" in ways) return ways;
    const balance = effectiveBalance(spec.balance, state.prefer);
    const turn = ahead ? this.#turn++ : this.#turn;
    const ordered = orderBackends(state.backends, { balance, turn, client });
    const { reason } = ways;
    const byAddress = ordered.flatMap((backend) =>
      backend.kind === "address" ? [this.#direct([backend.address], reason)] : []
    );
    const pods = ordered.filter(isPod);
    const byTunnel = ways.tunnel ? pods.map((pod) => this.#tunnel(pod, { reason, ahead })) : [];
    if (ways.nodePorts.length === 0) return [...byAddress, ...byTunnel];
    const nodes = rotate(ways.nodePorts, turn);
    const direct = this.#direct(nodes, reason);
    const first = pods[0];
    if (!ways.tunnel || first === undefined) return [direct, ...byAddress];
    const fallBack = this.#tunnel(first, { reason: `${reason} does not answer`, ahead });
    return [
      this.#hedged(direct, fallBack),
      ...pods.slice(1).map((pod) => this.#tunnel(pod, { reason: `${reason} does not answer`, ahead })),
    ];
  }

  #direct(addresses: readonly SocketAddress[], reason: string): Candidate {
    return async (signal) => {
      let failure: unknown = new StreamError("timeout", "no answer to the dial");
      for (const limit of TRIES) {
        for (const address of addresses) {
          const cut = limited(limit, { clock: this.#clock, signal });
          try {
            const stream = await NetSocket.dial(address, cut.signal);
            return { destination: addressDestination(address), reason, stream, certain: true, release: () => {} };
          } catch (error) {
            if (signal.aborted) throw signal.reason;
            failure = cut.timedOut
              ? new StreamError("timeout", `${address.host}:${address.port} does not answer`)
              : error;
          } finally {
            cut.end();
          }
        }
        // Only silence is worth a fresh socket: a refusal is an answer.
        if (!(failure instanceof StreamError) || failure.failure !== "timeout") break;
      }
      throw failure;
    };
  }

  #tunnel(backend: PodBackend, { reason, ahead }: { readonly reason: string; readonly ahead: boolean }): Candidate {
    return async (signal) => {
      const { stream, release } = await this.#tunnels.open(backend, { ahead, signal });
      return { destination: podDestination(backend), reason, stream, certain: false, release };
    };
  }

  #hedged(direct: Candidate, tunnel: Candidate): Candidate {
    return async (signal) => {
      const resting = this.#clock.monotonic() < this.#restUntil;
      if (resting) return await tunnel(signal);
      const won = await hedge(direct, tunnel, {
        delay: HEDGE_DELAY,
        clock: this.#clock,
        signal,
        discard: ({ stream, release }) => {
          stream.reset();
          release();
        },
      });
      if (won.destination.route === "direct") this.forget();
      else this.#directLost();
      return won;
    };
  }

  #directLost(): void {
    this.#rest = Math.min(LONGEST_REST, this.#rest === 0 ? FIRST_REST : this.#rest * 2);
    this.#restUntil = this.#clock.monotonic() + this.#rest;
  }
}

/** What tells one set of backends from another. */
export function backendSet(backends: readonly Backend[]): ReadonlySet<string> {
  return new Set(backends.map(backendId));
}

function isPod(backend: Backend): backend is PodBackend {
  return backend.kind === "pod";
}

function rotate<T>(items: readonly T[], turn: number): readonly T[] {
  const by = items.length === 0 ? 0 : turn % items.length;
  return [...items.slice(by), ...items.slice(0, by)];
}
