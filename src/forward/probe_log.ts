import { type ProbeRecord, PROBES_KEPT } from "../model/forward_details.ts";
import type { Clock } from "../model/world.ts";
import type { ProbeResult } from "./probe.ts";

/** The last probes of one forward. */
export class ProbeLog {
  readonly #clock: Clock;
  readonly #records: ProbeRecord[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Oldest first. */
  get records(): readonly ProbeRecord[] {
    return [...this.#records];
  }

  /** Runs a probe and remembers how it ended; one that was cut off is not remembered. */
  async keep(probe: () => Promise<ProbeResult>): Promise<ProbeResult> {
    const started = this.#clock.monotonic();
    const result = await probe();
    this.#records.push({
      time: new Date(this.#clock.now()).toISOString(),
      ok: result.ok,
      latency: Math.round((this.#clock.monotonic() - started) * 10) / 10,
      error: result.ok ? null : result.trouble.message,
    });
    if (this.#records.length > PROBES_KEPT) this.#records.shift();
    return result;
  }
}
