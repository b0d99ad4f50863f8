import { untilTick } from "../model/tick_grid.ts";
import type { Clock } from "../model/world.ts";

/** How much longer than asked for a wait may take before it counts as sleep, in milliseconds. */
const CLOCK_JUMP = 5_000;

/** What happened to this machine, after which nothing that was known of others needs to hold. In words, for the log. */
export type MachineListener = (what: string) => void;

/**
 * The one watch over this machine: whether it slept, and whether it is on other networks than before. It looks on every tick, which is the
 * bound on noticing; one look costs about 0.3 ms.
 */
export class MachineWatch {
  readonly #clock: Clock;
  readonly #addresses: () => string;
  readonly #listeners = new Set<MachineListener>();
  #wall = 0;
  #monotonic = 0;
  #wait = 0;
  #known = "";
  #cancel: () => void = () => {};

  /** Does nothing until `start`. `addresses`: those of this machine as text that is the same where they are. */
  constructor({ clock, addresses = machineAddresses }: { readonly clock: Clock; readonly addresses?: () => string }) {
    this.#clock = clock;
    this.#addresses = addresses;
  }

  /** Calls `listener` after each sleep and change of addresses. Returns the way to stop that. */
  subscribe(listener: MachineListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#known = this.#addresses();
    this.#arm();
  }

  close(): void {
    this.#cancel();
    this.#listeners.clear();
  }

  #arm(): void {
    [this.#wall, this.#monotonic] = [this.#clock.now(), this.#clock.monotonic()];
    this.#wait = untilTick(this.#monotonic);
    this.#cancel = this.#clock.after(this.#wait, () => this.#look());
  }

  /**
   * Sleep, or that this process was stopped, is seen as a wait that took much longer than asked for, by either clock: the monotonic one stands
   * still during sleep on Linux and macOS, and does not on others. A clock set back is no sleep.
   */
  #look(): void {
    const lost = Math.max(this.#clock.now() - this.#wall, this.#clock.monotonic() - this.#monotonic) - this.#wait;
    const addresses = this.#addresses();
    const moved = addresses !== this.#known;
    this.#known = addresses;
    this.#arm();
    const what = lost > CLOCK_JUMP ? `slept for ${Math.round(lost / 1000)} s` : moved ? "its addresses changed" : null;
    if (what !== null) { for (const listener of [...this.#listeners]) listener(what); }
  }
}

/** The addresses of this machine. Those that only hold on one link come and go with every container, and lead nowhere else. */
function machineAddresses(): string {
  return Deno.networkInterfaces().map(({ address }) => address).filter((address) => !/^fe[89ab]/i.test(address))
    .sort().join(" ");
}
