import type { Outcome } from "../model/plan.ts";
import type { Port } from "../model/port.ts";
import type { Reason, SocketAddress } from "../model/status.ts";
import type { ForwardSpec } from "../model/workspace.ts";
import type { BindFailure, BindResult, Bound } from "./bind.ts";
import { portCandidates, portSuits } from "./local_port.ts";

/** What a listener needs of the others. */
export interface ListenerWorld {
  /** The forward of this process, other than `name`, that holds the address; undefined when none does. */
  heldBy(address: SocketAddress, name: string): string | undefined;
  /** The program that holds the address, as `nginx (PID 1234)`; null when it cannot be told. */
  whoHolds(address: SocketAddress): Promise<string | null>;
  /** Has who holds the address let go of it, where the forward may have that; whether it did. Absent: never. */
  readonly takeOver?: ((address: SocketAddress, spec: ForwardSpec) => Promise<boolean>) | undefined;
  readonly leases: { get(name: string): Port | undefined; set(name: string, port: Port): void };
  /** Listens at one address. */
  readonly bind: (address: SocketAddress) => Promise<BindResult>;
}

/** Why a forward cannot listen. */
export interface ListenFailure {
  readonly reason: Extract<Reason, "port-in-use" | "port-forbidden" | "address-unavailable">;
  readonly message: string;
}

interface Refused {
  readonly host: string;
  readonly port: Port;
  readonly failure: BindFailure;
  readonly detail: string;
}

/**
 * The listening sockets of one forward: all its addresses on one port. They are closed by `close` and by a change that moves
 * them, by nothing else.
 */
export class Listener {
  readonly #world: ListenerWorld;
  #bound: readonly Bound[] = [];
  #note: string | null = null;

  constructor(world: ListenerWorld) {
    this.#world = world;
  }

  /** Where it listens; empty when it does not. */
  get addresses(): readonly SocketAddress[] {
    return this.#bound.map(({ host, port }) => ({ host, port }));
  }

  /** What is not as asked for although it listens: an address that this machine does not have. */
  get note(): string | null {
    return this.#note;
  }

  /**
   * Listens where `spec` says. What is bound already and still wanted stays; new addresses are bound before old ones are let
   * go. On failure everything stays as it was. `before`: the spec in force until now.
   */
  async listen(spec: ForwardSpec, before: ForwardSpec): Promise<ListenFailure | null> {
    const now = this.#bound[0]?.port;
    if (now !== undefined && portSuits(now, spec, before)) return await this.#rebind(spec, now);
    const old = this.#bound;
    const result = await this.#bindFirst(spec);
    if ("reason" in result) return result;
    this.#bound = result;
    await closeAll(old);
    return null;
  }

  /** Stops listening; connections stay. */
  async close(): Promise<void> {
    const old = this.#bound;
    this.#bound = [];
    this.#note = null;
    await closeAll(old);
  }

  async #rebind(spec: ForwardSpec, port: Port): Promise<ListenFailure | null> {
    const kept = this.#bound.filter(({ host }) => spec.bind.includes(host));
    const dropped = this.#bound.filter(({ host }) => !spec.bind.includes(host));
    const missing = spec.bind.filter((host) => !kept.some((one) => one.host === host));
    let { bound, refused } = await this.#bind(missing, port);
    if (refused.some(({ failure }) => failure === "in-use") && dropped.length > 0) {
      // An address that covers another one, such as 0.0.0.0 and 127.0.0.1, cannot be bound beside it: here the old one goes first.
      await closeAll([...bound, ...dropped]);
      ({ bound, refused } = await this.#bind(missing, port));
      if (blocking(refused, kept.length + bound.length) !== undefined) {
        await closeAll(bound);
        const back = await this.#bind(dropped.map(({ host }) => host), port);
        this.#bound = [...kept, ...back.bound];
        return await this.#explain(refused, spec);
      }
    } else if (blocking(refused, kept.length + bound.length) !== undefined) {
      await closeAll(bound);
      return await this.#explain(refused, spec);
    } else {
      await closeAll(dropped);
    }
    this.#bound = inOrder([...kept, ...bound], spec.bind);
    this.#note = noteOn(refused);
    return null;
  }

  async #bindFirst(spec: ForwardSpec): Promise<readonly Bound[] | ListenFailure> {
    let last: readonly Refused[] = [];
    let tried = 0;
    for (const port of portCandidates(spec, this.#world.leases.get(spec.name))) {
      tried++;
      const held = spec.bind.find((host) => this.#world.heldBy({ host, port }, spec.name) !== undefined);
      if (held !== undefined) {
        last = [{ host: held, port, failure: "in-use", detail: "" }];
        continue;
      }
      let { bound, refused } = await this.#bind(spec.bind, port);
      let why = blocking(refused, bound.length);
      if (why?.failure === "in-use" && await this.#world.takeOver?.({ host: why.host, port }, spec) === true) {
        await closeAll(bound);
        ({ bound, refused } = await this.#bind(spec.bind, port));
        why = blocking(refused, bound.length);
      }
      if (why === undefined) {
        if (spec.local.kind === "auto") this.#world.leases.set(spec.name, port);
        this.#note = noteOn(refused);
        return inOrder(bound, spec.bind);
      }
      await closeAll(bound);
      last = refused;
      if (why.failure !== "in-use") break;
    }
    if (tried > 1 && last.every(({ failure }) => failure === "in-use")) {
      return { reason: "port-in-use", message: noneFree(spec) };
    }
    return await this.#explain(last, spec);
  }

  async #bind(
    hosts: readonly string[],
    port: Port,
  ): Promise<{ readonly bound: readonly Bound[]; readonly refused: readonly Refused[] }> {
    const bound: Bound[] = [];
    const refused: Refused[] = [];
    for (const host of hosts) {
      const result = await this.#world.bind({ host, port });
      if (result.kind === "bound") bound.push(result.bound);
      else refused.push({ host, port, failure: result.failure, detail: result.detail });
    }
    return { bound, refused };
  }

  async #explain(refused: readonly Refused[], spec: ForwardSpec): Promise<ListenFailure> {
    const first = refused.find(({ failure }) => failure !== "absent") ?? refused[0];
    if (first === undefined) return { reason: "address-unavailable", message: "no address to listen on" };
    const { host, port, failure } = first;
    switch (failure) {
      case "in-use": {
        const rival = this.#world.heldBy({ host, port }, spec.name);
        if (rival !== undefined) {
          return { reason: "port-in-use", message: `port ${port} is already in use by forward ${rival}` };
        }
        const program = await this.#world.whoHolds({ host, port }) ?? "another program";
        return { reason: "port-in-use", message: `port ${port} is in use by ${program}` };
      }
      case "forbidden":
        return { reason: "port-forbidden", message: `port ${port} may not be opened by this user` };
      case "absent":
        return { reason: "address-unavailable", message: `this machine has no address ${host} (${first.detail})` };
      default:
        return failure satisfies never;
    }
  }
}

/** A failure to listen as the outcome of an action. Retried: ports become free, addresses come. */
export function listenOutcome(failure: ListenFailure): Outcome {
  return { status: "failed", ...failure, retry: failure.reason !== "port-forbidden" };
}

/** The refusal that matters, if any: an address that is not there does not when another one is bound. */
function blocking(refused: readonly Refused[], bound: number): Refused | undefined {
  return refused.find(({ failure }) => failure !== "absent" || bound === 0);
}

function noteOn(refused: readonly Refused[]): string | null {
  const hosts = refused.map(({ host }) => host);
  return hosts.length === 0 ? null : `not on ${hosts.join(", ")}: this machine has no such address`;
}

function noneFree({ local }: ForwardSpec): string {
  switch (local.kind) {
    case "fixed":
      return `no port from ${local.port} upwards is free`;
    case "range":
      return `no port of ${local.range.first}-${local.range.last} is free`;
    case "auto":
      return "no port of 20000-29999 is free";
    default:
      return local satisfies never;
  }
}

function inOrder(bound: readonly Bound[], hosts: readonly string[]): readonly Bound[] {
  return [...bound].sort((a, b) => hosts.indexOf(a.host) - hosts.indexOf(b.host));
}

async function closeAll(bound: readonly Bound[]): Promise<void> {
  await Promise.all(bound.map((one) => one.close()));
}
