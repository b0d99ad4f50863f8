import type { ActionResult } from "../engine/executor.ts";
import type { LoopHooks, PassReport } from "../engine/loop.ts";
import type { Plan } from "../model/plan.ts";
import type { Log } from "../model/world.ts";

/** The log of the passes. The number of the pass stands in each of its lines: that is put in where the log is made. */
export class PassLog {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  started({ triggers }: Parameters<NonNullable<LoopHooks["onPassStart"]>>[0]): void {
    this.#log.debug("pass", { woken: triggers.map(({ kind, detail }) => detail ?? kind) });
  }

  planned({ summary, actions }: Plan): void {
    if (actions.length > 0) this.#log.info("plan", { ...summary });
  }

  acted({ action: { op, key }, outcome, duration }: ActionResult): void {
    const facts = { key, op, status: outcome.status, ms: Math.round(duration) };
    if (outcome.status === "failed") {
      this.#log.warn("action failed", { ...facts, reason: outcome.reason, why: outcome.message });
    } else this.#log.info("action", facts);
  }

  ended({ results, duration, converged }: PassReport): void {
    if (results.length > 0) this.#log.info("pass done", { converged, ms: Math.round(duration) });
  }
}
