import { profileFilter } from "../model/profiles.ts";
import type { Workspace } from "../model/workspace.ts";

/** What of a workspace an `up` with names or profiles is about. */
export interface Narrowing {
  /** Only the forwards that were named. */
  forwards(workspace: Workspace): Workspace;
  /** Only the clusters that these forwards lead to. */
  clusters(workspace: Workspace): Workspace;
}

/**
 * The narrowing to these forwards and to those of these profiles; all of it where neither is given. What is not named is left as it is: it
 * is neither started nor, where other kinds keep something for it, taken away.
 */
export function narrowing(names: readonly string[], profiles: readonly string[] = []): Narrowing {
  if (names.length === 0 && profiles.length === 0) {
    return {
      forwards: (workspace) => workspace,
      clusters: (workspace) => workspace,
    };
  }
  const named = new Set(names);
  const forwards = (workspace: Workspace): Workspace => {
    const isMember = profileFilter(workspace, profiles);
    return { ...workspace, forwards: workspace.forwards.filter((spec) => named.has(spec.name) || isMember(spec)) };
  };
  return {
    forwards,
    clusters: (workspace) => {
      const used = new Set(forwards(workspace).forwards.map(({ cluster }) => cluster));
      return { ...workspace, clusters: new Map([...workspace.clusters].filter(([name]) => used.has(name))) };
    },
  };
}
