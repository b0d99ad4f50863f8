import type { ActionResult } from "../engine/executor.ts";
import type { LoopHooks, PassReport } from "../engine/loop.ts";
import type { Plan } from "../model/plan.ts";
import type { Log } from "../model/world.ts";

/** The log of the passes: each line bears the number of its pass, so that what belongs together can be found. */
export class PassLog {
  readonly #log: Log;
  /** The number of the pass under way, or of the last one. */
  #pass = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  started({ number, triggers }: Parameters<NonNullable<LoopHooks["onPassStart"]>>[0]): void {
    this.#pass = number;
    this.#log.debug("pass", { reconcile: number, woken: triggers.map(({ kind, detail }) => detail ?? kind) });
  }

  planned({ summary, actions }: Plan): void {
    if (actions.length > 0) this.#log.info("plan", { reconcile: this.#pass, ...summary });
  }

  acted({ action: { op, key }, outcome, duration }: ActionResult): void {
    const facts = { reconcile: this.#pass, key, op, status: outcome.status, ms: Math.round(duration) };
    if (outcome.status === "failed") {
      this.#log.warn("action failed", { ...facts, reason: outcome.reason, why: outcome.message });
    } else this.#log.info("action", facts);
  }

  ended({ results, number, duration, converged }: PassReport): void {
    if (results.length === 0) return;
    this.#log.info("pass done", { reconcile: number, converged, ms: Math.round(duration) });
  }
}
