import {
  CLOSE_LIST,
  CLOSE_MAP,
  COLON,
  COMMA,
  HASH,
  NEWLINE,
  OPEN_LIST,
  OPEN_MAP,
  PlainCursor,
  SPACE,
} from "./plain_cursor.ts";
import type { SourceText } from "./source_text.ts";
import { type Entry, type ListTree, listTree, type MapTree, mapTree, type ScalarTree, type Tree } from "./tree.ts";

/**
 * Reads the YAML that nearly all files are written in: mappings and lists, in blocks or in brackets on one line, of plain and
 * simply quoted values. It is many times as fast as the full parser, and it knows its limits: undefined for anything beyond
 * (anchors, tags, block scalars, escapes, values over several lines, keys that are there twice, every mistake). What it does
 * read is, with all its places, what the full parser makes of it: test/property/plain_yaml_test.ts holds the two side by side.
 */
export function readPlain(source: SourceText): MapTree | undefined {
  if (STRANGE.test(source.text)) return undefined;
  return new PlainReader(source).read();
}

/** Control characters, and what some readers of YAML take for the end of a line. */
// deno-lint-ignore no-control-regex -- a file that holds these is left to the full parser
const STRANGE = /[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]/;
/** The full parser refuses longer keys. */
const MAX_KEY = 1000;
/** Less than the tree may have, whose refusal is the full parser's business. */
const MAX_DEPTH = 60;

class PlainReader {
  readonly #source: SourceText;
  readonly #cursor: PlainCursor;

  constructor(source: SourceText) {
    this.#source = source;
    this.#cursor = new PlainCursor(source);
  }

  read(): MapTree | undefined {
    const column = this.#cursor.nextLine();
    if (column !== 0 || this.#cursor.isMark()) return undefined;
    const tree = this.#blockMap(0, 0);
    return tree !== undefined && this.#cursor.isAtEnd ? tree : undefined;
  }

  /** From behind a value to the first text of a later line, and its column; undefined where more stands on this line. */
  #afterValue(): number | undefined {
    if (!this.#cursor.endLine()) return undefined;
    return this.#cursor.nextLine();
  }

  /** The mapping whose first key is here; afterwards at the first text that is left of it. */
  #blockMap(column: number, depth: number): MapTree | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const start = this.#cursor.at;
    const entries = new Map<string, Entry>();
    for (let here = column; here === column;) {
      if (column === 0 && this.#cursor.isMark()) return undefined;
      const key = this.#cursor.scalar(false);
      if (key === undefined || !this.#colon(key, entries)) return undefined;
      const value = this.#blockValue(column, depth);
      if (value === undefined) return undefined;
      entries.set(this.#name(key), { key: key.at, tree: value.tree, shared: false });
      here = value.next;
      if (here > column) return undefined;
      if (here < column) return mapTree(this.#source.span(start, value.tree.at.end), entries);
    }
    return undefined;
  }

  /** What belongs to a key of a block, and the column of the text that follows. */
  #blockValue(column: number, depth: number): { readonly tree: Tree; readonly next: number } | undefined {
    this.#cursor.skipSpaces();
    const code = this.#cursor.code;
    if (code !== NEWLINE && code !== HASH) {
      const tree = this.#inline(false, depth + 1);
      const next = tree === undefined ? undefined : this.#afterValue();
      return tree === undefined || next === undefined ? undefined : { tree, next };
    }
    const inner = this.#afterValueless();
    if (inner <= column) return undefined;
    const tree = this.#cursor.isDash() ? this.#blockList(inner, depth + 1) : this.#blockMap(inner, depth + 1);
    return tree === undefined ? undefined : { tree, next: this.#cursor.column() };
  }

  /** From behind the colon of a key without a value on its line to the next text, and its column. */
  #afterValueless(): number {
    this.#cursor.skipLine();
    return this.#cursor.nextLine();
  }

  #blockList(column: number, depth: number): ListTree | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const start = this.#cursor.at;
    const items: Tree[] = [];
    for (let here = column; here === column;) {
      if (!this.#cursor.isDash()) return undefined;
      this.#cursor.at++;
      this.#cursor.skipSpaces();
      const item = this.#listItem(depth);
      if (item === undefined) return undefined;
      items.push(item.tree);
      here = item.next;
      if (here > column) return undefined;
      if (here < column) return listTree(this.#source.span(start, item.tree.at.end), items);
    }
    return undefined;
  }

  #listItem(depth: number): { readonly tree: Tree; readonly next: number } | undefined {
    const begun = this.#cursor.at;
    const tree = this.#inline(false, depth + 1);
    if (tree === undefined) return undefined;
    if (tree.kind === "scalar" && this.#cursor.code === COLON) {
      this.#cursor.at = begun;
      const map = this.#blockMap(begun - this.#cursor.lineStart, depth + 1);
      return map === undefined ? undefined : { tree: map, next: this.#cursor.column() };
    }
    const next = this.#afterValue();
    return next === undefined ? undefined : { tree, next };
  }

  /** The value that is here, on this line. */
  #inline(inFlow: boolean, depth: number): Tree | undefined {
    const code = this.#cursor.code;
    if (code === OPEN_MAP) return this.#flowMap(depth);
    if (code === OPEN_LIST) return this.#flowList(depth);
    return this.#cursor.scalar(inFlow);
  }

  #flowMap(depth: number): MapTree | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const start = this.#cursor.at++;
    const entries = new Map<string, Entry>();
    this.#cursor.skipSpaces();
    if (this.#cursor.takes(CLOSE_MAP)) return mapTree(this.#cursor.from(start), entries);
    while (true) {
      const key = this.#cursor.scalar(true);
      if (key === undefined || !this.#colon(key, entries)) return undefined;
      this.#cursor.skipSpaces();
      const tree = this.#inline(true, depth + 1);
      if (tree === undefined) return undefined;
      entries.set(this.#name(key), { key: key.at, tree, shared: false });
      this.#cursor.skipSpaces();
      if (this.#cursor.takes(CLOSE_MAP)) return mapTree(this.#cursor.from(start), entries);
      if (!this.#cursor.takes(COMMA)) return undefined;
      this.#cursor.skipSpaces();
    }
  }

  #flowList(depth: number): ListTree | undefined {
    if (depth > MAX_DEPTH) return undefined;
    const start = this.#cursor.at++;
    const items: Tree[] = [];
    this.#cursor.skipSpaces();
    if (this.#cursor.takes(CLOSE_LIST)) return listTree(this.#cursor.from(start), items);
    while (true) {
      const tree = this.#inline(true, depth + 1);
      if (tree === undefined) return undefined;
      items.push(tree);
      this.#cursor.skipSpaces();
      if (this.#cursor.takes(CLOSE_LIST)) return listTree(this.#cursor.from(start), items);
      if (!this.#cursor.takes(COMMA)) return undefined;
      this.#cursor.skipSpaces();
    }
  }

  /** Takes the colon behind a key that may stand here; it goes on with a space or the line's end. */
  #colon(key: ScalarTree, entries: ReadonlyMap<string, Entry>): boolean {
    if (!this.#cursor.takes(COLON)) return false;
    const after = this.#cursor.code;
    const name = this.#name(key);
    return (after === SPACE || after === NEWLINE) && name !== "__proto__" && name.length <= MAX_KEY &&
      !entries.has(name);
  }

  /** A key is the text that was written: 1.0 and true are names there. */
  #name(key: ScalarTree): string {
    return typeof key.value === "string" ? key.value : this.#source.slice(key.at);
  }
}
