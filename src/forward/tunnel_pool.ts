import type { ClusterAccess, PodRef } from "../model/cluster_access.ts";
import type { Port } from "../model/port.ts";
import { StreamError } from "../model/stream.ts";
import type { Clock, Log } from "../model/world.ts";
import { IDLE, PodTunnels, type StreamLease } from "./pod_tunnels.ts";

/** The tunnels of all forwards, by cluster and pod: forwards that lead to the same pod share its spares. */
export class TunnelPools {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pools = new Map<ClusterAccess, TunnelPool>();

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** One forward's part in the tunnels to `cluster`. */
  share(cluster: ClusterAccess): TunnelShare {
    let pool = this.#pools.get(cluster);
    if (pool === undefined) {
      pool = new TunnelPool(cluster, { clock: this.#clock, log: this.#log });
      this.#pools.set(cluster, pool);
    }
    return new TunnelShare(pool, { clock: this.#clock, left: () => this.#left(cluster) });
  }

  /** Lets go of what is idle. Called now and then. */
  sweep(): void {
    for (const pool of this.#pools.values()) pool.sweep();
  }

  #left(cluster: ClusterAccess): void {
    const pool = this.#pools.get(cluster);
    if (pool === undefined || pool.shares.size > 0) return;
    this.#pools.delete(cluster);
    pool.close();
  }
}

/** The tunnels to one cluster's pods. */
class TunnelPool {
  readonly shares = new Set<TunnelShare>();
  readonly #cluster: ClusterAccess;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pods = new Map<string, PodTunnels>();
  readonly #end = new AbortController();

  constructor(cluster: ClusterAccess, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#log = log;
  }

  to(pod: PodRef): PodTunnels {
    let tunnels = this.#pods.get(pod.uid);
    if (tunnels === undefined) {
      tunnels = new PodTunnels({ open: () => this.#open(pod), clock: this.#clock });
      this.#pods.set(pod.uid, tunnels);
    }
    return tunnels;
  }

  /** The pods that `share` uses, by their uid. */
  *of(share: TunnelShare): Iterable<readonly [string, PodTunnels]> {
    for (const entry of this.#pods) if (entry[1].users.has(share)) yield entry;
  }

  sweep(): void {
    for (const [uid, tunnels] of this.#pods) {
      tunnels.sweep();
      if (tunnels.users.size === 0 && tunnels.empty) this.#pods.delete(uid);
    }
  }

  close(): void {
    this.#end.abort(new StreamError("gone", "the forward has ended"));
    for (const tunnels of this.#pods.values()) tunnels.close();
    this.#pods.clear();
  }

  async #open(pod: PodRef) {
    const { signal } = this.#end;
    try {
      const tunnel = await this.#cluster.openTunnel(pod, signal);
      if (signal.aborted) tunnel.close();
      return tunnel;
    } catch (error) {
      this.#log.debug("a tunnel did not open", { cluster: this.#cluster.name, pod: pod.name, error: String(error) });
      throw error;
    }
  }
}

/** One forward's part in the tunnels to a cluster. */
export class TunnelShare {
  readonly #pool: TunnelPool;
  readonly #clock: Clock;
  readonly #left: () => void;
  readonly #leases = new Set<StreamLease>();
  #lastConnection = -Infinity;

  constructor(pool: TunnelPool, { clock, left }: { readonly clock: Clock; readonly left: () => void }) {
    this.#pool = pool;
    this.#clock = clock;
    this.#left = left;
    pool.shares.add(this);
  }

  /** A stream to `port` of `pod`; `ahead`: for a client's connection, not a probe. Rejects with `AccessError`, `StreamError` or the signal's reason. */
  async open(
    { pod, port }: { readonly pod: PodRef; readonly port: Port },
    { ahead, signal }: { readonly ahead: boolean; readonly signal: AbortSignal },
  ): Promise<StreamLease> {
    if (ahead) this.#lastConnection = this.#clock.monotonic();
    const { stream, release } = await this.#of(pod).lease(port, { user: this, ahead, signal });
    const lease = {
      stream,
      release: () => {
        this.#leases.delete(lease);
        release();
      },
    };
    this.#leases.add(lease);
    return lease;
  }

  /** Opens a spare to a pod that is about to be used. */
  warm(pod: PodRef): void {
    this.#of(pod).warm(this);
  }

  /** Whether connections came lately, so that spares are worth having. */
  get busy(): boolean {
    return this.#clock.monotonic() - this.#lastConnection < IDLE;
  }

  /** Lets go of the spares of pods that are none of `uids`, unless another forward has them. Open connections end by themselves. */
  retain(uids: ReadonlySet<string>): void {
    for (const [uid, tunnels] of this.#pool.of(this)) {
      if (uids.has(uid)) continue;
      tunnels.users.delete(this);
      if (tunnels.users.size === 0) tunnels.dropSpares();
    }
  }

  /** Lets go of all spares: what they were connected to may be gone without a word. */
  dropSpares(): void {
    for (const [, tunnels] of this.#pool.of(this)) tunnels.dropSpares();
  }

  /** Takes back what is open, and lets go of all that no other forward has. */
  close(): void {
    for (const { stream, release } of [...this.#leases]) {
      stream.reset();
      release();
    }
    this.retain(new Set());
    this.#pool.shares.delete(this);
    this.#left();
  }

  #of(pod: PodRef): PodTunnels {
    const tunnels = this.#pool.to(pod);
    tunnels.users.add(this);
    return tunnels;
  }
}
