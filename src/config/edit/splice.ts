/** A piece of a text and what is to stand there instead: UTF-16 offsets, `end` not included. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** `text` with all pieces replaced. They do not overlap; their order is of no account. */
export function spliced(text: string, pieces: readonly Splice[]): string {
  const ordered = [...pieces].sort((a, b) => a.start - b.start || a.end - b.end);
  let [result, at] = ["", 0];
  for (const piece of ordered) {
    result += text.slice(at, piece.start) + piece.text;
    at = piece.end;
  }
  return result + text.slice(at);
}

/** Where the line of `at` begins. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** Where the line of `at` ends, before its line end. */
export function lineEnd(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  if (newline < 0) return text.length;
  return newline > 0 && text[newline - 1] === "\r" ? newline - 1 : newline;
}

/** Where the line after that of `at` begins; the text's end where it is the last. */
export function nextLine(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline + 1;
}

/** The line end that is in use around `at`: that of its line, else of the one before, else of the first. */
export function lineBreak(text: string, at: number): "\n" | "\r\n" {
  const here = text.indexOf("\n", at);
  const newline = here >= 0 ? here : text.lastIndexOf("\n", Math.max(at - 1, 0));
  return newline > 0 && text[newline - 1] === "\r" ? "\r\n" : "\n";
}

/** Whether nothing but spaces and tabs stands there. */
export function isBlank(text: string): boolean {
  return /^[ \t\r]*$/.test(text);
}

/** Whether nothing but spaces and perhaps a comment stands there. */
export function isBlankOrComment(text: string): boolean {
  return /^[ \t\r]*(?:#.*)?$/.test(text);
}
