import type { KecsSpec } from "../model/workspace.ts";
import type { Reporter } from "./reporter.ts";
import type { Span } from "./source_text.ts";
import { keyAt, tokenAt } from "./tokens.ts";
import type { Entry, MapTree, Tree } from "./tree.ts";

/** What the entries of `clusters` are read against. */
export interface ClustersContext {
  /** The home folder that `~` stands for. */
  readonly home?: string | undefined;
  readonly root: MapTree;
  readonly reporter: Reporter;
  /** Where forwards listen that are not written in the file. */
  readonly bind: readonly string[];
  /** Whether what is missing at a path, or above it, is missing because it was reported. */
  readonly isBroken: (...path: readonly string[]) => boolean;
}

/** What a part of one entry is read against. */
export interface ClusterContext extends ClustersContext {
  readonly name: string;
  /** Whether k3d makes it. */
  readonly isK3d: boolean;
  /** Null: it does not run KECS; undefined: not known, because what it says of KECS is wrong. */
  readonly kecs: KecsSpec | null | undefined;
}

/**
 * Where a value inside an entry of `clusters` was written; the entry's own key where the text is that of an anchor, which other entries
 * may share.
 */
export function placeIn(
  { root, name }: ClusterContext,
  path: readonly PropertyKey[],
  on: "key" | "value" = "value",
): Span {
  const whole = ["clusters", name, ...path];
  let here: Tree | undefined = root;
  for (const step of whole) {
    const entry: Entry | undefined = here?.kind === "map" ? here.entries.get(String(step)) : undefined;
    if (entry?.shared === true) return keyAt(root, whole.slice(0, 2));
    here = here?.kind === "list" ? here.items[Number(step)] : entry?.tree;
  }
  return on === "key" ? keyAt(root, whole) : tokenAt(root, whole);
}
