import { isCollection, isMap, isScalar } from "yaml";
import type { Json } from "../../model/json.ts";
import { type Item, layoutOf, type MapLayout, type Style } from "./layout.ts";
import { isBlank, isBlankOrComment, lineBreak, lineEnd, lineStart, nextLine, type Splice } from "./splice.ts";
import { blockEntry, oneLine } from "./write.ts";

/** What an edit of a mapping needs to know of it. */
export interface Place {
  readonly text: string;
  readonly layout: MapLayout;
  readonly style: Style;
}

/** A new key at the end of a block mapping, on lines of its own. */
export function insertion(
  name: string,
  value: Json,
  { text, layout, style, depth }: Place & { readonly depth: number },
): readonly Splice[] {
  const last = layout.items.at(-1);
  if (last === undefined) return [];
  const { column } = layout;
  // A comment at the height of the keys is one of their own block: an entry that is switched off, for example. At the margin it is
  // rather about what follows, or the end of the file.
  const at = behindComments(text, lineEnd(text, last.end), column === 0 ? 1 : column);
  return [below(text, at, { name, value, column, style, depth })];
}

/** A first key below a key that has nothing: undefined where the value is something else. */
export function emptyValueInsertion(
  item: Item,
  { name, value, text, layout, style, depth }: Place & {
    readonly name: string;
    readonly value: Json;
    readonly depth: number;
  },
): readonly Splice[] | undefined {
  const written = item.value;
  if (written !== null && !(isScalar(written) && written.value === null && written.anchor === undefined)) {
    return undefined;
  }
  const gone: readonly Splice[] = written === null ? [] : [{ start: item.afterColon, end: item.end, text: "" }];
  if (layout.flow) {
    return [...gone, { start: item.end, end: item.end, text: ` ${oneLine({ [name]: value }, style)}` }];
  }
  const at = behindComments(text, lineEnd(text, item.end), layout.column + 1);
  const deeper = depth + (style.oneLine ? 0 : 1);
  return [...gone, below(text, at, { name, value, column: layout.column + style.step, style, depth: deeper })];
}

function below(
  text: string,
  at: number,
  { name, value, column, style, depth }: {
    readonly name: string;
    readonly value: Json;
    readonly column: number;
    readonly style: Style;
    readonly depth: number;
  },
): Splice {
  const newline = lineBreak(text, at);
  const entry = blockEntry(name, value, { column, style, newline, depth });
  return { start: at, end: at, text: `${newline}${" ".repeat(column)}${entry}` };
}

/** Where the comment lines end that follow at once and begin at `column` or right of it. */
function behindComments(text: string, at: number, column: number): number {
  let end = at;
  for (;;) {
    const next = nextLine(text, end);
    if (next <= end || next >= text.length) return end;
    const line = text.slice(next, lineEnd(text, next));
    const indentation = /^ *(?=#)/.exec(line)?.[0].length;
    if (indentation === undefined || indentation < column) return end;
    end = lineEnd(text, next);
  }
}

/** Another value for a key that is there. */
export function replacement(item: Item, value: Json, { text, layout, style }: Place): readonly Splice[] {
  const old = item.value;
  if (old === null || old.range === null || old.range === undefined) {
    return [{ start: item.afterColon, end: item.afterColon, text: ` ${oneLine(value, style)}` }];
  }
  const nested = isMap(old) ? layoutOf(old, text) : undefined;
  const entries = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  if (nested !== undefined && !nested.flow && !layout.flow && entries.length > 0) {
    const newline = lineBreak(text, old.range[0]);
    const lines = entries.map(([name, each]) =>
      blockEntry(name, each, { column: nested.column, style, newline, depth: 0 })
    );
    const first = nested.items[0]?.start ?? old.range[0];
    return [{ start: first, end: item.end, text: lines.join(newline + " ".repeat(nested.column)) }];
  }
  const block = isCollection(old) && old.srcToken?.type !== "flow-collection";
  return block
    ? [{ start: item.afterColon, end: item.end, text: ` ${oneLine(value, style)}` }]
    : [{ start: old.range[0], end: item.end, text: oneLine(value, style) }];
}

/** A key of a block mapping with all its lines; undefined where it shares one with something else. */
export function blockRemoval(item: Item, text: string): readonly Splice[] | undefined {
  const start = lineStart(text, item.start);
  if (!isBlank(text.slice(start, item.start))) return undefined;
  const last = lineEnd(text, item.end);
  if (!isBlankOrComment(text.slice(item.end, last))) return undefined;
  const end = nextLine(text, last);
  // The last line of a file that ends without a line end: the one before it becomes that.
  if (start > 0 && !text.slice(start, end).endsWith("\n")) {
    return [{ start: lineEnd(text, start - 1), end, text: "" }];
  }
  return [{ start, end, text: "" }];
}
