import { interpolate } from "./interpolate.ts";
import type { Reporter } from "./reporter.ts";
import { quoted } from "./rules.ts";
import type { Span } from "./source_text.ts";
import { type Environment, type Item, substitute, type UsedVariable } from "./variables.ts";
import { type Entry, type MapTree, mapTree, type Tree } from "./tree.ts";

/** A template may stand for this many values together: far above any real list. */
const MAX_NODES = 500_000;

/** What templates are filled in with. */
export interface TemplateOptions {
  readonly env: Environment;
  readonly reporter: Reporter;
}

/**
 * One file's tree with each forward that has a `for` replaced by one forward for every item of that list. Their places are
 * those of the template, and know the item. What is wrong is reported and left out.
 */
export function expandTemplates(root: MapTree, options: TemplateOptions): MapTree {
  const section = root.entries.get("forwards");
  if (section?.tree.kind !== "map") return root;
  const { tree } = section;
  if (![...tree.entries].some(([name, entry]) => isTemplate(name, entry))) return root;
  const forwards = new Expansion(options).all(tree);
  return mapTree(root.at, new Map([...root.entries, ["forwards", { ...section, tree: forwards }]]));
}

function isTemplate(name: string, { tree }: Entry): boolean {
  return name.includes("${") || (tree.kind === "map" && tree.entries.has("for"));
}

class Expansion {
  readonly #options: TemplateOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: TemplateOptions) {
    this.#options = options;
  }

  all(forwards: MapTree): MapTree {
    for (const [name, entry] of forwards.entries) {
      if (isTemplate(name, entry)) this.#template(name, entry);
      else this.#add(name, entry);
    }
    return mapTree(forwards.at, this.#entries);
  }

  #add(name: string, entry: Entry): void {
    const first = this.#entries.get(name);
    if (first === undefined) {
      this.#entries.set(name, entry);
      return;
    }
    this.#options.reporter.report({
      code: "PF0067",
      message: `There are two forwards called '${name}'`,
      at: entry.key,
      notes: [
        { message: "the first one is", at: first.key },
        ...(first.key.item === undefined ? [] : [{ message: "made for the item", at: first.key.item.at }]),
      ],
      help: "make the items differ, or give one of them another name",
    });
  }

  #template(name: string, { key, tree, shared }: Entry): void {
    const { reporter } = this.#options;
    const list = tree.kind === "map" ? tree.entries.get("for") : undefined;
    if (tree.kind !== "map" || list === undefined) {
      reporter.report({
        code: "PF0066",
        message: `'${name}' has no list of items`,
        at: key,
        help: name.includes("${item")
          ? "add for: [ … ] to it"
          : "only ${item} may stand in a name, together with for: [ … ]",
      });
      return;
    }
    if (list.tree.kind !== "list") {
      reporter.report({
        code: "PF0066",
        message: "'for' takes a list",
        at: list.tree.at,
        help: "write for: [web, api]",
      });
      return;
    }
    if (!name.includes("${item")) {
      reporter.report({
        code: "PF0066",
        message: `Every forward made from '${name}' would have that name`,
        at: key,
        notes: [{ message: "there is one for each item", at: list.key }],
        help: 'put the item into the name: "' + name + '-${item}"',
      });
      return;
    }
    if (list.tree.items.length * tree.size > MAX_NODES) {
      reporter.report({
        code: "PF0066",
        message: `The template stands for more than ${MAX_NODES} values`,
        at: list.key,
        help: "take some items out",
      });
      return;
    }
    const entries = new Map(tree.entries);
    entries.delete("for");
    const body = mapTree(tree.at, entries);
    for (const written of list.tree.items) this.#instance(name, { key, tree: body, shared }, written);
  }

  #instance(name: string, template: Entry, written: Tree): void {
    const { env, reporter } = this.#options;
    // An item's own place in the schema is that of any text: it keeps the form it was written in.
    const itemTree = interpolate(written, { scope: { env }, reporter });
    const item = itemOf(itemTree);
    if (item === undefined) {
      if (itemTree.kind === "scalar" && itemTree.reported === true) return;
      reporter.report({
        code: "PF0066",
        message: "An item is a text, a number, or a mapping of such",
        at: itemTree.at,
        help: "write for: [web, api], or for: [{ name: web, port: 80 }, …]",
      });
      return;
    }
    const mark = { words: wordsOf(item), at: written.at };
    const key = { ...template.key, item: mark };
    const filled = substitute(name, { env: () => undefined, item });
    if (filled.problem !== undefined) {
      const { code, message, help } = filled.problem;
      reporter.report({ code, message, help, at: key });
      return;
    }
    const path = ["forwards", filled.text];
    const tree = interpolate(marked(template.tree, mark), { scope: { env, item }, reporter, path });
    this.#add(filled.text, { key, tree, shared: template.shared });
  }
}

function itemOf(tree: Tree): Item | undefined {
  if (tree.kind === "scalar") {
    return tree.value === null ? undefined : { value: String(tree.value), variables: tree.at.variables ?? [] };
  }
  if (tree.kind === "list") return undefined;
  const value = new Map<string, string>();
  const variables: UsedVariable[] = [];
  for (const [name, { tree: inner }] of tree.entries) {
    if (inner.kind !== "scalar" || inner.value === null) return undefined;
    value.set(name, String(inner.value));
    variables.push(...inner.at.variables ?? []);
  }
  return { value, variables };
}

function wordsOf({ value }: Item): string {
  return typeof value === "string"
    ? quoted(value)
    : quoted([...value].map(([name, text]) => `${name}: ${text}`).join(", "));
}

/** The same tree, every place of which knows the item. */
function marked<T extends Tree>(tree: T, item: NonNullable<Span["item"]>): T;
function marked(tree: Tree, item: NonNullable<Span["item"]>): Tree {
  const at = { ...tree.at, item };
  if (tree.kind === "scalar") return { ...tree, at };
  if (tree.kind === "list") return { ...tree, at, items: tree.items.map((inner) => marked(inner, item)) };
  return {
    ...tree,
    at,
    entries: new Map(
      [...tree.entries].map(([name, entry]) => [
        name,
        { ...entry, key: { ...entry.key, item }, tree: marked(entry.tree, item) },
      ]),
    ),
  };
}
