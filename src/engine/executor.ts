import type { Key } from "../model/key.ts";
import type { Action, Gate, Outcome } from "../model/plan.ts";
import type { Clock } from "../model/world.ts";
import { type BoundAction, expectedFailure } from "./bound_kind.ts";

/** What the person who asked has allowed beyond `up` itself. */
export interface Permissions {
  readonly allowRestart: boolean;
  readonly allowRecreate: boolean;
  readonly allowDelete: boolean;
  /** Single actions that may pass whatever their gate is. Absent: none. */
  readonly approved?: ReadonlySet<Key>;
}

/** Nothing beyond `up` itself. */
export const NO_PERMISSIONS: Permissions = { allowRestart: false, allowRecreate: false, allowDelete: false };

/** How one action of a plan went. */
export interface ActionResult {
  readonly action: Action;
  readonly outcome: Outcome;
  /** Milliseconds from its start to its end; 0 for what was never started. */
  readonly duration: number;
}

/** What `execute` needs beside the actions. The callbacks must not throw. */
export interface ExecuteOptions {
  readonly permissions: Permissions;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How many actions may run at once; absent: 16. */
  readonly concurrency?: number;
  /** Called for every action once, also for those that were never started. */
  readonly onEnd?: (result: ActionResult) => void;
  /** Told of a throw that is a bug, for the log; the action counts as failed. */
  readonly onBug?: (error: unknown, action: Action) => void;
}

/**
 * Carries out actions that are in the order of the plan, as many at once as their dependencies and `concurrency` let. Decides
 * nothing: what was planned is run, unless it is gated, something it depends on did not get done, or the signal came first.
 *
 * Resolves, never rejects, when nothing runs any more: also after the signal, which running actions get to see. Results are in the
 * order of `ordered`.
 */
export async function execute(
  ordered: readonly BoundAction[],
  options: ExecuteOptions,
): Promise<readonly ActionResult[]> {
  const { signal } = options;
  const slots = new Slots(options.concurrency ?? 16);
  const ends = new Map<Key, Promise<ActionResult>>();
  for (const bound of ordered) {
    // The order of the plan: all that this one waits for is in the map already.
    const before = bound.action.dependsOn.flatMap((key) => ends.get(key) ?? []);
    ends.set(bound.action.key, runAfter(bound, { before, slots, signal, options }));
  }
  return await Promise.all(ends.values());
}

async function runAfter(
  bound: BoundAction,
  { before, slots, signal, options }: {
    readonly before: readonly Promise<ActionResult>[];
    readonly slots: Slots;
    readonly signal: AbortSignal;
    readonly options: ExecuteOptions;
  },
): Promise<ActionResult> {
  const { action } = bound;
  const results = await Promise.all(before);
  const end = (outcome: Outcome, duration: number): ActionResult => {
    const result = { action, outcome, duration };
    options.onEnd?.(result);
    return result;
  };
  const hindrance = hindranceOf(action, { results, permissions: options.permissions });
  if (signal.aborted) return end({ status: "cancelled" }, 0);
  if (hindrance !== null) return end(hindrance, 0);
  await slots.take();
  try {
    if (signal.aborted) return end({ status: "cancelled" }, 0);
    const started = options.clock.monotonic();
    const outcome = await runOne(bound, { signal, onBug: options.onBug });
    return end(outcome, options.clock.monotonic() - started);
  } finally {
    slots.give();
  }
}

async function runOne(
  bound: BoundAction,
  { signal, onBug }: { readonly signal: AbortSignal; readonly onBug: ExecuteOptions["onBug"] },
): Promise<Outcome> {
  try {
    return await bound.run(signal);
  } catch (error) {
    if (signal.aborted) return { status: "cancelled" };
    const failure = expectedFailure(error);
    if (failure !== null) return { status: "failed", ...failure, retry: true };
    onBug?.(error, bound.action);
    const message = error instanceof Error ? error.message : String(error);
    return { status: "failed", reason: "internal-error", message: `unexpected error: ${message}`, retry: true };
  }
}

/** Why an action may not be tried, or null. */
function hindranceOf(
  action: Action,
  { results, permissions }: { readonly results: readonly ActionResult[]; readonly permissions: Permissions },
): Outcome | null {
  const undone = results.find((result) => result.outcome.status !== "done");
  if (undone !== undefined) {
    const { outcome } = undone;
    if (outcome.status === "cancelled") return { status: "cancelled" };
    const why = outcome.status === "done" ? "" : `: ${outcome.message}`;
    return { status: "blocked", reason: "dependency", message: `waits for ${undone.action.key}${why}` };
  }
  if (isPermitted(action.gate, permissions) || permissions.approved?.has(action.key) === true) return null;
  const cost = action.disruption === null ? "" : `: ${action.disruption}`;
  return { status: "blocked", reason: action.gate, message: `needs ${action.gate}${cost}` };
}

function isPermitted(gate: Gate, permissions: Permissions): boolean {
  switch (gate) {
    case "none":
      return true;
    case "allow-restart":
      return permissions.allowRestart;
    case "allow-recreate":
      return permissions.allowRecreate;
    case "allow-delete":
      return permissions.allowDelete;
    default:
      return gate satisfies never;
  }
}

/** Lets so many in at once, the others in the order they came. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = Math.max(1, count);
  }

  take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
