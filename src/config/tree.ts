import type { Json } from "../model/json.ts";
import type { Span } from "./source_text.ts";

/**
 * YAML as values that know where they were written. A mapping or list in a block ends where its last value does: comments and
 * empty lines behind that are not part of it.
 */
export type Tree = MapTree | ListTree | ScalarTree;

/** A mapping; the value has no prototype, so that every key is only data. */
export interface MapTree {
  readonly kind: "map";
  readonly at: Span;
  readonly value: Readonly<Record<string, Json>>;
  readonly entries: ReadonlyMap<string, Entry>;
  /** How many nodes it holds, itself included, aliases followed. */
  readonly size: number;
}

/** A list. */
export interface ListTree {
  readonly kind: "list";
  readonly at: Span;
  readonly value: readonly Json[];
  readonly items: readonly Tree[];
  readonly size: number;
}

/** Text, a number, true, false or null. */
export interface ScalarTree {
  readonly kind: "scalar";
  readonly at: Span;
  readonly value: string | number | boolean | null;
  readonly size: 1;
  /** Stands for something that was reported: nothing more is to be said about it. */
  readonly reported?: true;
  /** Its variables and `$$` were replaced: what looks like one now is text. */
  readonly resolved?: true;
}

/** One key of a mapping. */
export interface Entry {
  readonly key: Span;
  readonly tree: Tree;
  /** Whether it came through a merge key or an alias: then the text is that of the anchor, and others may share it. */
  readonly shared: boolean;
}

/** A mapping of these entries. */
export function mapTree(at: Span, entries: ReadonlyMap<string, Entry>): MapTree {
  const value: Record<string, Json> = Object.create(null);
  let size = 1;
  for (const [name, { tree }] of entries) {
    value[name] = tree.value;
    size += tree.size;
  }
  return { kind: "map", at, value, entries, size };
}

/** A list of these items. */
export function listTree(at: Span, items: readonly Tree[]): ListTree {
  const size = items.reduce((sum, item) => sum + item.size, 1);
  return { kind: "list", at, value: items.map((item) => item.value), items, size };
}

/** Stands for something that was reported: nothing more is to be said about it. */
export function reportedScalar(at: Span): ScalarTree {
  return { kind: "scalar", at, value: null, size: 1, reported: true };
}

/** The tree at a path, as far as it leads; the key's span where the last step was a mapping's key. */
export function locate(
  tree: Tree,
  path: readonly PropertyKey[],
): { readonly tree: Tree | undefined; readonly key: Span | undefined } {
  let [here, key]: [Tree | undefined, Span | undefined] = [tree, undefined];
  for (const step of path) {
    if (here === undefined) return { tree: undefined, key: undefined };
    const entry: Entry | undefined = here.kind === "map" ? here.entries.get(String(step)) : undefined;
    key = entry?.key;
    here = here.kind === "list" ? here.items[Number(step)] : entry?.tree;
  }
  return { tree: here, key };
}
