import type { Tunnel } from "../model/cluster_access.ts";
import type { Port } from "../model/port.ts";
import { type Duplex, StreamError } from "../model/stream.ts";
import type { Clock } from "../model/world.ts";
import { ArrivalRate } from "./arrival_rate.ts";
import { orAbort } from "./limits.ts";

/** Spares kept ahead at most. */
const MOST_SPARES = 8;
/** So many more may be left over when connections end: else each one that ends would close what the next one opens. */
const LEFT_OVER = 4;
/** Tunnels of one forward before its connections share them: below it, none shares the fate of another. */
const MOST_UNSHARED = 24;
/** Streams on one tunnel before another tunnel is opened all the same. */
const MOST_STREAMS = 64;
/** How long spares are worth having after their last use, in milliseconds. */
export const IDLE = 60_000;

/** A stream to a pod; `release` says that it is over, so that its tunnel can carry another one. */
export interface StreamLease {
  readonly stream: Duplex;
  release(): void;
}

/** Who wants a stream, and what for. */
export interface Wish {
  /** The forward. */
  readonly user: object;
  /** A client's connection, after which spares for the next ones are opened; a probe takes none, and shares its tunnel with other probes. */
  readonly ahead: boolean;
  readonly signal: AbortSignal;
}

interface Slot {
  readonly opened: Promise<Tunnel>;
  tunnel: Tunnel | null;
  /** The forward whose connections it has, or had last. */
  user: object | null;
  /** Connections that use it or wait for it. */
  connections: number;
  /** Probes that use it or wait for it. */
  probes: number;
}

/**
 * The tunnels to one pod, for all forwards that lead to it. Each connection gets a tunnel of its own from the spares opened ahead; a burst
 * that outruns them opens more, and past a bound shares the least loaded: there is no flow control between the streams of one tunnel.
 * Probes have little to say, and are over soon: they share one.
 */
export class PodTunnels {
  /** The forwards that it is a backend of. */
  readonly users = new Set<object>();
  readonly #open: () => Promise<Tunnel>;
  readonly #clock: Clock;
  readonly #slots = new Set<Slot>();
  readonly #rate = new ArrivalRate();
  /** Connections of each forward. */
  readonly #connections = new Map<object, number>();
  #lastUse: number;

  /** `open` opens a tunnel, or rejects and says so in the log. */
  constructor({ open, clock }: { readonly open: () => Promise<Tunnel>; readonly clock: Clock }) {
    this.#open = open;
    this.#clock = clock;
    this.#lastUse = clock.monotonic();
  }

  /** Whether nothing is held here. */
  get empty(): boolean {
    return this.#slots.size === 0;
  }

  /** A stream to `port`. Rejects with `AccessError`, `StreamError` or the signal's reason. */
  async lease(port: Port, wish: Wish): Promise<StreamLease> {
    const { user, ahead, signal } = wish;
    this.#lastUse = this.#clock.monotonic();
    if (ahead) this.#rate.arrive(this.#lastUse);
    for (let tries = 0;; tries++) {
      const slot = ahead ? this.#chooseForConnection(user) : this.#chooseForProbe();
      this.#take(slot, wish);
      if (ahead) this.#refill(user);
      try {
        const tunnel = await orAbort(slot.opened, signal);
        const stream = await tunnel.open(port, signal);
        let released = false;
        return {
          stream,
          release: () => {
            if (released) return;
            released = true;
            this.#giveBack(slot, wish);
          },
        };
      } catch (error) {
        this.#giveBack(slot, wish);
        // A tunnel that ended while it was spare is no reason to fail: the next one is fresh.
        if (tries > 1 || !(error instanceof StreamError) || error.failure !== "gone") throw error;
        this.#slots.delete(slot);
      }
    }
  }

  /** Opens a spare for `user`, which is about to use it. */
  warm(user: object): void {
    this.#lastUse = this.#clock.monotonic();
    this.#refill(user);
  }

  /** Lets go of what is idle. */
  sweep(): void {
    this.#trim(this.#clock.monotonic() - this.#lastUse >= IDLE ? 0 : this.#wanted);
  }

  /** Lets go of all spares: what they were connected to may be gone without a word. */
  dropSpares(): void {
    this.#trim(0);
  }

  /** Ends all tunnels. */
  close(): void {
    for (const { tunnel } of this.#slots) tunnel?.close();
    this.#slots.clear();
  }

  #take(slot: Slot, { user, ahead }: Wish): void {
    if (!ahead) slot.probes++;
    else {
      slot.user = user;
      slot.connections++;
      this.#connections.set(user, this.#connectionsOf(user) + 1);
    }
  }

  #giveBack(slot: Slot, { user, ahead }: Wish): void {
    if (!ahead) slot.probes--;
    else {
      slot.connections--;
      const left = this.#connectionsOf(user) - 1;
      if (left === 0) this.#connections.delete(user);
      else this.#connections.set(user, left);
    }
    if (!isFree(slot) || slot.tunnel === null) return;
    this.#trim(this.users.size === 0 ? 0 : this.#wanted + LEFT_OVER);
  }

  #connectionsOf(user: object): number {
    return this.#connections.get(user) ?? 0;
  }

  get #wanted(): number {
    return Math.min(MOST_SPARES, Math.max(1, Math.ceil(this.#rate.perSecond(this.#clock.monotonic()))));
  }

  /** Free, else another one, else the least loaded of its own: what one forward's connections do to each other is not another's concern. */
  #chooseForConnection(user: object): Slot {
    const mayOpen = this.#connectionsOf(user) < MOST_UNSHARED;
    let best: Slot | undefined;
    for (const slot of this.#slots) {
      const fits = isFree(slot) || (!mayOpen && slot.user === user);
      if (!fits || slot.tunnel?.usable === false) continue;
      if (best === undefined || load(slot) < load(best)) best = slot;
    }
    return best === undefined || load(best) >= MOST_STREAMS * 2 ? this.#openSlot() : best;
  }

  /** One with other probes, else a free one, else another one: none with connections, for these may fill it. */
  #chooseForProbe(): Slot {
    let best: Slot | undefined;
    for (const slot of this.#slots) {
      if (slot.connections > 0 || slot.probes >= MOST_STREAMS || slot.tunnel?.usable === false) continue;
      if (best === undefined || slot.probes > best.probes) best = slot;
    }
    return best ?? this.#openSlot();
  }

  #openSlot(): Slot {
    const slot: Slot = { opened: this.#open(), tunnel: null, user: null, connections: 0, probes: 0 };
    this.#slots.add(slot);
    slot.opened.then((tunnel) => {
      slot.tunnel = tunnel;
      tunnel.closed.then(() => this.#slots.delete(slot));
    }, () => this.#slots.delete(slot));
    return slot;
  }

  #refill(user: object): void {
    const wanted = this.#wanted;
    const room = MOST_UNSHARED - this.#connectionsOf(user);
    let spares = 0;
    for (const slot of this.#slots) if (isFree(slot)) spares++;
    for (; spares < wanted && spares < room; spares++) this.#openSlot();
  }

  /** Lets go of what is free but for `keep` of them; what can be used at once is kept first. */
  #trim(keep: number): void {
    const free = [...this.#slots].filter((slot) => isFree(slot) && slot.tunnel !== null);
    const ready = free.toSorted((a, b) => Number(b.tunnel?.usable) - Number(a.tunnel?.usable));
    for (const slot of ready.slice(keep)) {
      this.#slots.delete(slot);
      slot.tunnel?.close();
    }
  }
}

/** Open and free first, then about to be open, then the least loaded. */
function load(slot: Slot): number {
  return (slot.connections + slot.probes) * 2 + (slot.tunnel === null ? 1 : 0);
}

function isFree({ connections, probes }: Slot): boolean {
  return connections === 0 && probes === 0;
}
