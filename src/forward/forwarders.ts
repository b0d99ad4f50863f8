import type { ForwardInside } from "../model/forward_details.ts";
import type { Forwarders, RunningForward } from "../model/forwarders.ts";
import type { Outcome } from "../model/plan.ts";
import type { Event, ForwardStatus, SocketAddress } from "../model/status.ts";
import type { ForwardSpec, Protocol } from "../model/workspace.ts";
import type { AnyForward } from "./any_forward.ts";
import { Forward } from "./forward.ts";
import { Ticker } from "./ticker.ts";
import { TunnelPools } from "./tunnel_pool.ts";
import { UdpForward } from "./udp/udp_forward.ts";
import type { ForwardersWorld } from "./world.ts";

/** The data plane of this process. */
export function createForwarders(world: ForwardersWorld): Forwarders {
  return new ForwarderSet(world);
}

class ForwarderSet implements Forwarders {
  readonly #world: ForwardersWorld;
  readonly #forwards = new Map<string, AnyForward>();
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #pools: TunnelPools;
  readonly #ticker: Ticker;
  /** Changes of one forward happen one after the other. */
  readonly #queues = new Map<string, Promise<unknown>>();
  /** The connections of forwards that were stopped, until they have ended; `#cut` ends them at once. */
  readonly #draining = new Set<Promise<void>>();
  readonly #cut = new AbortController();

  constructor(world: ForwardersWorld) {
    this.#world = world;
    this.#pools = new TunnelPools(world);
    this.#ticker = new Ticker(world.clock, () => {
      this.#pools.sweep();
      for (const forward of this.#forwards.values()) forward.tick?.();
    });
  }

  start(spec: ForwardSpec, signal: AbortSignal): Promise<Outcome> {
    return this.#apply(spec, signal);
  }

  change(spec: ForwardSpec, signal: AbortSignal): Promise<Outcome> {
    return this.#apply(spec, signal);
  }

  release(name: string): void {
    const forward = this.#forwards.get(name);
    if (forward !== undefined) void this.#inTurn(name, () => forward.release());
  }

  async stop(name: string, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) return { status: "cancelled" };
    await this.#end(name);
    return { status: "done" };
  }

  restart(name: string): boolean {
    const forward = this.#forwards.get(name);
    forward?.restart();
    return forward !== undefined;
  }

  inside(name: string): ForwardInside | undefined {
    return this.#forwards.get(name)?.inside;
  }

  async close(signal: AbortSignal): Promise<void> {
    const cut = () => this.#cut.abort(signal.reason);
    if (signal.aborted) cut();
    else signal.addEventListener("abort", cut, { once: true });
    await Promise.all([...this.#forwards.keys()].map((name) => this.#end(name)));
    this.#ticker.stop();
    await Promise.all(this.#draining);
    signal.removeEventListener("abort", cut);
  }

  wake(): void {
    for (const forward of this.#forwards.values()) forward.wake();
  }

  list(_signal: AbortSignal): Promise<readonly RunningForward[]> {
    return Promise.resolve(this.running());
  }

  running(): readonly RunningForward[] {
    return [...this.#forwards.values()].map(({ spec, addresses }) => ({ spec, listen: addresses }));
  }

  status(): readonly ForwardStatus[] {
    return [...this.#forwards.values()].map(({ status }) => status);
  }

  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #apply(spec: ForwardSpec, signal: AbortSignal): Promise<Outcome> {
    return this.#inTurn(spec.name, async () => {
      if (signal.aborted) return { status: "cancelled" };
      let forward = this.#forwards.get(spec.name);
      if (forward !== undefined && forward.spec.protocol !== spec.protocol) {
        await this.#retire(forward);
        forward = undefined;
      }
      if (forward === undefined) {
        const parts = {
          pools: this.#pools,
          world: this.#world,
          heldBy: (address: SocketAddress, name: string) => this.#heldBy(address, { name, protocol: spec.protocol }),
          send: (event: Event) => this.#send(event),
        };
        forward = spec.protocol === "udp" ? new UdpForward(spec, parts) : new Forward(spec, parts);
        this.#forwards.set(spec.name, forward);
      }
      this.#ticker.start();
      return await forward.apply(spec);
    });
  }

  /** Resolves when it does not listen any more. Its connections may take longer: nobody waits for them but `close`. */
  async #end(name: string): Promise<void> {
    await this.#inTurn(name, async () => {
      const forward = this.#forwards.get(name);
      if (forward === undefined) return;
      await this.#retire(forward);
      if (this.#forwards.size === 0) this.#ticker.stop();
    });
  }

  async #retire(forward: AnyForward): Promise<void> {
    this.#forwards.delete(forward.spec.name);
    await forward.close();
    const draining = forward.drain(this.#cut.signal).finally(() => this.#draining.delete(draining));
    this.#draining.add(draining);
  }

  #inTurn<T>(name: string, action: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    const result = before.then(action, action);
    this.#queues.set(name, result);
    const clear = () => {
      if (this.#queues.get(name) === result) this.#queues.delete(name);
    };
    result.then(clear, clear);
    return result;
  }

  #heldBy(
    address: SocketAddress,
    { name, protocol }: { readonly name: string; readonly protocol: Protocol },
  ): string | undefined {
    for (const [other, { spec, addresses }] of this.#forwards) {
      if (other !== name && spec.protocol === protocol && addresses.some((held) => overlaps(held, address))) {
        return other;
      }
    }
    return undefined;
  }

  #send(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function overlaps(a: SocketAddress, b: SocketAddress): boolean {
  return a.port === b.port && (a.host === b.host || covers(a.host, b.host) || covers(b.host, a.host));
}

function covers(wide: string, host: string): boolean {
  return wide === "::" || (wide === "0.0.0.0" && !host.includes(":"));
}
