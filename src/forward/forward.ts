import type { ClusterAccess } from "../model/cluster_access.ts";
import { NO_METER } from "../model/meter.ts";
import type { ForwardStatus, SocketAddress } from "../model/status.ts";
import type { ForwardSpec } from "../model/workspace.ts";
import type { ForwardParts } from "./any_forward.ts";
import { bindAddress, type BindResult } from "./bind.ts";
import { Connections } from "./connections.ts";
import { backendSet, Dialer, type Established } from "./dialer.ts";
import { effectiveBalance, type KnownState } from "./endpoint_choice.ts";
import { troubleOf } from "./failures.ts";
import { ForwardBase } from "./forward_base.ts";
import { albHosts } from "./http_host/alb_hosts.ts";
import { type Client, HostRewriter } from "./http_host/host_rewriter.ts";
import type { NetSocket } from "./net_socket.ts";
import { openAny } from "./open_any.ts";
import { type ProbeResult, runProbe } from "./probe.ts";
import { type LiveTarget, readyState, Waiters } from "./readiness.ts";
import { serveConnection } from "./serve.ts";
import type { TunnelPools, TunnelShare } from "./tunnel_pool.ts";

/** The way into one cluster: what the connections share. Another cluster makes a new one; connections keep theirs. */
interface Way {
  readonly cluster: ClusterAccess;
  readonly tunnels: TunnelShare;
  readonly dialer: Dialer;
}

/** One running TCP forward: its listener, its way to the backends, its health. */
export class Forward extends ForwardBase {
  readonly #connections = new Connections();
  readonly #waiters = new Waiters();
  #way: Way | null = null;
  readonly #pools: TunnelPools;
  readonly #shares = new Set<TunnelShare>();
  #known: ReadonlySet<string> = new Set();

  constructor(spec: ForwardSpec, parts: ForwardParts & { readonly pools: TunnelPools }) {
    super(spec, parts);
    this.#pools = parts.pools;
  }

  /** After `close`: lets connections end for a bounded time, then ends them all, and the tunnels under them. */
  async drain(signal: AbortSignal): Promise<void> {
    await this.#connections.drain({ clock: this.world.clock, signal });
    for (const share of this.#shares) share.close();
    this.#shares.clear();
  }

  wake(): void {
    this.forget();
    this.health.now();
  }

  protected get traffic(): Pick<ForwardStatus, "connections" | "bytes"> {
    return this.#connections.view;
  }

  protected forget(): void {
    this.#way?.dialer.forget();
    for (const share of this.#shares) share.dropSpares();
    this.#waiters.wake();
  }

  protected bind(address: SocketAddress, onLost: (code: string) => void): Promise<BindResult> {
    return bindAddress(address, { onConnection: (client) => void this.#accept(client), onLost });
  }

  protected attach(cluster: ClusterAccess): void {
    const former = this.#way;
    const stays = former !== null && former.cluster === cluster;
    if (!stays) former?.tunnels.retain(new Set());
    const tunnels = stays ? former.tunnels : this.#pools.share(cluster);
    this.#shares.add(tunnels);
    this.#way = { cluster, tunnels, dialer: new Dialer({ clock: this.world.clock, tunnels }) };
  }

  /** What is known of the way to the backend may no longer hold, and nobody needs to wait to find out. */
  protected turned(reachable: boolean): void {
    if (reachable) this.wake();
    else this.health.now();
  }

  protected look({ state }: LiveTarget, anew: boolean): void {
    const way = this.#way;
    if (way === null) return;
    const ready = readyState(state);
    const backends = ready === null ? new Set<string>() : backendSet(ready.backends);
    const changed = !sameSet(backends, anew ? new Set() : this.#known);
    this.#known = backends;
    if (state.kind !== "unknown") way.tunnels.retain(backends);
    if (ready === null) this.hinder(state);
    else {
      this.health.free();
      if (changed) {
        way.dialer.forget();
        this.#warmUp(way, ready);
        this.health.now();
      }
    }
    if (changed) this.#waiters.wake();
  }

  /** Where connections came lately, the pod that is next in turn gets its tunnel before the first of them needs it. */
  #warmUp({ tunnels }: Way, { backends: [first] }: KnownState): void {
    if (first?.kind === "pod" && tunnels.busy) tunnels.warm(first.pod);
  }

  protected reached({ destination, reason }: Pick<Established, "destination" | "reason">): void {
    const state = this.target === null ? null : readyState(this.target.state);
    const follows = state !== null && effectiveBalance(this.spec.balance, state.prefer) === "newest";
    // A late answer of a backend that is on its way out does not make the target Active.
    if (!this.health.over && !this.health.hindered) this.condition.reached(destination, { reason, follows });
  }

  protected probe(signal: AbortSignal): Promise<ProbeResult> {
    const { exec, clock } = this.world;
    return runProbe(this.spec.health, {
      exec,
      listen: this.addresses[0],
      clock,
      signal,
      open: (cut) => {
        const { target } = this;
        const dialer = this.#way?.dialer;
        return openAny(target === null || dialer === undefined ? null : { target, dialer }, {
          spec: this.spec,
          signal: cut,
        });
      },
      cluster: () => this.#way?.cluster.status ?? null,
    });
  }

  /** The client's connection, with real names of load balancers written into its requests where that is asked for. */
  #withHosts(client: NetSocket): Client {
    const { hosts, cluster } = this.spec;
    const { albNames } = this.world;
    if (hosts === undefined || albNames === undefined) return client;
    return new HostRewriter(client, albHosts(albNames, { cluster, listener: hosts.listener }));
  }

  async #accept(client: NetSocket): Promise<void> {
    const { target } = this;
    const way = this.#way;
    if (target === null || way === null || this.health.over || this.ended.aborted) return client.reset();
    this.#connections.add(client);
    const { clock, meter = NO_METER } = this.world;
    const since = clock.monotonic();
    let reached = false;
    try {
      const end = await serveConnection(this.#withHosts(client), {
        spec: this.spec,
        state: () => (this.target ?? target).state,
        dialer: () => (this.#way ?? way).dialer,
        waiters: this.#waiters,
        clock,
        count: this.#connections.count,
        signal: this.ended,
        onReached: (way) => {
          if (!reached) meter.connected(this.spec.name, (clock.monotonic() - since) / 1_000);
          reached = true;
          this.reached(way);
          this.health.succeeded();
        },
      });
      this.#connections.remove(client, { cause: end.kind === "backend" ? troubleOf(end.error).reason : null });
      // Not reached, or what carried it broke: the others may be concerned. A backend's own reset is its own affair.
      if (end.kind === "backend" && (!end.reached || end.error.failure === "gone")) this.health.doubted();
    } catch (error) {
      // One connection's bug ends that connection, not the process with all the others.
      this.world.log.error("a connection failed in an unforeseen way", { forward: this.spec.name, error });
      client.reset();
      this.#connections.remove(client, { cause: "backend-reset" });
    }
  }
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}
