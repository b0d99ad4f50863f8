import { AccessError } from "../model/cluster_access.ts";
import { type Key, key, keyKind } from "../model/key.ts";
import type { Action, Outcome } from "../model/plan.ts";
import { StreamError } from "../model/stream.ts";
import type { Workspace } from "../model/workspace.ts";
import type { PlannedAction, ResourceKind } from "./resource_kind.ts";

/** An action that knows how it is carried out. `action` is plain: nothing of the kind's own input is in it. */
export interface BoundAction {
  readonly action: Action;
  /** Expected failures are outcomes; a throw is a bug, or the signal's reason. */
  run(signal: AbortSignal): Promise<Outcome>;
}

/** A resource kind with only its world's type left to see: kinds of all sorts fit in one list. */
export interface BoundKind<W> {
  readonly name: string;
  /** Looks at the world and says what is to be done. Reads only. Throws what `observe` throws. */
  plan(workspace: Workspace, world: W, signal: AbortSignal): Promise<readonly BoundAction[]>;
}

/** Hides what is particular to a kind behind one closure per action. */
export function bindKind<W, D, O, I>(kind: ResourceKind<W, D, O, I>): BoundKind<W> {
  return {
    name: kind.name,
    plan: async (workspace, world, signal) => {
      const desired = kind.desired(workspace);
      const observed = await kind.observe(desired, world, signal);
      return kind.diff(desired, observed).map((planned) => ({
        action: withoutInput(planned),
        run: (signal: AbortSignal) => kind.apply(planned, world, signal),
      }));
    },
  };
}

function withoutInput<I>({ op, key, reason, dependsOn, disruption, gate, detail }: PlannedAction<I>): Action {
  return { op, key, reason, dependsOn, disruption, gate, detail };
}

/**
 * What all kinds together want done, in no particular order. They look in parallel.
 *
 * A kind that cannot see its part of the world (`AccessError`, `StreamError`) does not hold up the others: in place of its
 * actions comes one blocked action, `<kind>:*`, that says why and fails, to be retried, when it is run. Actions of other
 * kinds that depend on anything of that kind wait for it, since what they wait for is not known to be there.
 *
 * Any other throw is a bug of that kind and is passed on with the kind's name. Rejects with the signal's reason when aborted.
 */
export async function planAll<W>(
  kinds: readonly BoundKind<W>[],
  workspace: Workspace,
  world: W,
  signal: AbortSignal,
): Promise<readonly BoundAction[]> {
  signal.throwIfAborted();
  const settled = await Promise.allSettled(kinds.map((kind) => kind.plan(workspace, world, signal)));
  signal.throwIfAborted();
  const unseen = new Set<string>();
  const actions = settled.flatMap((result, index): readonly BoundAction[] => {
    if (result.status === "fulfilled") return result.value;
    const name = kinds[index]?.name ?? "unknown";
    const failure = expectedFailure(result.reason);
    if (failure === null) throw new Error(`Kind ${name} failed to plan`, { cause: result.reason });
    unseen.add(name);
    return [unseenKind(name, failure)];
  });
  return unseen.size === 0 ? actions : actions.map((bound) => waitForUnseen(bound, unseen));
}

/** The key of the action that stands for a whole kind which could not be looked at. */
function wholeKindKey(kind: string): Key {
  return key(kind, "*");
}

/** The reason and the words of an expected failure; null for anything else, which is a bug. */
export function expectedFailure(error: unknown): { readonly reason: string; readonly message: string } | null {
  if (error instanceof AccessError) return { reason: error.reason, message: error.message };
  if (error instanceof StreamError) return { reason: error.failure, message: error.message };
  return null;
}

function unseenKind(
  kind: string,
  { reason, message }: { readonly reason: string; readonly message: string },
): BoundAction {
  return {
    action: {
      op: "blocked",
      key: wholeKindKey(kind),
      reason: message,
      dependsOn: [],
      disruption: null,
      gate: "none",
      detail: { reason },
    },
    run: () => Promise.resolve({ status: "failed", reason, message, retry: true }),
  };
}

function waitForUnseen(bound: BoundAction, unseen: ReadonlySet<string>): BoundAction {
  const own = keyKind(bound.action.key);
  const more = [...new Set(bound.action.dependsOn.map(keyKind))]
    .filter((kind) => kind !== own && unseen.has(kind))
    .map(wholeKindKey);
  if (more.length === 0) return bound;
  return { ...bound, action: { ...bound.action, dependsOn: [...bound.action.dependsOn, ...more] } };
}
