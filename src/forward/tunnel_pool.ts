import type { ClusterAccess, PodRef, Tunnel } from "../model/cluster_access.ts";
import type { Port } from "../model/port.ts";
import { type Duplex, StreamError } from "../model/stream.ts";
import type { Clock, Log } from "../model/world.ts";
import { orAbort } from "./limits.ts";
import { ArrivalRate } from "./arrival_rate.ts";

/** Spares kept ahead at most, per pod. */
const MOST_SPARES = 8;
/** Tunnels per pod before connections share one: below it, none shares the fate of another. */
const MOST_UNSHARED = 24;
/** Streams on one tunnel before another tunnel is opened all the same. */
const MOST_STREAMS = 64;
/** How long a pod's spares outlive its last use, in milliseconds. */
const IDLE = 60_000;

/** A stream to a pod; `release` says that it is over, so that its tunnel can carry another one. */
export interface StreamLease {
  readonly stream: Duplex;
  release(): void;
}

interface Slot {
  readonly opened: Promise<Tunnel>;
  tunnel: Tunnel | null;
  /** Streams that use it or wait for it. */
  leases: number;
}

interface PodTunnels {
  readonly pod: PodRef;
  readonly slots: Set<Slot>;
  readonly rate: ArrivalRate;
  lastUse: number;
}

/**
 * The tunnels of one forward. Each connection gets a tunnel of its own from the spares opened ahead; a burst that outruns
 * them opens more, and past a bound shares the least loaded: there is no flow control between the streams of one tunnel.
 */
export class TunnelPool {
  readonly #cluster: ClusterAccess;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pods = new Map<string, PodTunnels>();
  readonly #end = new AbortController();

  constructor({ cluster, clock, log }: { readonly cluster: ClusterAccess; readonly clock: Clock; readonly log: Log }) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * A stream to `port` of `pod`. `ahead`: a connection, after which spares for the next ones are opened; a probe takes none.
   * Rejects with `AccessError`, `StreamError` or the signal's reason.
   */
  async open(
    { pod, port }: { readonly pod: PodRef; readonly port: Port },
    { ahead, signal }: { readonly ahead: boolean; readonly signal: AbortSignal },
  ): Promise<StreamLease> {
    const tunnels = this.#of(pod);
    const now = this.#clock.monotonic();
    tunnels.lastUse = now;
    if (ahead) tunnels.rate.arrive(now);
    for (let tries = 0;; tries++) {
      const slot = this.#choose(tunnels);
      slot.leases++;
      if (ahead) this.#refill(tunnels);
      try {
        const tunnel = await orAbort(slot.opened, signal);
        return this.#lease(tunnels, slot, await tunnel.open(port, signal));
      } catch (error) {
        this.#release(tunnels, slot);
        // A tunnel that ended while it was spare is no reason to fail: the next one is fresh.
        if (tries > 1 || !(error instanceof StreamError) || error.failure !== "gone") throw error;
        tunnels.slots.delete(slot);
      }
    }
  }

  /** Opens a spare to a pod that is about to be used. */
  warm(pod: PodRef): void {
    const tunnels = this.#of(pod);
    tunnels.lastUse = this.#clock.monotonic();
    this.#refill(tunnels);
  }

  /** Whether connections came lately, so that spares are worth having. */
  get busy(): boolean {
    const now = this.#clock.monotonic();
    return [...this.#pods.values()].some(({ rate }) => rate.seenWithin(IDLE, now));
  }

  /** Lets go of the spares of pods that are none of `uids`. Their open connections end by themselves. */
  retain(uids: ReadonlySet<string>): void {
    for (const [uid, tunnels] of this.#pods) if (!uids.has(uid)) this.#closeSpares(tunnels, 0);
  }

  /** Lets go of what is idle. Called now and then. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const [uid, tunnels] of this.#pods) {
      const idle = now - tunnels.lastUse >= IDLE;
      this.#closeSpares(tunnels, idle ? 0 : wantedSpares(tunnels, now));
      if (idle && tunnels.slots.size === 0) this.#pods.delete(uid);
    }
  }

  /** Lets go of all spares: what they were connected to may be gone without a word. */
  dropSpares(): void {
    for (const tunnels of this.#pods.values()) this.#closeSpares(tunnels, 0);
  }

  /** Ends all tunnels. */
  close(): void {
    this.#end.abort(new StreamError("gone", "the forward has ended"));
    for (const { slots } of this.#pods.values()) for (const { tunnel } of slots) tunnel?.close();
    this.#pods.clear();
  }

  #of(pod: PodRef): PodTunnels {
    let tunnels = this.#pods.get(pod.uid);
    if (tunnels === undefined) {
      tunnels = { pod, slots: new Set(), rate: new ArrivalRate(), lastUse: this.#clock.monotonic() };
      this.#pods.set(pod.uid, tunnels);
    }
    return tunnels;
  }

  #choose(tunnels: PodTunnels): Slot {
    let best: Slot | undefined;
    for (const slot of tunnels.slots) {
      if (slot.tunnel !== null && !slot.tunnel.usable) continue;
      if (best === undefined || rank(slot) < rank(best)) best = slot;
    }
    if (best !== undefined && best.leases === 0) return best;
    const mayOpen = tunnels.slots.size < MOST_UNSHARED;
    return best === undefined || mayOpen || best.leases >= MOST_STREAMS ? this.#openSlot(tunnels) : best;
  }

  #openSlot(tunnels: PodTunnels): Slot {
    const slot: Slot = { opened: this.#cluster.openTunnel(tunnels.pod, this.#end.signal), tunnel: null, leases: 0 };
    tunnels.slots.add(slot);
    slot.opened.then((tunnel) => {
      slot.tunnel = tunnel;
      if (this.#end.signal.aborted) tunnel.close();
      tunnel.closed.then(() => tunnels.slots.delete(slot));
    }, (error) => {
      tunnels.slots.delete(slot);
      this.#log.debug("a tunnel did not open", {
        cluster: this.#cluster.name,
        pod: tunnels.pod.name,
        error: String(error),
      });
    });
    return slot;
  }

  #refill(tunnels: PodTunnels): void {
    if (this.#end.signal.aborted) return;
    const wanted = wantedSpares(tunnels, this.#clock.monotonic());
    for (let spares = countSpares(tunnels); spares < wanted && tunnels.slots.size < MOST_UNSHARED; spares++) {
      this.#openSlot(tunnels);
    }
  }

  #lease(tunnels: PodTunnels, slot: Slot, stream: Duplex): StreamLease {
    let released = false;
    return {
      stream,
      release: () => {
        if (released) return;
        released = true;
        this.#release(tunnels, slot);
      },
    };
  }

  #release(tunnels: PodTunnels, slot: Slot): void {
    slot.leases--;
    if (slot.leases > 0 || slot.tunnel === null) return;
    if (!slot.tunnel.usable) {
      tunnels.slots.delete(slot);
      slot.tunnel.close();
    } else if (this.#pods.get(tunnels.pod.uid) !== tunnels) {
      this.#closeSpares(tunnels, 0);
    } else {
      this.#closeSpares(tunnels, Math.max(1, wantedSpares(tunnels, this.#clock.monotonic())));
    }
  }

  #closeSpares(tunnels: PodTunnels, keep: number): void {
    let kept = 0;
    for (const slot of tunnels.slots) {
      if (slot.leases > 0 || slot.tunnel === null || kept++ < keep) continue;
      tunnels.slots.delete(slot);
      slot.tunnel.close();
    }
  }
}

/** Open and free first, then about to be open, then the least loaded. */
function rank(slot: Slot): number {
  return slot.leases * 2 + (slot.tunnel === null ? 1 : 0);
}

function countSpares({ slots }: PodTunnels): number {
  let count = 0;
  for (const slot of slots) if (slot.leases === 0) count++;
  return count;
}

function wantedSpares({ rate }: PodTunnels, now: number): number {
  return Math.min(MOST_SPARES, Math.max(1, Math.ceil(rate.perSecond(now))));
}
