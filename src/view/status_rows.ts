import type { ForwardStatus } from "../model/status.ts";
import { type Cell, formatRow, lineWidth, type Row } from "./columns.ts";
import { type CellOptions, type ColumnName, forwardCell } from "./forward_columns.ts";
import { infoText, isProblem, stateStyle } from "./info_text.ts";
import { displayWidth, wrap } from "./text.ts";

/** How a table of forwards is laid out. */
export interface RowsOptions extends Pick<CellOptions, "theme" | "now" | "symbols"> {
  readonly columns: readonly ColumnName[];
  /** The terminal's width; null where nothing limits a line: then nothing is ever cut. */
  readonly width: number | null;
}

/** A laid out table: its header and, for each forward, its lines (the row, and what of a problem found no room in it). */
export interface LaidOut {
  readonly header: string;
  readonly forwards: readonly (readonly string[])[];
}

/** A table whose widths are known and whose lines are made when they are asked for: of hundreds, a screen shows a few. */
export interface ArrangedRows {
  readonly header: string;
  /** How many lines each forward takes. */
  readonly heights: readonly number[];
  /** The lines of the forward at `index`. */
  lines(index: number): readonly string[];
}

/** What goes first when a line is too long. Name, port, and state stay. */
const DROP_ORDER: readonly ColumnName[] = [
  "RECONNECTS",
  "CONNS",
  "SINCE",
  "BACKEND",
  "CLUSTER",
  "NAMESPACE",
  "INFO",
  "ROUTE",
  "TARGET",
  "TO",
];

const SHRINK: readonly { readonly column: ColumnName; readonly to: number }[] = [
  { column: "INFO", to: 20 },
  { column: "BACKEND", to: 16 },
  { column: "TARGET", to: 16 },
  { column: "TO", to: 12 },
];

/**
 * Lays out the table. Where the width does not do, INFO, BACKEND and the target shrink, then columns go; what a problem
 * has to say is then put under its row in full, so that it is
 * never lost.
 */
export function layOutForwards(forwards: readonly ForwardStatus[], options: RowsOptions): LaidOut {
  const arranged = arrangeForwards(forwards, options);
  return { header: arranged.header, forwards: forwards.map((_, index) => arranged.lines(index)) };
}

/** As `layOutForwards`, but no line is made before it is asked for. */
export function arrangeForwards(forwards: readonly ForwardStatus[], options: RowsOptions): ArrangedRows {
  const { width } = options;
  const table = new Cells(forwards, options);
  let columns = options.columns;
  let compact = false;
  for (;;) {
    const shape = { columns, compact };
    const natural = table.widths(shape);
    const widths = width === null ? natural : fit(natural, { columns, width });
    if (widths !== null) return arranged({ table, shape, widths, forwards, options });
    const drop = DROP_ORDER.find((name) => columns.includes(name));
    if (drop !== undefined) columns = columns.filter((name) => name !== drop);
    else if (!compact) compact = true;
    else return arranged({ table, shape, widths: squeeze(natural, width ?? 0), forwards, options });
  }
}

/** Which columns are shown, and whether LOCAL is its ports alone. */
interface Shape {
  readonly columns: readonly ColumnName[];
  readonly compact: boolean;
}

/** The cells of a table, each column made once however many shapes are tried. */
class Cells {
  readonly #forwards: readonly ForwardStatus[];
  readonly #options: RowsOptions;
  readonly #made = new Map<string, { readonly cells: readonly Cell[]; readonly width: number }>();

  constructor(forwards: readonly ForwardStatus[], options: RowsOptions) {
    this.#forwards = forwards;
    this.#options = options;
  }

  row(index: number, shape: Shape): Row {
    return shape.columns.map((column) => this.#column(column, shape).cells[index] ?? { text: "" });
  }

  /** As wide as the widest cell, or the heading, of each column. */
  widths(shape: Shape): readonly number[] {
    return shape.columns.map((column) => this.#column(column, shape).width);
  }

  #column(
    column: ColumnName,
    { columns, compact }: Shape,
  ): { readonly cells: readonly Cell[]; readonly width: number } {
    const namespace = columns.includes("NAMESPACE");
    const key = `${column} ${compact} ${namespace}`;
    let made = this.#made.get(key);
    if (made === undefined) {
      const options = this.#options;
      const cells = this.#forwards.map((forward) => forwardCell(column, { ...options, forward, compact, namespace }));
      made = { cells, width: Math.max(column.length, ...cells.map(({ text }) => displayWidth(text))) };
      this.#made.set(key, made);
    }
    return made;
  }
}

/** Whether what is to be said of a forward may not be cut: a problem, or an Active one with something to say. */
function mustBeRead(forward: ForwardStatus): boolean {
  return isProblem(forward) || (forward.status === "Active" && forward.message !== null);
}

interface Rendering {
  readonly table: Cells;
  readonly shape: Shape;
  readonly widths: readonly number[];
  readonly forwards: readonly ForwardStatus[];
  readonly options: RowsOptions;
}

function arranged({ table, shape, widths, forwards, options }: Rendering): ArrangedRows {
  const { theme, width, now } = options;
  const header: Row = shape.columns.map((name) => ({ text: name, style: "dim" }));
  const infoAt = shape.columns.indexOf("INFO");
  /** What found no room in a row and has to be read, in lines. */
  const below = forwards.map((forward): readonly string[] => {
    if (width === null || !mustBeRead(forward)) return [];
    const info = infoText(forward, now);
    if (info === "" || (infoAt >= 0 && displayWidth(info) <= (widths[infoAt] ?? 0))) return [];
    return wrap(info, width - 4);
  });
  return {
    header: formatRow(header, { widths, theme }),
    heights: below.map((lines) => 1 + lines.length),
    lines: (index) => {
      const [forward, under = []] = [forwards[index], below[index]];
      if (forward === undefined) return [];
      const row = table.row(index, shape);
      if (under.length === 0) return [formatRow(row, { widths, theme })];
      const without = row.map((one, at) => at === infoAt ? { text: "" } : one);
      return [
        formatRow(without, { widths, theme }),
        ...under.map((line, at) =>
          `  ${theme.paint("dim", at === 0 ? theme.elbow : " ")} ${theme.paint(stateStyle(forward.status), line)}`
        ),
      ];
    },
  };
}

function fit(
  natural: readonly number[],
  { columns, width }: { readonly columns: readonly ColumnName[]; readonly width: number },
): readonly number[] | null {
  const widths = [...natural];
  for (const { column, to } of SHRINK) {
    const over = lineWidth(widths) - width;
    if (over <= 0) break;
    const at = columns.indexOf(column);
    const now = widths[at];
    if (now !== undefined && now > to) widths[at] = Math.max(to, now - over);
  }
  return lineWidth(widths) <= width ? widths : null;
}

/** The last resort: the widest column gives way until the line fits or nothing is left to give. */
function squeeze(natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  while (lineWidth(widths) > width) {
    const widest = widths.indexOf(Math.max(...widths));
    const now = widths[widest] ?? 0;
    if (now <= 1) break;
    widths[widest] = now - 1;
  }
  return widths;
}
