import { isAlias, isCollection, isMap, isScalar, type Node, type Pair, Scalar, type YAMLMap } from "yaml";
import { lineStart } from "./splice.ts";

/** One key of a mapping, and where it was written. */
export interface Item {
  readonly name: string;
  /** Where it begins: at its key, or at the anchor, tag or `?` before that. */
  readonly start: number;
  /** Behind its last character that means something: not the comment, space or blank lines after it. */
  readonly end: number;
  /** Behind the colon, with the anchor or tag of an empty value; behind the key where there is no colon. */
  readonly afterColon: number;
  /** Null where nothing is written. */
  readonly value: Node | null;
}

/** A mapping as it was written. */
export interface MapLayout {
  readonly flow: boolean;
  /** The column of its keys, where it is a block. */
  readonly column: number;
  readonly items: readonly Item[];
  /** Of a flow mapping: the offset of `{`, of `}`, and of the comma behind each item, where there is one. */
  readonly open: number;
  readonly close: number;
  readonly commas: readonly (number | undefined)[];
}

type Loose = { readonly type: string; readonly offset: number; readonly source?: string };

/** What the parser says of a mapping's text. Undefined for what cannot be laid out: it was not parsed with its tokens. */
export function layoutOf(map: YAMLMap, text: string): MapLayout | undefined {
  const token = map.srcToken;
  const pairs = map.items as Pair<Node, Node | null>[];
  const items = pairs.map((pair) => itemOf(pair, text));
  if (items.some((item) => item === undefined)) return undefined;
  const known = items.filter((item) => item !== undefined);
  if (token?.type === "block-map") {
    const first = known[0];
    const column = first === undefined ? 0 : first.start - lineStart(text, first.start);
    return { flow: false, column, items: known, open: 0, close: 0, commas: [] };
  }
  if (token?.type !== "flow-collection") return undefined;
  const closing = token.end[0];
  if (closing === undefined) return undefined;
  const commas: (number | undefined)[] = [];
  token.items.forEach((item, index) => {
    const comma = (item.start as readonly Loose[]).find(({ type }) => type === "comma");
    if (index > 0) commas[index - 1] = comma?.offset;
  });
  return { flow: true, column: 0, items: known, open: token.offset, close: closing.offset, commas };
}

function itemOf(pair: Pair<Node, Node | null>, text: string): Item | undefined {
  const { key, value, srcToken } = pair;
  if (key?.range === undefined || key.range === null || srcToken === undefined) return undefined;
  const before = (srcToken.start as readonly Loose[]).find(({ type }) =>
    type === "explicit-key-ind" || type === "anchor" || type === "tag"
  );
  const separators = (srcToken.sep ?? []) as readonly Loose[];
  let afterColon = key.range[1];
  for (const { type, offset, source = "" } of separators) {
    if (type === "map-value-ind" || type === "anchor" || type === "tag") afterColon = offset + source.length;
  }
  const written = isWritten(value) ? value : null;
  return {
    name: isScalar(key) ? typeof key.value === "string" ? key.value : key.source ?? String(key.value) : "",
    start: before?.offset ?? key.range[0],
    end: Math.max(afterColon, written === null ? 0 : endOf(written, text)),
    afterColon,
    value: written,
  };
}

/** The parser makes an empty value where nothing is written. */
function isWritten(value: Node | null): value is Node {
  return value !== null && !(isScalar(value) && value.value === null && (value.source ?? "") === "");
}

/** Behind the last character of a value that means something. */
function endOf(node: Node, text: string): number {
  const [start, end] = node.range ?? [0, 0];
  if (isAlias(node)) return end;
  if (isCollection(node) && node.srcToken?.type === "block-map") {
    const last = isMap(node) ? node.items.at(-1) as Pair<Node, Node | null> | undefined : undefined;
    return last === undefined ? end : itemOf(last, text)?.end ?? end;
  }
  if (isCollection(node) && node.srcToken?.type === "block-seq") {
    const last = node.items.at(-1) as Node | null | undefined;
    const written = last !== null && last !== undefined && isWritten(last) ? endOf(last, text) : 0;
    return Math.max(written, lastDash(node.srcToken.items as readonly { readonly start: readonly Loose[] }[]));
  }
  if (isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED)) {
    // Behind `+` the blank lines belong to the text; else they are only in between.
    const header = /^[|>]\S*/.exec(text.slice(start))?.[0] ?? "";
    if (header.includes("+")) return end > start && text[end - 1] === "\n" ? end - 1 : end;
    return start + text.slice(start, end).replace(/\s+$/, "").length;
  }
  return end;
}

function lastDash(items: readonly { readonly start: readonly Loose[] }[]): number {
  const marks = items.at(-1)?.start.filter(({ type }) => type !== "space" && type !== "newline" && type !== "comment");
  const last = marks?.at(-1);
  return last === undefined ? 0 : last.offset + (last.source ?? "").length;
}

/** How new values are to be written, so that they look like the rest of the file. */
export interface Style {
  /** Columns from a mapping's keys to those of a mapping in it. */
  readonly step: number;
  /** Whether there is a space inside of `{ }`. */
  readonly padded: boolean;
  /** Whether a mapping that is an entry of another one is written on one line. */
  readonly oneLine: boolean;
}

/** The style of a file: `siblings` are the entries beside which a new one is to stand. */
export function styleOf(root: YAMLMap | null, siblings: MapLayout | undefined, text: string): Style {
  const layout = root === null ? undefined : layoutOf(root, text);
  const near = siblings === undefined ? [] : siblings.items;
  const sample = near.findLast(({ value }) => isMap(value) && value.items.length > 0)?.value;
  const nested = sample === undefined || !isMap(sample) ? undefined : layoutOf(sample, text);
  const inner = layout?.items.map(({ value }) =>
    isMap(value) && value.items.length > 0 ? layoutOf(value, text) : undefined
  )
    .find((each) => each !== undefined && !each.flow);
  const step = nested !== undefined && !nested.flow && siblings !== undefined && nested.column > siblings.column
    ? nested.column - siblings.column
    : inner !== undefined && layout !== undefined && inner.column > layout.column
    ? inner.column - layout.column
    : 2;
  const brace = nested?.flow === true ? nested.open : siblings?.flow === true ? siblings.open : undefined;
  return {
    step,
    padded: brace === undefined || /^\{\s|^\{\}/.test(text.slice(brace)),
    oneLine: nested === undefined ? true : nested.flow,
  };
}
