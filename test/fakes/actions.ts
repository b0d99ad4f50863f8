import type { BoundAction } from "../../src/engine/bound_kind.ts";
import { type Key, key } from "../../src/model/key.ts";
import type { Action, Outcome } from "../../src/model/plan.ts";
import type { Workspace } from "../../src/model/workspace.ts";

/** The key of a toy. */
export function toyKey(name: string): Key {
  return key("toy", name);
}

/** An action on the toy called `name`. */
export function toyAction(name: string, more: Partial<Omit<Action, "key">> = {}): Action {
  return {
    op: "create",
    key: toyKey(name),
    reason: "not there",
    dependsOn: [],
    disruption: null,
    gate: "none",
    detail: {},
    ...more,
  };
}

/** The same, with what happens when it is run. */
export function boundToy(
  name: string,
  { run, after, ...more }: Partial<Omit<Action, "key">> & {
    readonly run?: (signal: AbortSignal) => Promise<Outcome>;
    readonly after?: readonly string[];
  } = {},
): BoundAction {
  return {
    action: toyAction(name, { ...more, dependsOn: (after ?? []).map(toyKey) }),
    run: run ?? (() => Promise.resolve({ status: "done" })),
  };
}

/** A workspace that asks for nothing. */
export const EMPTY_WORKSPACE: Workspace = { file: "/home/ada/forwards.yaml", clusters: new Map(), forwards: [] };
