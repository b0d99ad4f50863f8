import type { Where } from "../model/source.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { charWidth, textWidth, visible } from "./text_width.ts";
import { inOrder, summaryLine } from "./order.ts";

/** How to show diagnostics. */
export interface RenderOptions {
  /** The text of a file that a diagnostic points into, as it was when it was checked; undefined when unknown. */
  readonly source: (file: string) => string | undefined;
  /** ANSI colours. Off by default: nothing is ever said by colour alone. */
  readonly color?: boolean;
  /** How a file's path is shown; as it is by default. */
  readonly path?: (file: string) => string;
}

/** Widest part of a source line that is shown, in columns; more is cut around the token. */
const MAX_COLUMNS = 140;
/** More characters than fit into that width, also where some of them take no column. */
const FAR = 4 * MAX_COLUMNS;
const TAB = "    ";

type Paint = (style: "error" | "warning" | "frame" | "bold", text: string) => string;

/**
 * All diagnostics in order, each as `renderDiagnostic` shows it, with an empty line between them and the summary line
 * (`3 errors, 1 warning`) at the end. Ends with a line end; empty when there are none.
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  if (diagnostics.length === 0) return "";
  const lines = new SourceLines(options.source);
  const ordered = inOrder(diagnostics);
  return [...ordered.map((diagnostic) => render(diagnostic, { ...options, lines })), `${summaryLine(ordered)}\n`].join(
    "\n",
  );
}

/**
 * One diagnostic in the manner of rustc: the message, the place, the source line with a caret under the exact token,
 * notes and help. Ends with a line end. Control characters of the file are made visible.
 */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions): string {
  return render(diagnostic, { ...options, lines: new SourceLines(options.source) });
}

function render(diagnostic: Diagnostic, options: RenderOptions & { readonly lines: SourceLines }): string {
  const { severity, where } = diagnostic;
  const paint = options.color === true ? ansi : plain;
  const place = (at: Where) => visible(`${(options.path ?? same)(at.file)}:${at.line}:${at.column}`);
  const out = [paint(severity, `${severity}[${diagnostic.code}]`) + paint("bold", `: ${visible(diagnostic.message)}`)];
  const gutter = " ".repeat(where === null ? 0 : String(where.line).length);
  if (where !== null) {
    out.push(`${gutter}${paint("frame", "-->")} ${place(where)}`);
    const text = options.lines.get(where);
    if (text !== undefined) {
      const { line, pad, carets } = snippet(text, where);
      const label = diagnostic.label === undefined ? "" : ` ${visible(diagnostic.label)}`;
      out.push(paint("frame", `${gutter} |`));
      out.push(`${paint("frame", `${where.line} |`)} ${line}`.trimEnd());
      out.push(`${paint("frame", `${gutter} |`)} ${pad}${paint(severity, carets + label)}`);
    }
  }
  for (const note of diagnostic.notes ?? []) {
    const at = note.where === undefined ? "" : ` at ${place(note.where)}`;
    out.push(`${gutter} ${paint("frame", "=")} ${paint("bold", "note")}: ${visible(note.message)}${at}`);
  }
  if (diagnostic.help !== undefined) {
    out.push(`${gutter} ${paint("frame", "=")} ${paint("bold", "help")}: ${visible(diagnostic.help)}`);
  }
  return out.map((line) => `${line}\n`).join("");
}

/** The source line as it is shown, and the carets under its token. */
function snippet(text: string, where: Where): { line: string; pad: string; carets: string } {
  const start = where.column - 1;
  const end = start + where.length;
  // A line may be a megabyte long: what is far outside the window is not even looked at.
  let before = shown(text.slice(Math.max(start - FAR, 0), start));
  let token = shown(text.slice(start, Math.min(end, start + FAR)));
  let after = shown(text.slice(end, end + FAR));
  if (textWidth(before) + textWidth(token) + textWidth(after) > MAX_COLUMNS) {
    before = keepEnd(before, MAX_COLUMNS / 2);
    token = keepStart(token, MAX_COLUMNS - textWidth(before));
    after = keepStart(after, Math.max(MAX_COLUMNS - textWidth(before) - textWidth(token), 1));
  }
  return {
    line: before + token + after,
    pad: " ".repeat(textWidth(before)),
    carets: "^".repeat(Math.max(textWidth(token), 1)),
  };
}

function shown(text: string): string {
  return visible(text.replaceAll("\t", TAB));
}

function keepStart(text: string, columns: number): string {
  let [kept, width] = ["", 0];
  for (const char of text) {
    width += charWidth(char);
    if (width > columns) return `${kept}…`;
    kept += char;
  }
  return kept;
}

function keepEnd(text: string, columns: number): string {
  const kept: string[] = [];
  let width = 0;
  for (const char of [...text].reverse()) {
    width += charWidth(char);
    if (width > columns) return `…${kept.reverse().join("")}`;
    kept.push(char);
  }
  return text;
}

/** Splits each file once, however many diagnostics point into it. */
class SourceLines {
  readonly #source: RenderOptions["source"];
  readonly #files = new Map<string, readonly string[] | undefined>();

  constructor(source: RenderOptions["source"]) {
    this.#source = source;
  }

  get(where: Where): string | undefined {
    if (!this.#files.has(where.file)) {
      this.#files.set(where.file, this.#source(where.file)?.replace(/^\ufeff/, "").split(/\r?\n/));
    }
    return this.#files.get(where.file)?.[where.line - 1];
  }
}

const ANSI = { error: "1;31", warning: "1;33", frame: "1;34", bold: "1" } as const;
const ansi: Paint = (style, text) => `\x1b[${ANSI[style]}m${text}\x1b[0m`;
const plain: Paint = (_style, text) => text;
const same = (file: string) => file;
