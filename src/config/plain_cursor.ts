import type { SourceText, Span } from "./source_text.ts";
import type { ScalarTree } from "./tree.ts";

/** Values of the core schema that are no text, as far as they begin like a number. */
const NUMBER =
  /^(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?[0-9]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$/;
const SIMPLE_NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ...["null", "Null", "NULL", "~"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
]);
/** Characters that mean something. */
export const [NEWLINE, SPACE, QUOTES, HASH, APOSTROPHE, COMMA, MINUS, COLON] = [
  10,
  32,
  34,
  35,
  39,
  44,
  45,
  58,
] as const;
/** The codes of the characters that lists and mappings on one line are made of, and of the backslash. */
export const [OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [91, 92, 93, 123, 125] as const;

/** Whether a plain value may begin with it: a letter, a digit, one of `$ ( + . / _ ~`, or no ASCII. */
const STARTS: readonly boolean[] = Array.from(
  { length: 128 },
  (_, code) => /[A-Za-z0-9$(+./_~]/.test(String.fromCharCode(code)),
);

/** A place in a text that goes forward over lines, spaces and single values. Pure but for that place. */
export class PlainCursor {
  readonly #source: SourceText;
  readonly #text: string;
  /** The offset in the text. */
  at = 0;
  /** Where the line begins that `at` is in, after `nextLine`. */
  lineStart = 0;

  constructor(source: SourceText) {
    this.#source = source;
    this.#text = source.text;
  }

  /** The character that is here; NaN at the end of the file. */
  get code(): number {
    return this.#text.charCodeAt(this.at);
  }

  /** Whether the whole text is read. */
  get isAtEnd(): boolean {
    return this.at === this.#text.length;
  }

  /** From an offset to here. */
  from(start: number): Span {
    return this.#source.span(start, this.at);
  }

  /**
   * Goes from the beginning of a line to the first text that is no comment, and gives its column; -1 at the end of the file.
   */
  nextLine(): number {
    const text = this.#text;
    let at = this.at;
    while (at < text.length) {
      const start = at;
      let code = text.charCodeAt(at);
      while (code === SPACE) code = text.charCodeAt(++at);
      if (code === HASH) {
        const end = text.indexOf("\n", at);
        at = end < 0 ? text.length : end + 1;
      } else if (code === NEWLINE) {
        at++;
      } else if (at < text.length) {
        this.at = at;
        this.lineStart = start;
        return at - start;
      }
    }
    this.at = text.length;
    return -1;
  }

  /** Whether a line begins a document, or ends it. */
  isMark(): boolean {
    return this.#text.startsWith("---", this.at) || this.#text.startsWith("...", this.at);
  }

  /** Goes to the beginning of the next line. */
  skipLine(): void {
    const end = this.#text.indexOf("\n", this.at);
    this.at = end < 0 ? this.#text.length : end + 1;
  }

  /** Skips spaces and a comment up to the end of the line, and over that; false where more stands on it. */
  endLine(): boolean {
    const text = this.#text;
    const begun = this.at;
    let at = begun;
    let code = text.charCodeAt(at);
    while (code === SPACE) code = text.charCodeAt(++at);
    if (code === HASH && at > begun) {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
      code = NEWLINE;
    }
    if (at < text.length && code !== NEWLINE) return false;
    this.at = Math.min(at + 1, text.length);
    return true;
  }

  /** The column of what is here; -1 at the end of the file. */
  column(): number {
    return this.at >= this.#text.length ? -1 : this.at - this.lineStart;
  }

  /** Whether an item of a list begins here. */
  isDash(): boolean {
    return this.#text.charCodeAt(this.at) === MINUS && this.#text.charCodeAt(this.at + 1) === SPACE;
  }

  /** Goes over this character, if it is here. */
  takes(code: number): boolean {
    if (this.#text.charCodeAt(this.at) !== code) return false;
    this.at++;
    return true;
  }

  /** Goes to the first character that is no space. */
  skipSpaces(): void {
    while (this.#text.charCodeAt(this.at) === SPACE) this.at++;
  }

  /** The single value that is here; undefined where it is beyond this reader. */
  scalar(inFlow: boolean): ScalarTree | undefined {
    const code = this.#text.charCodeAt(this.at);
    return code === QUOTES || code === APOSTROPHE ? this.#quoted(code) : this.#plain(inFlow);
  }

  /** A text in quotes without an escape, on one line. */
  #quoted(quote: typeof QUOTES | typeof APOSTROPHE): ScalarTree | undefined {
    const text = this.#text;
    const start = this.at;
    for (let at = start + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE || (code === BACKSLASH && quote === QUOTES)) return undefined;
      if (code !== quote) continue;
      const next = text.charCodeAt(at + 1);
      if (next === quote) return undefined;
      this.at = at + 1;
      return scalarTree(this.#source.span(start, at + 1), text.slice(start + 1, at));
    }
    return undefined;
  }

  #plain(inFlow: boolean): ScalarTree | undefined {
    const text = this.#text;
    const start = this.at;
    const first = text.charCodeAt(start);
    if (!(first >= 128 || STARTS[first] === true || (first === MINUS && STARTS[text.charCodeAt(start + 1)] === true))) {
      return undefined;
    }
    // Behind its last character that is no space.
    let end = start + 1;
    for (let at = end; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE) break;
      if (code === SPACE) continue;
      if (code === HASH && end < at) break;
      if (code === COLON && endsKey(text.charCodeAt(at + 1), inFlow)) {
        // Spaces between a key and its colon are rare enough.
        if (end < at) return undefined;
        break;
      }
      if (inFlow && isFlowMark(code)) break;
      end = at + 1;
    }
    this.at = end;
    const written = text.slice(start, end);
    const value = valueOf(written, first);
    return value === undefined ? undefined : scalarTree(this.#source.span(start, end), value);
  }
}

/** What a plain text stands for in the core schema; undefined for the rarer ways to write a number. */
function valueOf(written: string, first: number): ScalarTree["value"] | undefined {
  // A digit, or what else a number begins with.
  if ((first >= 48 && first <= 57) || first === 43 || first === MINUS || first === 46) {
    if (SIMPLE_NUMBER.test(written)) return Number(written);
    return NUMBER.test(written) ? undefined : written;
  }
  if (written.length > 5) return written;
  const word = WORDS.get(written);
  return word === undefined ? written : word;
}

function endsKey(next: number, inFlow: boolean): boolean {
  // Not a number: the end of the file.
  return next === SPACE || next === NEWLINE || Number.isNaN(next) || (inFlow && isFlowMark(next));
}

function isFlowMark(code: number): boolean {
  return code === COMMA || code === OPEN_LIST || code === CLOSE_LIST || code === OPEN_MAP || code === CLOSE_MAP;
}

function scalarTree(at: Span, value: ScalarTree["value"]): ScalarTree {
  return { kind: "scalar", at, value, size: 1 };
}
