import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  type YAMLMap,
} from "yaml";
import type { Reporter } from "./reporter.ts";
import type { SourceText, Span } from "./source_text.ts";
import { type Entry, listTree, type MapTree, mapTree, reportedScalar, type Tree } from "./tree.ts";

/** Aliases may stand for this many nodes together: far above any real file, far below what hurts. */
const MAX_SHARED_NODES = 500_000;
const MAX_DEPTH = 64;
const CORE_TAG = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq|merge)$/;

/** Turns a parsed document into a tree, and reports what YAML allows and this file does not. */
export function buildTree(document: Document.Parsed, source: SourceText, reporter: Reporter): Tree | null {
  return document.contents === null ? null : new Builder(source, reporter).build(document.contents, 0);
}

class Builder {
  readonly #source: SourceText;
  readonly #reporter: Reporter;
  readonly #anchors = new Map<string, Tree | "open">();
  #sharedNodes = 0;
  #bombReported = false;

  constructor(source: SourceText, reporter: Reporter) {
    this.#source = source;
    this.#reporter = reporter;
  }

  build(node: Node, depth: number): Tree {
    const at = this.#span(node);
    if (isAlias(node)) return this.#alias(node.source, at);
    if (node.tag !== undefined && !CORE_TAG.test(node.tag)) this.#unused(at, `the tag '${shortTag(node.tag)}'`);
    if (depth > MAX_DEPTH) {
      this.#unused(at, `nesting deeper than ${MAX_DEPTH} levels`);
      return reportedScalar(at);
    }
    const anchor = isCollection(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, "open");
    const tree = this.#plain(node, depth, at);
    if (anchor !== undefined) this.#anchors.set(anchor, tree);
    return tree;
  }

  #plain(node: Node, depth: number, at: Span): Tree {
    if (isMap(node)) return this.#map(node, depth, at);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.build(item as Node, depth + 1));
      const own = node.flow === true ? at : this.#until(at, node.items.at(-1) as Node | undefined, items.at(-1));
      return listTree(own, items);
    }
    const value = isScalar(node) ? node.value : null;
    const known = value === null || typeof value === "string" || typeof value === "number" ||
      typeof value === "boolean";
    return { kind: "scalar", at, value: known ? value : this.#source.slice(at), size: 1 };
  }

  #map(node: YAMLMap, depth: number, at: Span): MapTree {
    const own = new Map<string, Entry>();
    const merged: ReadonlyMap<string, Entry>[] = [];
    let within = at;
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const key = this.#span(pair.key);
      const tree: Tree = pair.value === null
        ? { kind: "scalar", at: key, value: null, size: 1 }
        : this.build(pair.value, depth + 1);
      if (node.flow !== true) within = this.#until(at, pair.value ?? pair.key, tree);
      const name = this.#key(pair.key, key);
      if (name === undefined) continue;
      if (name === "__proto__") {
        this.#unused(key, "the key '__proto__'");
        continue;
      }
      if (name === MERGE) {
        merged.push(...this.#merge(tree, key));
        continue;
      }
      const first = own.get(name);
      if (first === undefined) own.set(name, { key, tree, shared: isAlias(pair.value) });
      else {
        this.#reporter.report({
          code: "PF0011",
          message: `Key '${name}' is here twice`,
          at: key,
          label: "second time",
          notes: [{ message: "first time", at: first.key }],
          help: "keep one of them",
        });
      }
    }
    for (const entries of merged) {
      for (const [name, entry] of entries) if (!own.has(name)) own.set(name, { ...entry, shared: true });
    }
    return mapTree(within, own);
  }

  /** The place of a block, up to the end of its last value. */
  #until(at: Span, last: Node | undefined, tree: Tree | undefined): Span {
    if (last === undefined || tree === undefined) return at;
    // The text of an alias is its own, the tree another one's.
    return this.#source.span(at.start, Math.max(isAlias(last) ? this.#span(last).end : tree.at.end, at.start));
  }

  /** The mappings that a merge key brings in, the strongest first. */
  #merge(tree: Tree, key: Span): readonly ReadonlyMap<string, Entry>[] {
    const sources = tree.kind === "list" ? tree.items : [tree];
    return sources.flatMap((source) => {
      if (source.kind === "map") return [source.entries];
      if (source.kind === "list" || source.reported !== true) {
        this.#reporter.report({
          code: "PF0012",
          message: "A merge key takes a mapping, or a list of mappings",
          at: key,
          help: "write <<: *name, where &name stands before a mapping",
        });
      }
      return [];
    });
  }

  #key(node: Node | null, at: Span): string | typeof MERGE | undefined {
    if (isScalar(node)) {
      if (node.type === Scalar.PLAIN && node.value === "<<") return MERGE;
      if (node.tag !== undefined && !CORE_TAG.test(node.tag)) this.#unused(at, `the tag '${shortTag(node.tag)}'`);
      // A key is the text that was written: 1.0 and 0x10 are names here, not numbers.
      return typeof node.value === "string" ? node.value : node.source ?? String(node.value);
    }
    const tree = isAlias(node) ? this.#alias(node.source, at) : undefined;
    if (typeof tree?.value === "string") return tree.value;
    this.#unused(at, "a key that is not plain text");
    return undefined;
  }

  #alias(name: string, at: Span): Tree {
    const tree = this.#anchors.get(name);
    if (tree !== undefined && tree !== "open") {
      if (this.#count(tree.size, at)) return tree;
    } else {
      this.#reporter.report({
        code: "PF0012",
        message: tree === "open" ? `Alias '*${name}' contains itself` : `No anchor '&${name}' before this alias`,
        at,
        help: tree === "open"
          ? "an alias may only repeat what is complete before it"
          : `write &${name} before the value to repeat`,
      });
    }
    return reportedScalar(at);
  }

  #count(size: number, at: Span): boolean {
    this.#sharedNodes += size;
    if (this.#sharedNodes <= MAX_SHARED_NODES) return true;
    if (!this.#bombReported) {
      this.#bombReported = true;
      this.#reporter.report({
        code: "PF0012",
        message: `The aliases of this file stand for more than ${MAX_SHARED_NODES} values`,
        at,
        help: "repeat less: aliases of aliases multiply",
      });
    }
    return false;
  }

  #span(node: Node | null): Span {
    const [start, end] = node?.range ?? [0, 0];
    return this.#source.span(start, end);
  }

  #unused(at: Span, what: string): void {
    this.#reporter.report({ code: "PF0013", message: `Cannot use ${what} in this file`, at });
  }
}

const MERGE = Symbol("merge key");

function shortTag(tag: string): string {
  return tag.replace(/^tag:yaml\.org,2002:/, "!!");
}
