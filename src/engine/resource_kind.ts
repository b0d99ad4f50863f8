import type { Action, Outcome } from "../model/plan.ts";
import type { Workspace } from "../model/workspace.ts";

/** An action together with what its own kind needs to carry it out. Only `apply` reads `input`. */
export interface PlannedAction<I> extends Action {
  readonly input: I;
}

/**
 * One kind of managed thing. Adding a kind is adding a folder under `resources/` and one line in `resources/kinds.ts`.
 *
 * `D` is what the file asks for, `O` what is there, `I` what `apply` needs to know; `W` is the world it acts on.
 */
export interface ResourceKind<W, D, O, I> {
  readonly name: string;
  /** Pure. */
  desired(workspace: Workspace): readonly D[];
  /** Reads only. `desired` says what the plan will be about, so that nothing else need be looked at; what is ours is always looked at. */
  observe(desired: readonly D[], world: W, signal: AbortSignal): Promise<readonly O[]>;
  /** Pure, total, independent of the order of its inputs. */
  diff(desired: readonly D[], observed: readonly O[]): readonly PlannedAction<I>[];
  /** The only writer. Expected failures are outcomes; a throw is a bug. */
  apply(action: PlannedAction<I>, world: W, signal: AbortSignal): Promise<Outcome>;
}
