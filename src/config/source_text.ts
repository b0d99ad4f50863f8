import type { Where } from "../model/source.ts";
import type { UsedVariable } from "./variables.ts";

/** A piece of a file's text: UTF-16 offsets, `end` not included. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
  /** The variables that its value was made of. */
  readonly variables?: readonly UsedVariable[];
  /** In a forward that a template made: for which item, and where that is written. */
  readonly item?: { readonly words: string; readonly at: Span };
}

/** The place of a span in its file. */
export function whereOf(span: Span): Where {
  return span.source.where(span);
}

/** The text of one file and the lines in it. A byte order mark is left out, so line 1 begins after it. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #starts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text.startsWith("\ufeff") ? text.slice(1) : text;
    for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  /** The place of a span. It is cut at the end of its line, and at least one column long. */
  where(span: Pick<Span, "start" | "end">): Where {
    const start = Math.min(Math.max(span.start, 0), this.text.length);
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= start) low = middle;
      else high = middle - 1;
    }
    const lineStart = this.#starts[low] ?? 0;
    let lineEnd = (this.#starts[low + 1] ?? this.text.length + 1) - 1;
    if (this.text[lineEnd - 1] === "\r" && lineEnd > lineStart) lineEnd--;
    const from = Math.min(start, lineEnd);
    const length = Math.max(Math.min(span.end, lineEnd) - from, 1);
    return { file: this.file, line: low + 1, column: from - lineStart + 1, length };
  }

  /** The piece of it between two offsets. */
  span(start: number, end: number): Span {
    return { source: this, start, end };
  }

  /** The text of a span. */
  slice(span: Pick<Span, "start" | "end">): string {
    return this.text.slice(span.start, span.end);
  }
}
