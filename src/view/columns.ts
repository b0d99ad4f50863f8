import { cut, cutStart, displayWidth, padEnd } from "./text.ts";
import type { Style, Theme } from "./theme.ts";

/** One cell: text of one line and how it looks. */
export interface Cell {
  readonly text: string;
  readonly style?: Style;
  /** Which side stays when the column is too narrow; the start unless said otherwise. */
  readonly keep?: "start" | "end";
}

/** The cells of one line, by column. */
export type Row = readonly Cell[];

const GAP = "  ";

/** The width of each column: that of its widest cell. */
export function naturalWidths(rows: readonly Row[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell.text)));
  }
  return widths;
}

/** The width of a whole line with these columns. */
export function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);
}

/** One line of columns, two spaces between, nothing after the last. A cell wider than its column is cut. */
export function formatRow(
  row: Row,
  { widths, theme }: { readonly widths: readonly number[]; readonly theme: Theme },
): string {
  let last = row.length - 1;
  while (last > 0 && row[last]?.text === "") last--;
  return row.slice(0, last + 1).map((cell, index) => {
    const width = widths[index] ?? 0;
    const text = (cell.keep === "end" ? cutStart : cut)(cell.text, { width, ellipsis: theme.ellipsis });
    const painted = theme.paint(cell.style ?? "plain", text);
    return index === last ? painted : painted + " ".repeat(displayWidth(padEnd(text, width)) - displayWidth(text));
  }).join(GAP);
}
