import { type Key, key } from "../model/key.ts";
import type { Action, Plan } from "../model/plan.ts";
import type { Clock, Random } from "../model/world.ts";
import type { BackoffSpec, Workspace } from "../model/workspace.ts";
import { type BoundAction, type BoundKind, planAll } from "./bound_kind.ts";
import { type ActionResult, execute, type Permissions } from "./executor.ts";
import { orderActions, planOf } from "./plan.ts";
import { Retries } from "./retries.ts";
import { isUrgent, type Trigger, type TriggerSource } from "./triggers.ts";

/** How one pass went. */
export interface PassReport {
  /** Counts passes from 1. */
  readonly number: number;
  readonly triggers: readonly Trigger[];
  /** The workspace that was in force; null when the loop had stopped and no pass was made. */
  readonly workspace: Workspace | null;
  readonly plan: Plan;
  readonly results: readonly ActionResult[];
  /** Milliseconds. */
  readonly duration: number;
  /** Everything was as asked for, or has been made so: no action is left undone. */
  readonly converged: boolean;
  /** Milliseconds until the loop looks again by itself because something failed; null when it will not. */
  readonly nextLook: number | null;
  /** A bug that ended the pass; null in any pass that went as it should. */
  readonly error: unknown;
}

/** Told of what the loop does. Must not throw. */
export interface LoopHooks {
  readonly onPassStart?: (pass: { readonly number: number; readonly triggers: readonly Trigger[] }) => void;
  /** Before anything is done. */
  readonly onPlan?: (plan: Plan) => void;
  readonly onActionEnd?: (result: ActionResult) => void;
  readonly onPassEnd?: (report: PassReport) => void;
  /** A throw that is a bug. `action` is null where planning itself threw. */
  readonly onBug?: (error: unknown, action: Action | null) => void;
}

/** What the loop is made of. */
export interface LoopOptions<W> {
  readonly kinds: readonly BoundKind<W>[];
  readonly world: W;
  /** The workspace now in force; asked once per pass. */
  readonly workspace: () => Workspace;
  /** Asked once per pass. */
  readonly permissions: () => Permissions;
  readonly clock: Clock;
  readonly random: Random;
  readonly sources?: readonly TriggerSource[];
  readonly hooks?: LoopHooks;
  /** Has `work`, the pass of this number, run within something of the caller's. */
  readonly within?: <T>(pass: number, work: () => Promise<T>) => Promise<T>;
  /** Waits between attempts at what failed; absent: 1 s to 60 s. */
  readonly backoff?: BackoffSpec;
  /** See `RetriesOptions`; absent: 60 s. */
  readonly healthyAfter?: number;
  /** See `ExecuteOptions`. */
  readonly concurrency?: number;
}

/** The level-based loop: makes the world equal the workspace, again and again, each time it is woken. */
export interface ReconcileLoop {
  /** Attaches the sources and makes the first pass. Resolves with its report. */
  start(): Promise<PassReport>;
  /**
   * Wakes the loop. Resolves, never rejects, with the report of the first whole pass that began after this call. Wake-ups that come
   * while a pass runs share the one pass after it. Once stopped: resolves with a report without a workspace.
   */
  look(trigger: Trigger): Promise<PassReport>;
  /**
   * Ends: no new pass, the running one is cancelled. Resolves when no action runs any more; rejects with the signal's reason when that comes
   * first. Repeated calls wait for the same end.
   */
  stop(signal: AbortSignal): Promise<void>;
}

const EMPTY_PLAN = planOf([]);

/** Makes a loop; nothing happens before `start`. While idle it holds no timer but those of its sources and the one for the next retry. */
export function createLoop<W>(options: LoopOptions<W>): ReconcileLoop {
  return new Loop(options);
}

interface Request {
  readonly trigger: Trigger;
  readonly answer: (report: PassReport) => void;
}

class Loop<W> implements ReconcileLoop {
  readonly #options: LoopOptions<W>;
  readonly #retries: Retries;
  readonly #abort = new AbortController();
  #requests: Request[] = [];
  #detach: (() => void)[] = [];
  #cancelRetry: (() => void) | null = null;
  /** The chain of passes now under way. */
  #running: Promise<void> | null = null;
  #passes = 0;

  constructor(options: LoopOptions<W>) {
    this.#options = options;
    this.#retries = new Retries({
      backoff: options.backoff ?? { initial: 1_000, max: 60_000 },
      random: options.random,
      healthyAfter: options.healthyAfter ?? 60_000,
    });
  }

  start(): Promise<PassReport> {
    const first = this.look({ kind: "start", detail: null });
    for (const source of this.#options.sources ?? []) {
      this.#detach.push(source((trigger) => void this.look(trigger)));
    }
    return first;
  }

  look(trigger: Trigger): Promise<PassReport> {
    if (this.#abort.signal.aborted) return Promise.resolve(this.#noPass([trigger]));
    return new Promise((answer) => {
      this.#requests.push({ trigger, answer });
      this.#running ??= this.#work();
    });
  }

  async stop(signal: AbortSignal): Promise<void> {
    for (const detach of this.#detach.splice(0)) detach();
    this.#clearRetry();
    this.#abort.abort();
    if (this.#running !== null) await orAborted(this.#running, signal);
  }

  async #work(): Promise<void> {
    // Wake-ups of one moment make one pass.
    await Promise.resolve();
    while (this.#requests.length > 0) {
      const requests = this.#requests;
      this.#requests = [];
      const triggers = distinct(requests.map((request) => request.trigger));
      const report = this.#abort.signal.aborted ? this.#noPass(triggers) : await this.#pass(triggers);
      for (const { answer } of requests) answer(report);
    }
    this.#running = null;
  }

  #pass(triggers: readonly Trigger[]): Promise<PassReport> {
    const number = ++this.#passes;
    const { within = (_, work) => work() } = this.#options;
    return within(number, () => this.#wholePass(number, triggers));
  }

  async #wholePass(number: number, triggers: readonly Trigger[]): Promise<PassReport> {
    const { clock, hooks } = this.#options;
    const started = clock.monotonic();
    this.#clearRetry();
    hooks?.onPassStart?.({ number, triggers });
    const { again, ...done } = await this.#planAndExecute(triggers);
    const nextLook = this.#scheduleRetry(again);
    const report: PassReport = {
      number,
      triggers,
      ...done,
      duration: clock.monotonic() - started,
      converged: done.error === null && done.results.every((result) => result.outcome.status === "done"),
      nextLook,
    };
    hooks?.onPassEnd?.(report);
    return report;
  }

  async #planAndExecute(
    triggers: readonly Trigger[],
  ): Promise<Pick<PassReport, "workspace" | "plan" | "results" | "error"> & { readonly again: number | null }> {
    const { kinds, world, clock, hooks, concurrency } = this.#options;
    const { signal } = this.#abort;
    const workspace = this.#options.workspace();
    let plan = EMPTY_PLAN;
    try {
      const ordered = orderActions(await planAll(kinds, workspace, world, signal));
      plan = planOf(ordered);
      hooks?.onPlan?.(plan);
      const urgent = triggers.some(isUrgent);
      const results = await execute(urgent ? ordered : ordered.map((bound) => this.#holdBack(bound)), {
        permissions: this.#options.permissions(),
        clock,
        signal,
        ...(concurrency === undefined ? {} : { concurrency }),
        ...(hooks?.onActionEnd === undefined ? {} : { onEnd: hooks.onActionEnd }),
        ...(hooks?.onBug === undefined ? {} : { onBug: hooks.onBug }),
      });
      return { workspace, plan, results, error: null, again: this.#note(results) };
    } catch (error) {
      if (signal.aborted) return { workspace, plan, results: [], error: null, again: null };
      hooks?.onBug?.(error, null);
      const again = this.#retries.failed(PLANNING, { at: clock.monotonic(), message: String(error) });
      return { workspace, plan, results: [], error, again };
    }
  }

  /** Keeps an action that failed lately from being run before its wait is over: other wake-ups must not make a busy loop of it. */
  #holdBack(bound: BoundAction): BoundAction {
    const waiting = this.#retries.waiting(bound.action.key, this.#options.clock.monotonic());
    if (waiting === null) return bound;
    const message = `${waiting.message}; the next attempt is not due yet`;
    return { ...bound, run: () => Promise.resolve({ status: "blocked", reason: BACKING_OFF, message }) };
  }

  /** Remembers what failed; returns when to look again. */
  #note(results: readonly ActionResult[]): number | null {
    const now = this.#options.clock.monotonic();
    const failing = new Set<Key>();
    for (const { action, outcome } of results) {
      if (outcome.status === "blocked" && outcome.reason === BACKING_OFF) failing.add(action.key);
      if (!isWorthAnotherLook(action, outcome)) continue;
      failing.add(action.key);
      this.#retries.failed(action.key, { at: now, message: outcome.message });
    }
    this.#retries.settle(failing, now);
    return this.#retries.next();
  }

  #scheduleRetry(at: number | null): number | null {
    if (at === null || this.#abort.signal.aborted) return null;
    const wait = Math.max(0, at - this.#options.clock.monotonic());
    this.#cancelRetry = this.#options.clock.after(wait, () => void this.look({ kind: "retry", detail: null }));
    return wait;
  }

  #clearRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  #noPass(triggers: readonly Trigger[]): PassReport {
    return {
      number: this.#passes,
      triggers,
      workspace: null,
      plan: EMPTY_PLAN,
      results: [],
      duration: 0,
      converged: false,
      nextLook: null,
      error: null,
    };
  }
}

const BACKING_OFF = "backing-off";

/** Stands for planning as a whole where that is what failed. */
const PLANNING = key("loop", "plan");

/**
 * Failures that ask for it, and what the world blocks: the program that holds a port may end, and nothing tells us when. What waits for a
 * permission or for another action is looked at when those change.
 */
function isWorthAnotherLook(
  action: Action,
  outcome: ActionResult["outcome"],
): outcome is Extract<ActionResult["outcome"], { message: string }> {
  if (outcome.status === "failed") return outcome.retry;
  return outcome.status === "blocked" && action.op === "blocked" && outcome.reason !== BACKING_OFF &&
    outcome.reason !== "dependency" && action.gate === "none";
}

function distinct(triggers: readonly Trigger[]): readonly Trigger[] {
  const seen = new Map(triggers.map((trigger) => [`${trigger.kind} ${trigger.detail ?? ""}`, trigger]));
  return [...seen.values()];
}

async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
