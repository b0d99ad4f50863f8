import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

/** A mapping of a YAML or JSON file that knows its line. What is not of the asked kind counts as absent. */
export interface Row {
  /** From 1. */
  readonly line: number;
  readonly keys: readonly string[];
  /** The line of a key; that of the mapping where it has none. */
  lineOf(key: string): number;
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  /** Also of the texts `true` and `false` and of 0 and 1. */
  flag(key: string): boolean | undefined;
  row(key: string): Row | undefined;
  /** The mappings of a list. */
  rows(key: string): readonly Row[];
}

/** A file that was read: a mapping, or a list of mappings. */
export type Rows =
  | { readonly kind: "map"; readonly row: Row }
  | { readonly kind: "list"; readonly rows: readonly Row[] }
  /** Not YAML and not JSON. */
  | { readonly kind: "broken"; readonly line: number; readonly message: string }
  | { readonly kind: "other" };

/** Reads YAML 1.2, of which JSON is a part. Never throws. */
export function readRows(text: string): Rows {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
    const [error] = document.errors;
    if (error !== undefined) {
      const [message = ""] = error.message.split("\n");
      return { kind: "broken", line: lines.linePos(error.pos[0]).line, message };
    }
    const reader = new Reader(document, lines);
    const root = reader.resolve(document.contents);
    if (isMap(root)) return { kind: "map", row: reader.row(root) };
    if (isSeq(root)) return { kind: "list", rows: reader.rows(root) };
  } catch (error) {
    // Text that nests thousands of levels deep ends the parser's stack.
    if (!(error instanceof RangeError)) throw error;
  }
  return { kind: "other" };
}

class Reader {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(document: Document.Parsed, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  rows(node: unknown): readonly Row[] {
    const list = this.resolve(node);
    if (!isSeq(list)) return [];
    return list.items.map((item) => this.resolve(item)).filter(isMap).map((item) => this.row(item));
  }

  row(map: { readonly items: readonly unknown[]; readonly range?: readonly number[] | null | undefined }): Row {
    const entries = new Map<string, { readonly line: number; readonly value: unknown }>();
    const line = this.#lineAt(map.range?.[0]);
    for (const pair of map.items) {
      if (typeof pair !== "object" || pair === null || !("key" in pair) || !("value" in pair)) continue;
      if (!isScalar(pair.key)) continue;
      entries.set(String(pair.key.value), {
        line: this.#lineAt(pair.key.range?.[0]) ?? line ?? 1,
        value: this.resolve(pair.value),
      });
    }
    const scalar = (key: string): unknown => {
      const value = entries.get(key)?.value;
      return isScalar(value) ? value.value : undefined;
    };
    const first = line ?? 1;
    return {
      line: first,
      keys: [...entries.keys()],
      lineOf: (key) => entries.get(key)?.line ?? first,
      text(key) {
        const value = scalar(key);
        return typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;
      },
      number(key) {
        const value = scalar(key);
        if (typeof value === "number") return value;
        return typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
      },
      flag(key) {
        const value = scalar(key);
        if (value === true || value === "true" || value === 1) return true;
        return value === false || value === "false" || value === 0 ? false : undefined;
      },
      row: (key) => {
        const value = entries.get(key)?.value;
        return isMap(value) ? this.row(value) : undefined;
      },
      rows: (key) => this.rows(entries.get(key)?.value),
    };
  }

  #lineAt(offset: number | undefined): number | undefined {
    return offset === undefined ? undefined : this.#lines.linePos(offset).line;
  }
}
