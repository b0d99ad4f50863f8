import type { Json } from "../../model/json.ts";
import type { Place } from "./block.ts";
import type { Item } from "./layout.ts";
import { isBlank, isBlankOrComment, lineBreak, lineEnd, lineStart, nextLine, type Splice } from "./splice.ts";
import { keyText, oneLine } from "./write.ts";

/** A new key at the end of a mapping in braces. */
export function flowInsertion(name: string, value: Json, { text, layout, style }: Place): readonly Splice[] {
  const entry = `${keyText(name)}: ${oneLine(value, style)}`;
  const count = layout.items.length;
  const last = layout.items.at(-1);
  if (last === undefined) {
    return [{ start: layout.close, end: layout.close, text: style.padded ? ` ${entry} ` : entry }];
  }
  const comma = layout.commas[count - 1];
  const tail = comma === undefined ? last.end : comma + 1;
  const ownLine = lineStart(text, last.start) > layout.open && lineEnd(text, tail) < layout.close &&
    isBlank(text.slice(lineStart(text, last.start), last.start));
  if (ownLine) {
    const at = lineEnd(text, tail);
    const indentation = text.slice(lineStart(text, last.start), last.start);
    const line = `${lineBreak(text, at)}${indentation}${entry}`;
    return comma === undefined
      ? [{ start: last.end, end: last.end, text: "," }, { start: at, end: at, text: line }]
      : [{ start: at, end: at, text: `${line},` }];
  }
  return comma === undefined
    ? [{ start: last.end, end: last.end, text: `, ${entry}` }]
    : [{ start: tail, end: tail, text: ` ${entry},` }];
}

/** A key of a mapping in braces, with the comma that goes with it. */
export function flowRemoval(item: Item, { text, layout }: Pick<Place, "text" | "layout">): readonly Splice[] {
  const index = layout.items.indexOf(item);
  const comma = layout.commas[index];
  const before = index > 0 ? layout.commas[index - 1] : undefined;
  const tail = comma === undefined ? item.end : comma + 1;
  const start = lineStart(text, item.start);
  const end = lineEnd(text, tail);
  const next = layout.items[index + 1];
  const ownLine = start > layout.open && end < layout.close && isBlank(text.slice(start, item.start)) &&
    isBlankOrComment(text.slice(tail, end));
  if (ownLine) {
    const line = { start, end: nextLine(text, end), text: "" };
    return comma === undefined && before !== undefined ? [{ start: before, end: before + 1, text: "" }, line] : [line];
  }
  if (before !== undefined) {
    return comma === undefined
      ? [{ start: before, end: item.end, text: "" }]
      : [{ start: before + 1, end: comma + 1, text: "" }];
  }
  if (next !== undefined && comma !== undefined) {
    const gap = text.slice(comma + 1, next.start);
    return [{ start: item.start, end: isBlank(gap) ? next.start : comma + 1, text: "" }];
  }
  const padded = text[item.start - 1] === " " && text[tail] === " ";
  return [{ start: item.start - (padded ? 1 : 0), end: tail + (padded ? 1 : 0), text: "" }];
}
