import process from "node:process";
import { untilTick } from "../model/tick_grid.ts";
import type { Clock } from "../model/world.ts";

/** The variable with which Deno gives memory back when it gets SIGUSR2: it collects garbage and has glibc let go of free pages. Linux only. */
export const MEMORY_TRIM = "DENO_USR2_MEMORY_TRIM";

/** Of one core: a process that takes more is at work, and is left alone, for a collection stops it for some 30 ms (measured). */
const BUSY = 0.1;
/** Ticks at rest after work, and from one time to the next where there was no work between them. */
const QUIET = 2;
const RARELY = 30;
/** Deno lets go of free pages first and collects garbage after that: what the first time collected goes with the second. */
const PASSES = 2;
/** What one of them takes at most, in milliseconds. */
const SETTLE = 200;
/** What must have come on top since the last time for it to be worth while, in bytes. */
const WORTH = 4 * 1024 * 1024;

/** This process, as its memory goes. */
export interface OwnProcess {
  /** Resident memory in bytes. */
  rss(): number;
  /** CPU time since the start, in milliseconds. */
  cpu(): number;
  /** Gives back what nothing uses. */
  trim(): void;
}

/**
 * Gives memory back after work. Each read of a TLS connection leaves a buffer to the garbage collector, which lets tens of MiB of them come
 * together, and glibc keeps the pages that they were in: 47 MiB after 20 abandoned downloads (measured, docs/architecture.md).
 */
export class MemoryTrim {
  readonly #own: OwnProcess;
  readonly #clock: Clock;
  #cpu = 0;
  #quiet = 0;
  #needed = QUIET;
  /** The least that it had since the last time; 0: there was none. */
  #least = 0;
  #cancel: () => void = () => {};

  /** Does nothing until `start`. */
  constructor(own: OwnProcess, { clock }: { readonly clock: Clock }) {
    this.#own = own;
    this.#clock = clock;
  }

  /** Looks on every tick whether the time since the last one was quiet, and whether there is something to give back. */
  start(): void {
    this.#arm(untilTick(this.#clock.monotonic()));
  }

  close(): void {
    this.#cancel();
  }

  #arm(wait: number): void {
    this.#cpu = this.#own.cpu();
    this.#cancel = this.#clock.after(wait, () => {
      if (this.#isWorth(wait)) this.#give(PASSES);
      else this.#arm(untilTick(this.#clock.monotonic()));
    });
  }

  #isWorth(wait: number): boolean {
    const rss = this.#own.rss();
    this.#least = Math.min(this.#least, rss);
    if (this.#own.cpu() - this.#cpu > wait * BUSY) {
      this.#quiet = 0;
      this.#needed = QUIET;
    } else this.#quiet++;
    return this.#quiet >= this.#needed && rss - this.#least >= WORTH;
  }

  #give(passes: number): void {
    this.#own.trim();
    this.#cancel = this.#clock.after(SETTLE, () => {
      if (passes > 1) return this.#give(passes - 1);
      this.#least = this.#own.rss();
      this.#quiet = 0;
      this.#needed = RARELY;
      this.#arm(untilTick(this.#clock.monotonic()));
    });
  }
}

/** This process, where Deno was started so that it can give memory back; else null. */
export function ownProcess(env: (name: string) => string | undefined): OwnProcess & Disposable | null {
  if (Deno.build.os !== "linux" || env(MEMORY_TRIM) === undefined) return null;
  // Deno listens as well; a version of it that does not know the variable would be ended by the signal.
  const heard = (): void => {};
  Deno.addSignalListener("SIGUSR2", heard);
  return {
    rss: () => Deno.memoryUsage().rss,
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    trim: () => Deno.kill(Deno.pid, "SIGUSR2"),
    [Symbol.dispose]: () => Deno.removeSignalListener("SIGUSR2", heard),
  };
}
