import type { ClusterAccess, TargetState } from "../model/cluster_access.ts";
import type { ForwardInside } from "../model/forward_details.ts";
import { NO_METER } from "../model/meter.ts";
import type { Outcome } from "../model/plan.ts";
import type { ForwardStatus, SocketAddress } from "../model/status.ts";
import type { ForwardSpec } from "../model/workspace.ts";
import type { AnyForward, ForwardParts } from "./any_forward.ts";
import { backendsKnown } from "./backends_known.ts";
import { bindAddress } from "./bind.ts";
import { Condition } from "./condition.ts";
import { Connections } from "./connections.ts";
import { backendSet, Dialer, type Established } from "./dialer.ts";
import { effectiveBalance } from "./endpoint_choice.ts";
import { troubleOf } from "./failures.ts";
import { Health } from "./health.ts";
import { hindranceOf } from "./hindrance.ts";
import { albHosts } from "./http_host/alb_hosts.ts";
import { type Client, HostRewriter } from "./http_host/host_rewriter.ts";
import { Listener, listenOutcome } from "./listener.ts";
import type { NetSocket } from "./net_socket.ts";
import { type ProbeResult, runProbe } from "./probe.ts";
import { ProbeLog } from "./probe_log.ts";
import { follow, type LiveTarget, readyState, Waiters } from "./readiness.ts";
import { serveConnection } from "./serve.ts";
import { openAny } from "./open_any.ts";
import { sameTarget, sameWay } from "./spec_sides.ts";
import { statusRecord } from "./status_record.ts";
import { TunnelPool } from "./tunnel_pool.ts";
import type { ForwardersWorld } from "./world.ts";

/** One way into one target: what all its connections share. A change of cluster or target makes a new one; connections keep theirs. */
interface Attachment {
  readonly cluster: ClusterAccess;
  readonly target: LiveTarget;
  readonly pool: TunnelPool;
  readonly dialer: Dialer;
  readonly detach: () => void;
}

/** One running TCP forward: its listener, its way to the backends, its health. */
export class Forward implements AnyForward {
  readonly #world: ForwardersWorld;
  readonly #listener: Listener;
  readonly #condition: Condition;
  readonly #health: Health;
  readonly #probes: ProbeLog;
  readonly #connections = new Connections();
  readonly #waiters = new Waiters();
  readonly #end = new AbortController();
  #spec: ForwardSpec;
  #at: Attachment | null = null;
  #pools = new Set<TunnelPool>();
  #known: ReadonlySet<string> = new Set();

  constructor(spec: ForwardSpec, { world, heldBy, send }: ForwardParts) {
    this.#world = world;
    this.#spec = spec;
    this.#condition = new Condition(spec.name, { clock: world.clock, send });
    this.#listener = new Listener({
      heldBy,
      whoHolds: (address) => world.whoHolds(address, "tcp"),
      takeOver: world.takeOver,
      leases: world.leases,
      bind: (address) =>
        bindAddress(address, {
          onConnection: (client) => void this.#accept(client),
          onLost: (code) => {
            this.#health.fail({ reason: "address-unavailable", message: `the listening socket was lost (${code})` });
          },
        }),
    });
    this.#probes = new ProbeLog(world.clock);
    this.#health = new Health(spec, {
      clock: world.clock,
      random: world.random,
      log: world.log,
      condition: this.#condition,
      probe: (signal) => this.#probes.keep(() => this.#probe(signal)),
      reached: (result) => {
        if (result.through !== null) this.#reached(result.through);
        else this.#condition.healthy();
      },
    });
  }

  get spec(): ForwardSpec {
    return this.#spec;
  }

  get addresses(): readonly SocketAddress[] {
    return this.#listener.addresses;
  }

  async apply(spec: ForwardSpec): Promise<Outcome> {
    const cluster = this.#world.clusters(spec.cluster);
    if (cluster === undefined) {
      const message = `cluster ${spec.cluster} is not connected`;
      if (this.#at === null) this.#health.fail({ reason: "cluster-unreachable", message });
      return { status: "failed", reason: "cluster-unreachable", message, retry: true };
    }
    const failure = await this.#listener.listen(spec, this.#spec);
    if (failure !== null) {
      if (this.#listener.addresses.length === 0) this.#health.fail(failure);
      return listenOutcome(failure);
    }
    const before = this.#spec;
    this.#spec = spec;
    const moved = this.#at === null || this.#at.cluster !== cluster || !sameTarget(before, spec);
    if (moved) this.#attach(cluster);
    // Where only the client's side changed, what was found out of the backends still holds.
    if (!moved && !this.#health.over && sameWay(before, spec)) return { status: "done" };
    if (moved || this.#health.over) this.#condition.restart();
    this.#health.change(spec);
    this.#known = new Set();
    this.#look();
    return { status: "done" };
  }

  async release(): Promise<void> {
    await this.#listener.close();
  }

  /** Ends it: stops listening, watching and probing. Connections that are relayed go on until `drain`. */
  async close(): Promise<void> {
    this.#health.close();
    this.#end.abort(new DOMException("the forward stops", "AbortError"));
    this.#at?.detach();
    await this.#listener.close();
    this.#condition.stopped();
  }

  /** After `close`: lets connections end for a bounded time, then ends them all, and the tunnels under them. */
  async drain(signal: AbortSignal): Promise<void> {
    await this.#connections.drain({ clock: this.#world.clock, signal });
    for (const pool of this.#pools) pool.close();
    this.#pools.clear();
  }

  tick(): void {
    for (const pool of this.#pools) pool.sweep();
  }

  wake(): void {
    this.#at?.dialer.forget();
    for (const pool of this.#pools) pool.dropSpares();
    this.#health.now();
    this.#waiters.wake();
  }

  restart(): void {
    if (this.#end.signal.aborted) return;
    this.#at?.dialer.forget();
    for (const pool of this.#pools) pool.dropSpares();
    // Where it cannot listen, only the next `apply` helps.
    if (this.#at === null || this.#listener.addresses.length === 0) return;
    this.#condition.restart();
    this.#health.change(this.#spec);
    this.#known = new Set();
    this.#look();
    this.#waiters.wake();
  }

  get inside(): ForwardInside {
    return { backends: backendsKnown(this.#at?.target.state, this.#condition), probes: this.#probes.records };
  }

  get status(): ForwardStatus {
    return statusRecord(this.#spec, {
      view: this.#condition.view,
      listener: this.#listener,
      traffic: this.#connections.view,
    });
  }

  #attach(cluster: ClusterAccess): void {
    this.#at?.detach();
    const former = this.#at;
    const pool = former?.cluster === cluster
      ? former.pool
      : new TunnelPool({ cluster, clock: this.#world.clock, log: this.#world.log });
    this.#pools.add(pool);
    if (former !== null && former.pool !== pool) former.pool.dropSpares();
    const target = follow(cluster.watch(this.#spec.target, this.#spec.port), () => this.#look());
    let last = cluster.status.reachable;
    const unsubscribe = cluster.subscribe(() => {
      const { reachable } = cluster.status;
      if (last !== null && reachable !== null && reachable !== last) this.#clusterTurned(reachable);
      last = reachable;
    });
    this.#at = {
      cluster,
      pool,
      dialer: new Dialer({ clock: this.#world.clock, pool }),
      target,
      detach: () => {
        unsubscribe();
        target.close();
      },
    };
  }

  /** The cluster was lost, or is back: what is known of the way to the backend may no longer hold, and nobody needs to wait to find out. */
  #clusterTurned(reachable: boolean): void {
    if (reachable) this.wake();
    else this.#health.now();
  }

  /** The target may have changed. */
  #look(): void {
    const at = this.#at;
    if (at === null || this.#end.signal.aborted) return;
    const { state } = at.target;
    const ready = readyState(state);
    const backends = ready === null ? new Set<string>() : backendSet(ready.backends);
    const changed = !sameSet(backends, this.#known);
    this.#known = backends;
    if (state.kind !== "unknown") at.pool.retain(backends);
    if (ready === null) this.#hinder(state);
    else {
      this.#health.free();
      if (changed) {
        at.dialer.forget();
        this.#warmUp(at);
        this.#health.now();
      }
    }
    if (changed) this.#waiters.wake();
  }

  #hinder(state: TargetState): void {
    const starting = this.#condition.view.status === "Starting";
    const { trouble, how } = hindranceOf(state, { spec: this.#spec, starting });
    this.#health.hinder(trouble, how);
  }

  /** Where connections came lately, the pod that is next in turn gets its tunnel before the first of them needs it. */
  #warmUp(at: Attachment): void {
    const first = readyState(at.target.state)?.backends[0];
    if (first?.kind === "pod" && at.pool.busy) at.pool.warm(first.pod);
  }

  #reached({ destination, reason }: Pick<Established, "destination" | "reason">): void {
    const state = this.#at === null ? null : readyState(this.#at.target.state);
    const follows = state !== null && effectiveBalance(this.#spec.balance, state.prefer) === "newest";
    // A late answer of a backend that is on its way out does not make the target Active.
    if (!this.#health.over && !this.#health.hindered) this.#condition.reached(destination, { reason, follows });
  }

  #probe(signal: AbortSignal): Promise<ProbeResult> {
    return runProbe(this.#spec.health, {
      exec: this.#world.exec,
      listen: this.#listener.addresses[0],
      clock: this.#world.clock,
      signal,
      open: (cut) => openAny(this.#at, { spec: this.#spec, signal: cut }),
      cluster: () => this.#at?.cluster.status ?? null,
    });
  }

  /** The client's connection, with real names of load balancers written into its requests where that is asked for. */
  #withHosts(client: NetSocket): Client {
    const { hosts, cluster } = this.#spec;
    const { albNames } = this.#world;
    if (hosts === undefined || albNames === undefined) return client;
    return new HostRewriter(client, albHosts(albNames, { cluster, listener: hosts.listener }));
  }

  async #accept(client: NetSocket): Promise<void> {
    const at = this.#at;
    if (at === null || this.#health.over || this.#end.signal.aborted) return client.reset();
    this.#connections.add(client);
    const { clock, meter = NO_METER } = this.#world;
    const since = clock.monotonic();
    let reached = false;
    try {
      const end = await serveConnection(this.#withHosts(client), {
        spec: this.#spec,
        state: () => (this.#at ?? at).target.state,
        dialer: () => (this.#at ?? at).dialer,
        waiters: this.#waiters,
        clock: this.#world.clock,
        count: this.#connections.count,
        signal: this.#end.signal,
        onReached: (way) => {
          if (!reached) meter.connected(this.#spec.name, (clock.monotonic() - since) / 1_000);
          reached = true;
          this.#reached(way);
          this.#health.succeeded();
        },
      });
      this.#connections.remove(client, { cause: end.kind === "backend" ? troubleOf(end.error).reason : null });
      // Not reached, or what carried it broke: the others may be concerned. A backend's own reset is its own affair.
      if (end.kind === "backend" && (!end.reached || end.error.failure === "gone")) this.#health.doubted();
    } catch (error) {
      // One connection's bug ends that connection, not the process with all the others.
      this.#world.log.error("a connection failed in an unforeseen way", { forward: this.#spec.name, error });
      client.reset();
      this.#connections.remove(client, { cause: "backend-reset" });
    }
  }
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}
