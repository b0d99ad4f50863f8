import type { ForwardSpec } from "../model/workspace.ts";
import { backoffDelay } from "../model/backoff.ts";
import { waitForTick } from "../model/tick_grid.ts";
import type { Clock, Log, Random } from "../model/world.ts";
import type { Condition } from "./condition.ts";
import type { Trouble } from "./failures.ts";
import type { ProbeResult } from "./probe.ts";

/** Probes are spread over this share of their interval, so that many forwards do not check in step. */
const JITTER = 0.2;

/**
 * When a forward is checked, and what its state is after that. One timer, one probe at a time. Traffic that went through
 * lately makes a probe needless.
 */
export class Health {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #condition: Condition;
  readonly #probe: (signal: AbortSignal) => Promise<ProbeResult>;
  readonly #reached: (result: Extract<ProbeResult, { readonly ok: true }>) => void;
  #spec: ForwardSpec;
  #failures = 0;
  #wasActive = false;
  /** Known from the cluster's side: no probe can succeed until that changes. */
  #hindered = false;
  #over = false;
  #lastSuccess: number | null = null;
  #cancelTimer: () => void = () => {};
  #running: AbortController | null = null;
  #again = false;

  constructor(spec: ForwardSpec, { clock, random, log, condition, probe, reached }: {
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly condition: Condition;
    readonly probe: (signal: AbortSignal) => Promise<ProbeResult>;
    /** A probe went through. */
    readonly reached: (result: Extract<ProbeResult, { readonly ok: true }>) => void;
  }) {
    this.#spec = spec;
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
    this.#condition = condition;
    this.#probe = probe;
    this.#reached = reached;
  }

  /** True once the forward has failed for good: `reconnect: false` and the backend was lost, or it cannot listen. */
  get over(): boolean {
    return this.#over;
  }

  /** True while the cluster says that nothing can be reached. */
  get hindered(): boolean {
    return this.#hindered;
  }

  /** Other times or another target hold from now on. What was under way is dropped; `now` or `hinder` comes next. */
  change(spec: ForwardSpec): void {
    this.#stopProbing();
    this.#spec = spec;
    this.#over = false;
    this.#wasActive = false;
    this.#failures = 0;
  }

  /** Probes now, or once more after the one under way. */
  now(): void {
    if (this.#over || this.#hindered) return;
    if (this.#running !== null) {
      this.#again = true;
      return;
    }
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    if (this.#spec.health.probe.kind === "none") return;
    this.#run();
  }

  /** Something went through. */
  succeeded(): void {
    if (this.#over) return;
    this.#lastSuccess = this.#clock.monotonic();
    this.#failures = 0;
    this.#wasActive = true;
    if (this.#running === null && this.#condition.view.status !== "Active") this.#schedule(this.#spec.health.every);
  }

  /** A connection found no backend: look closer, unless that is known already. */
  doubted(): void {
    this.#lastSuccess = null;
    if (this.#condition.view.status === "Active") this.now();
  }

  /** The cluster says that nothing can be reached. In force until `free`. */
  hinder(trouble: Trouble, how: "Starting" | "Reconnecting" | "Failed"): void {
    this.#hindered = true;
    if (this.#over) return;
    this.#stopProbing();
    this.#condition.retryAt(null);
    this.#lose(trouble, how);
  }

  /** The cluster knows of backends: probes make sense. */
  free(): void {
    this.#hindered = false;
    this.#failures = 0;
  }

  /** The forward cannot serve at all. `change` ends that. */
  fail(trouble: Trouble): void {
    this.#over = true;
    this.#stopProbing();
    this.#condition.retryAt(null);
    this.#condition.trouble("Failed", trouble);
  }

  /** No more probes. */
  close(): void {
    this.#over = true;
    this.#stopProbing();
  }

  #stopProbing(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    this.#again = false;
    this.#running?.abort(new DOMException("no longer of use", "AbortError"));
    this.#running = null;
  }

  #run(): void {
    const control = new AbortController();
    this.#running = control;
    const done = (result: ProbeResult) => {
      if (this.#running !== control) return;
      this.#running = null;
      this.#settle(result);
    };
    this.#probe(control.signal).then(done, (error) => {
      if (control.signal.aborted) return;
      this.#log.error("a probe failed in an unforeseen way", { error });
      done({ ok: false, trouble: { reason: "probe-failed", message: "the probe itself failed" } });
    });
  }

  #settle(result: ProbeResult): void {
    if (result.ok) {
      this.#reached(result);
      this.succeeded();
      this.#schedule(this.#spec.health.every);
    } else {
      this.#failures++;
      this.#condition.checked(this.#failures);
      const active = this.#condition.view.status === "Active";
      if (!active || this.#failures >= this.#spec.health.failures) this.#lose(result.trouble, "Reconnecting");
      if (!this.#over) this.#schedule(backoffDelay(this.#failures, this.#spec.backoff, this.#random));
    }
    if (this.#again) {
      this.#again = false;
      this.now();
    }
  }

  #lose(trouble: Trouble, how: "Starting" | "Reconnecting" | "Failed"): void {
    if (!this.#spec.reconnect && this.#wasActive) {
      this.fail({ ...trouble, message: `${trouble.message}; reconnect is off` });
      return;
    }
    this.#condition.trouble(how, trouble);
  }

  #schedule(ms: number): void {
    this.#cancelTimer();
    const failing = this.#failures > 0;
    const wait = failing ? ms : waitForTick(this.#clock.monotonic(), ms * (1 - JITTER * this.#random()));
    if (failing) this.#condition.retryAt(this.#clock.now() + wait);
    else this.#condition.retryAt(null);
    this.#cancelTimer = this.#clock.after(wait, () => this.#due());
  }

  #due(): void {
    const every = this.#spec.health.every;
    const quiet = this.#lastSuccess === null ? Infinity : this.#clock.monotonic() - this.#lastSuccess;
    // Traffic went through since: the next look is an interval after that.
    if (quiet < every * (1 - JITTER)) this.#schedule(every - quiet);
    else this.now();
  }
}
