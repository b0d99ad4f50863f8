import { cut, cutStart, displayWidth } from "./text.ts";
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
    return index === last ? painted : painted + " ".repeat(Math.max(0, width - displayWidth(text)));
  }).join(GAP);
}
