import type { Reporter } from "./reporter.ts";
import { typesAt } from "./shape.ts";
import { partOf } from "./tokens.ts";
import { type Scope, substitute } from "./variables.ts";
import { type Entry, listTree, mapTree, reportedScalar, type ScalarTree, type Tree } from "./tree.ts";

/** Where a tree belongs, and what its variables are. */
export interface InterpolateOptions {
  readonly scope: Scope;
  readonly reporter: Reporter;
  /** Its path in the workspace; absent: it is the root. */
  readonly path?: readonly PropertyKey[];
}

/**
 * A tree with the variables in its values replaced, each once. A text that the schema wants as a number or a yes becomes one:
 * `${PORT}` is text in the file, quoted or not. What is wrong is reported, and has no value then.
 */
export function interpolate<T extends Tree>(tree: T, options: InterpolateOptions): T | ScalarTree {
  return new Walk(options).tree(tree);
}

class Walk {
  readonly #options: InterpolateOptions;
  /** Where the walk is. */
  readonly #path: PropertyKey[];

  constructor(options: InterpolateOptions) {
    this.#options = options;
    this.#path = [...options.path ?? []];
  }

  /** The tree itself where nothing changes. */
  tree<T extends Tree>(tree: T): T | ScalarTree;
  tree(tree: Tree): Tree {
    switch (tree.kind) {
      case "scalar":
        return this.#scalar(tree);
      case "list": {
        const items = tree.items.map((item, index) => this.#within(index, item));
        if (items.every((item, index) => item === tree.items[index])) return tree;
        return listTree(tree.at, items);
      }
      case "map": {
        let changed: Map<string, Entry> | undefined;
        for (const [name, entry] of tree.entries) {
          const inner = this.#within(name, entry.tree);
          if (inner === entry.tree) continue;
          changed ??= new Map(tree.entries);
          changed.set(name, { ...entry, tree: inner });
        }
        return changed === undefined ? tree : mapTree(tree.at, changed);
      }
      default:
        return tree satisfies never;
    }
  }

  #within(step: PropertyKey, tree: Tree): Tree {
    this.#path.push(step);
    const inner = this.tree(tree);
    this.#path.pop();
    return inner;
  }

  #scalar(tree: ScalarTree): ScalarTree {
    const { value } = tree;
    if (typeof value !== "string" || !value.includes("$") || tree.resolved === true) return tree;
    const { text, variables, problem } = substitute(value, this.#options.scope);
    if (problem !== undefined) {
      const { from, length, ...words } = problem;
      this.#options.reporter.report({ ...words, at: partOf(tree.at, { value, from, length }) });
      return reportedScalar(tree.at);
    }
    if (text === value) return tree;
    const at = variables.length === 0 ? tree.at : { ...tree.at, variables };
    // What is only an escape stays the text that it is.
    const isWhole = value.includes("${");
    return { kind: "scalar", at, value: isWhole ? typed(text, this.#path) : text, size: 1, resolved: true };
  }
}

/** A text as the kind of value that belongs at its place. */
function typed(text: string, path: readonly PropertyKey[]): string | number | boolean {
  const types = typesAt(path);
  if (types.has("integer") && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (types.has("boolean") && /^(true|false)$/.test(text)) return text === "true";
  return text;
}
