/** An in-memory machine for the kind `forward`: ports, foreign programs, and forwarders that obey both. */
import type { Forwarders, RunningForward } from "../../src/model/forwarders.ts";
import type { Outcome } from "../../src/model/plan.ts";
import { type Port, port, portsOf } from "../../src/model/port.ts";
import type { SocketAddress } from "../../src/model/status.ts";
import type { ForwardSpec, LocalPort } from "../../src/model/workspace.ts";
import type { ForwardWorld } from "../../src/resources/forward/world.ts";
import { forwardSpec } from "../fakes/specs.ts";

/** A spec with the defaults filled in. */
export function spec(name: string, local: LocalPort, more: Partial<ForwardSpec> = {}): ForwardSpec {
  return forwardSpec(name, { local, ...more });
}

/** `fixed(3000)`. */
export function fixed(value: number): LocalPort {
  return { kind: "fixed", port: port(value) };
}

/** The machine. `foreign` are ports that other programs hold; nothing here ever takes one away. */
export class FakeMachine implements Forwarders {
  readonly foreign: ReadonlyMap<number, string>;
  readonly touched: string[] = [];
  readonly #running = new Map<string, RunningForward>();

  constructor(foreign: ReadonlyMap<number, string> = new Map()) {
    this.foreign = foreign;
  }

  running(): readonly RunningForward[] {
    return [...this.#running.values()];
  }

  #holder(value: Port, except: string): string | undefined {
    const ours = this.running().find((one) =>
      one.spec.name !== except && one.listen.some((address) => address.port === value)
    );
    return ours === undefined ? this.foreign.get(value) : `forward ${ours.spec.name}`;
  }

  #bind(asked: ForwardSpec): readonly SocketAddress[] | Outcome {
    const candidates = asked.local.kind === "fixed"
      ? [asked.local.port]
      : asked.local.kind === "range"
      ? portsOf(asked.local.range)
      : portsOf({ first: port(20000), last: port(29999) });
    let taken = "";
    for (const candidate of candidates) {
      const holder = this.#holder(candidate, asked.name);
      if (holder === undefined) return asked.bind.map((host) => ({ host, port: candidate }));
      taken = `port ${candidate} is in use by ${holder}`;
    }
    return { status: "failed", reason: "port-in-use", message: taken, retry: true };
  }

  list(): Promise<readonly RunningForward[]> {
    return Promise.resolve(this.running());
  }

  start(asked: ForwardSpec): Promise<Outcome> {
    this.touched.push(asked.name);
    const listen = this.#bind(asked);
    if ("status" in listen) return Promise.resolve(listen);
    this.#running.set(asked.name, { spec: asked, listen });
    return Promise.resolve({ status: "done" });
  }

  change(asked: ForwardSpec): Promise<Outcome> {
    if (!this.#running.has(asked.name)) throw new Error(`change of ${asked.name}, which does not run`);
    return this.start(asked);
  }

  release(name: string): void {
    const one = this.#running.get(name);
    if (one !== undefined) this.#running.set(name, { ...one, listen: [] });
  }

  restart(name: string): boolean {
    return this.#running.has(name);
  }

  inside(): undefined {}

  stop(name: string): Promise<Outcome> {
    if (!this.#running.delete(name)) throw new Error(`stop of ${name}, which does not run`);
    this.touched.push(name);
    return Promise.resolve({ status: "done" });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  wake(): void {}

  status(): readonly [] {
    return [];
  }

  subscribe(): () => void {
    return () => {};
  }

  /** The world of the kind on this machine. */
  world(): ForwardWorld {
    return {
      view: this,
      forwarders: this,
      localPort: (asked) => asked.local.kind === "fixed" ? asked.local.port : null,
      holder: (address) => {
        const words = this.foreign.get(address.port);
        return Promise.resolve(words === undefined ? null : { words, pid: 1 });
      },
    };
  }
}
