import { textWidth } from "../diagnostics/text_width.ts";

/** Sequences that a terminal obeys: CSI, OSC, other escapes. Matched whole, so that no tail of one stays behind as text. */
// deno-lint-ignore no-control-regex -- these characters are what is looked for
const ESCAPES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b./g;

// deno-lint-ignore no-control-regex -- these characters are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

let segmenter: Intl.Segmenter | undefined;

/** What a reader takes for characters. Made when it is first needed: it takes longer than to print a table. */
function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text);
}

/**
 * `text` as one harmless line. What clusters and programs say about themselves is shown to people, so it must not move
 * a cursor, change a title or turn the direction of writing.
 */
export function oneLine(text: string): string {
  return text.replace(ESCAPES, "").replace(CONTROLS, " ").trim();
}

/** The last part of a path. */
export function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** How many terminal columns `text` takes. Escape sequences take none, wide characters and emoji two. */
export function displayWidth(text: string): number {
  const visible = text.includes("\u001b") ? text.replace(ESCAPES, "") : text;
  return textWidth(visible);
}

/** `text`, without escape sequences in it, cut to `width` columns; `ellipsis` shows that something is missing. */
export function cut(text: string, { width, ellipsis }: { readonly width: number; readonly ellipsis: string }): string {
  if (displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  if (room <= 0) return ellipsis.slice(0, Math.max(0, width));
  let kept = "";
  let used = 0;
  for (const { segment } of graphemes(text)) {
    used += textWidth(segment);
    if (used > room) break;
    kept += segment;
  }
  return kept.trimEnd() + ellipsis;
}

/** As `cut`, but what is missing is missing at the start: for paths and names, whose end tells them apart. */
export function cutStart(
  text: string,
  { width, ellipsis }: { readonly width: number; readonly ellipsis: string },
): string {
  if (displayWidth(text) <= width) return text;
  let room = width - displayWidth(ellipsis);
  if (room <= 0) return ellipsis.slice(0, Math.max(0, width));
  let from = text.length;
  for (const { segment, index } of [...graphemes(text)].reverse()) {
    room -= textWidth(segment);
    if (room < 0) break;
    from = index;
  }
  return ellipsis + text.slice(from);
}

/** `text` with spaces after it up to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** `text` in lines of at most `width` columns, broken at spaces; a word that is longer than a line is broken where it must be. */
export function wrap(text: string, width: number): readonly string[] {
  const room = Math.max(1, width);
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(/ +/)) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) <= room) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    while (displayWidth(word) > room) {
      // A character wider than the whole line still goes on one, or this would not end.
      const head = cut(word, { width: room, ellipsis: "" }) || [...word].slice(0, 1).join("");
      lines.push(head);
      word = word.slice(head.length);
    }
    line = word;
  }
  if (line !== "" || lines.length === 0) lines.push(line);
  return lines;
}
