import { specChanges } from "../model/spec_diff.ts";
import type { ForwardSpec } from "../model/workspace.ts";

/** What of a spec is about clients alone: where they connect, how long they are held, what they may call a host. */
const CLIENT_SIDE: ReadonlySet<string> = new Set(
  ["local", "bind", "onConflict", "hold", "hosts"] satisfies (keyof ForwardSpec)[],
);

/** Whether the way to the backends is the same in both: what was found out of it for one holds for the other. */
export function sameWay(a: ForwardSpec, b: ForwardSpec): boolean {
  return specChanges(a, b).every(({ field }) => CLIENT_SIDE.has(field));
}

/** Whether both lead to the same port of the same target. */
export function sameTarget(a: ForwardSpec, b: ForwardSpec): boolean {
  return a.port === b.port && JSON.stringify(a.target) === JSON.stringify(b.target);
}
