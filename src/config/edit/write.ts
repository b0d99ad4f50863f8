import { stringify } from "yaml";
import type { Json } from "../../model/json.ts";
import type { Style } from "./layout.ts";

/** A value on one line: `{ cluster: dev, port: 80 }`. */
export function oneLine(value: Json, { padded }: Pick<Style, "padded">): string {
  return stringify(value, {
    collectionStyle: "flow",
    flowCollectionPadding: padded,
    lineWidth: 0,
    schema: "core",
    version: "1.2",
    // A text of several lines as well: what is written here may stand within braces.
    blockQuote: false,
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
  }).replace(/\n$/, "");
}

/** A key, quoted where it has to be. */
export function keyText(name: string): string {
  return oneLine(name, { padded: true });
}

/** `name: value` as a block at `column`, without indentation before its first line and without a line end after its last. */
export function blockEntry(
  name: string,
  value: Json,
  { column, style, newline, depth }: {
    readonly column: number;
    readonly style: Style;
    readonly newline: string;
    /** How many levels of mappings are written as blocks, the value itself being the first; 0: all on one line. */
    readonly depth: number;
  },
): string {
  const entries = depth > 0 && isRecord(value) ? Object.entries(value) : [];
  if (entries.length === 0) return `${keyText(name)}: ${oneLine(value, style)}`;
  const inner = column + style.step;
  const lines = entries.map(([key, each]) =>
    `${" ".repeat(inner)}${blockEntry(key, each, { column: inner, style, newline, depth: depth - 1 })}`
  );
  return [`${keyText(name)}:`, ...lines].join(newline);
}

function isRecord(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
