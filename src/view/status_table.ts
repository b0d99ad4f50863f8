import type { StatusDocument } from "../model/status_document.ts";
import { problemLines } from "./problems_text.ts";
import { TABLE_COLUMNS, WIDE_COLUMNS } from "./forward_columns.ts";
import { layOutForwards } from "./status_rows.ts";
import { wrap } from "./text.ts";
import type { Theme } from "./theme.ts";

/** How `statusTable` writes. */
export interface StatusTableOptions {
  readonly format: "table" | "wide";
  readonly theme: Theme;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The terminal's width; null off a terminal: then no line is cut or wrapped, as tools want it. */
  readonly width: number | null;
}

/** The table that `status` prints on stdout: columns two spaces apart, no borders. Ends with a line end. */
export function statusTable(document: StatusDocument, { format, theme, now, width }: StatusTableOptions): string {
  if (document.forwards.length === 0) return "";
  const columns = format === "wide" ? WIDE_COLUMNS : TABLE_COLUMNS;
  const { header, forwards } = layOutForwards(document.forwards, { columns, theme, now, width, symbols: false });
  return [header, ...forwards.flat()].map((line) => `${line}\n`).join("");
}

/** What `status` says beside the table, on stderr: problems of the file and of clusters. Empty when there are none. */
export function statusProblems(
  document: StatusDocument,
  { theme, width }: { readonly theme: Theme; readonly width: number | null },
): string {
  return problemLines(document)
    .flatMap(({ style, text }) =>
      (width === null ? [text] : wrap(text, width - 2)).map((line, at) =>
        `${at === 0 ? theme.paint(style, theme.op.blocked) : " "} ${line}\n`
      )
    )
    .join("");
}

/** The names alone, a line each: `-o name`. */
export function statusNames(document: StatusDocument): string {
  return document.forwards.map(({ name }) => `${name}\n`).join("");
}
