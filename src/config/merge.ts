import type { Reporter } from "./reporter.ts";
import { type Entry, type MapTree, mapTree, type Tree } from "./tree.ts";

/**
 * Several files as one, the weakest first. Mappings are merged key by key, all else is replaced, and a key without a value
 * (`null`) takes out what is there; a section of the file without a value says nothing. Keys keep the place of the file that
 * has them first, what is new comes after. Every part still knows which file it was written in.
 */
export function mergeFiles(files: readonly [MapTree, ...MapTree[]], reporter: Reporter): MapTree {
  const [first, ...more] = files;
  return more.reduce((base, over) => mergeMaps(base, over, { reporter, isRoot: true }), first);
}

function mergeMaps(
  base: MapTree,
  over: MapTree,
  { reporter, isRoot }: { readonly reporter: Reporter; readonly isRoot: boolean },
): MapTree {
  const entries = new Map(base.entries);
  for (const [name, entry] of over.entries) {
    const below = base.entries.get(name);
    if (isNothing(entry.tree)) {
      if (isRoot) {
        if (below === undefined) entries.set(name, entry);
      } else if (below === undefined) {
        reporter.report({
          code: "PF0060",
          severity: "warning",
          message: `There is no '${name}' to take out`,
          at: entry.key,
          help: "a key without a value takes out what another file has: give it one, or remove the line",
        });
      } else {
        entries.delete(name);
      }
    } else if (below === undefined || below.tree.kind !== "map" || entry.tree.kind !== "map") {
      entries.set(name, entry);
    } else {
      const tree = mergeMaps(below.tree, entry.tree, { reporter, isRoot: false });
      entries.set(name, { key: below.key, tree, shared: below.shared } satisfies Entry);
    }
  }
  return mapTree(base.at, entries);
}

function isNothing(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.value === null && tree.reported !== true;
}
