import { Document, type Node } from "yaml";
import type { Json } from "../model/json.ts";
import type { Where } from "../model/source.ts";
import { whereOf } from "./source_text.ts";
import type { MapTree, ScalarTree, Tree } from "./tree.ts";

/** How a merged workspace is written down. */
export interface ShowOptions {
  /** Whether values of variables are shown; else their names stand for them. */
  readonly values: boolean;
  /** Which forwards; absent: all. */
  readonly forward?: ((name: string) => boolean) | undefined;
}

/** Where one value was written, and the variables it was made of. */
export interface Origin {
  /** The keys that lead to it. */
  readonly path: readonly string[];
  readonly where: Where;
  readonly variables: readonly string[];
}

/** A merged workspace as plain data. */
export function mergedData(tree: MapTree, options: ShowOptions): Json {
  return dataOf(chosen(tree, options), options);
}

/** Where every single value of a merged workspace was written, in its order. */
export function originsOf(tree: MapTree, options: ShowOptions): readonly Origin[] {
  return Array.from(scalarsOf(chosen(tree, options)), ({ scalar, path }) => ({
    path: path.map(String),
    where: whereOf(scalar.at),
    variables: namesOf(scalar),
  }));
}

/** A merged workspace as YAML. `origin`: what to say behind each value of its place; absent: only variables are named. */
export function mergedYaml(
  tree: MapTree,
  options: ShowOptions & { readonly origin?: ((where: Where) => string) | undefined },
): string {
  const whole = chosen(tree, options);
  const document = new Document(dataOf(whole, options), { aliasDuplicateObjects: false });
  for (const { scalar, path } of scalarsOf(whole)) {
    const words = [
      ...(options.origin === undefined ? [] : [options.origin(whereOf(scalar.at))]),
      ...namesOf(scalar).map((name) => `\${${name}}`),
    ];
    const node = document.getIn(path, true) as Node | undefined;
    if (node !== undefined && words.length > 0) node.comment = ` ${words.join(" ")}`;
  }
  return document.toString({ lineWidth: 0 });
}

/** Every single value of a tree in its order, and what leads to it. */
function* scalarsOf(
  tree: Tree,
  path: readonly (string | number)[] = [],
): Generator<{ readonly scalar: ScalarTree; readonly path: readonly (string | number)[] }> {
  if (tree.kind === "scalar") yield { scalar: tree, path };
  else if (tree.kind === "map") {
    for (const [name, entry] of tree.entries) yield* scalarsOf(entry.tree, [...path, name]);
  } else for (const [index, item] of tree.items.entries()) yield* scalarsOf(item, [...path, index]);
}

function chosen(tree: MapTree, { forward }: ShowOptions): MapTree {
  const section = tree.entries.get("forwards");
  if (forward === undefined || section?.tree.kind !== "map") return tree;
  const kept = new Map([...section.tree.entries].filter(([name]) => forward(name)));
  return {
    ...tree,
    entries: new Map([...tree.entries, ["forwards", { ...section, tree: { ...section.tree, entries: kept } }]]),
  };
}

function dataOf(tree: Tree, options: ShowOptions): Json {
  if (tree.kind === "list") return tree.items.map((item) => dataOf(item, options));
  if (tree.kind === "scalar") return options.values ? tree.value : masked(tree);
  // Keys that look like numbers keep their place only in a Map, which JSON does not have: there the order says nothing.
  return Object.fromEntries([...tree.entries].map(([name, entry]) => [name, dataOf(entry.tree, options)]));
}

/** A value in which the names of variables stand for what they hold: that may be secret. */
function masked({ value, at }: ScalarTree): Json {
  const variables = (at.variables ?? []).filter((variable) => variable.value !== "");
  if (variables.length === 0) return value;
  return [...variables].sort((a, b) => b.value.length - a.value.length)
    .reduce((text, variable) => text.replaceAll(variable.value, () => `\${${variable.name}}`), String(value));
}

function namesOf({ at }: ScalarTree): readonly string[] {
  return [...new Set((at.variables ?? []).map(({ name }) => name))];
}
