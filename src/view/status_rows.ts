import type { ForwardStatus } from "../model/status.ts";
import { addressText, listenText, portsText } from "./address_text.ts";
import { type Cell, formatRow, lineWidth, naturalWidths, type Row } from "./columns.ts";
import { infoText, isProblem, stateStyle } from "./info_text.ts";
import { displayWidth, oneLine, wrap } from "./text.ts";
import type { Theme } from "./theme.ts";
import { age } from "./time_text.ts";

/** The columns that a table of forwards may have. */
export type ColumnName =
  | "NAME"
  | "CLUSTER"
  | "TARGET"
  | "LOCAL"
  | "ROUTE"
  | "STATUS"
  | "INFO"
  | "BACKEND"
  | "SINCE"
  | "RECONNECTS"
  | "CONNS";

/** The columns of `-o table`. */
export const TABLE_COLUMNS: readonly ColumnName[] = ["NAME", "CLUSTER", "TARGET", "LOCAL", "ROUTE", "STATUS", "INFO"];

/** The columns of `-o wide`. INFO stays last: it is the one of no fixed size. */
export const WIDE_COLUMNS: readonly ColumnName[] = [
  "NAME",
  "CLUSTER",
  "TARGET",
  "LOCAL",
  "ROUTE",
  "STATUS",
  "BACKEND",
  "SINCE",
  "RECONNECTS",
  "CONNS",
  "INFO",
];

/** How a table of forwards is laid out. */
export interface RowsOptions {
  readonly columns: readonly ColumnName[];
  readonly theme: Theme;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The terminal's width; null where nothing limits a line: then nothing is ever cut. */
  readonly width: number | null;
  /** Puts the state's symbol before its name. */
  readonly symbols: boolean;
}

/** A laid out table: its header and, for each forward, its lines (the row, and what of a problem found no room in it). */
export interface LaidOut {
  readonly header: string;
  readonly forwards: readonly (readonly string[])[];
}

/** What goes first when a line is too long. Name, port, and state stay. */
const DROP_ORDER: readonly ColumnName[] = [
  "RECONNECTS",
  "CONNS",
  "SINCE",
  "BACKEND",
  "CLUSTER",
  "INFO",
  "ROUTE",
  "TARGET",
];

const SHRINK: readonly { readonly column: ColumnName; readonly to: number }[] = [
  { column: "INFO", to: 20 },
  { column: "BACKEND", to: 16 },
  { column: "TARGET", to: 16 },
];

/**
 * Lays out the table. Where the width does not do, INFO, BACKEND and TARGET shrink, then columns go; what a problem
 * has to say is then put under its row in full, so that it is
 * never lost.
 */
export function layOutForwards(forwards: readonly ForwardStatus[], options: RowsOptions): LaidOut {
  const { width } = options;
  let columns = options.columns;
  let compact = false;
  for (;;) {
    const header: Row = columns.map((name) => ({ text: name, style: "dim" }));
    const rows = forwards.map((forward) => columns.map((column) => cell(column, { forward, options, compact })));
    const widths = width === null ? naturalWidths([header, ...rows]) : fit([header, ...rows], { columns, width });
    if (widths !== null) return render({ header, rows, widths, columns, forwards, options });
    const drop = DROP_ORDER.find((name) => columns.includes(name));
    if (drop !== undefined) columns = columns.filter((name) => name !== drop);
    else if (!compact) compact = true;
    else return render({ header, rows, widths: squeeze([header, ...rows], width ?? 0), columns, forwards, options });
  }
}

/** Whether what is to be said of a forward may not be cut: a problem, or an Active one with something to say. */
function mustBeRead(forward: ForwardStatus): boolean {
  return isProblem(forward) || (forward.status === "Active" && forward.message !== null);
}

interface Rendering {
  readonly header: Row;
  readonly rows: readonly Row[];
  readonly widths: readonly number[];
  readonly columns: readonly ColumnName[];
  readonly forwards: readonly ForwardStatus[];
  readonly options: RowsOptions;
}

function render({ header, rows, widths, columns, forwards, options }: Rendering): LaidOut {
  const { theme, width, now } = options;
  const infoAt = columns.indexOf("INFO");
  return {
    header: formatRow(header, { widths, theme }),
    forwards: rows.map((row, index) => {
      const forward = forwards[index];
      if (width === null || forward === undefined || !mustBeRead(forward)) return [formatRow(row, { widths, theme })];
      const info = infoText(forward, now);
      if (info === "" || (infoAt >= 0 && displayWidth(info) <= (widths[infoAt] ?? 0))) {
        return [formatRow(row, { widths, theme })];
      }
      const without = row.map((one, at) => at === infoAt ? { text: "" } : one);
      return [
        formatRow(without, { widths, theme }),
        ...wrap(info, width - 4).map((line, at) =>
          `  ${theme.paint("dim", at === 0 ? theme.elbow : " ")} ${theme.paint(stateStyle(forward.status), line)}`
        ),
      ];
    }),
  };
}

function fit(
  rows: readonly Row[],
  { columns, width }: { readonly columns: readonly ColumnName[]; readonly width: number },
): readonly number[] | null {
  const widths = [...naturalWidths(rows)];
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
function squeeze(rows: readonly Row[], width: number): readonly number[] {
  const widths = [...naturalWidths(rows)];
  while (lineWidth(widths) > width) {
    const widest = widths.indexOf(Math.max(...widths));
    const now = widths[widest] ?? 0;
    if (now <= 1) break;
    widths[widest] = now - 1;
  }
  return widths;
}

function cell(
  column: ColumnName,
  { forward, options, compact }: {
    readonly forward: ForwardStatus;
    readonly options: RowsOptions;
    readonly compact: boolean;
  },
): Cell {
  const { theme, now, symbols } = options;
  switch (column) {
    case "NAME":
      return { text: forward.name, style: "strong" };
    case "CLUSTER":
      return { text: forward.cluster };
    case "TARGET":
      return { text: `${oneLine(forward.target)}:${oneLine(forward.targetPort)}`, keep: "end" };
    case "LOCAL":
      return { text: (compact ? portsText(forward.listen) : listenText(forward.listen.map(addressText))) || "-" };
    case "ROUTE":
      return { text: forward.route ?? "-" };
    case "STATUS": {
      const text = symbols ? `${theme.state[forward.status]} ${forward.status}` : forward.status;
      return { text, style: stateStyle(forward.status) };
    }
    case "INFO":
      return { text: infoText(forward, now), style: isProblem(forward) ? stateStyle(forward.status) : "dim" };
    case "BACKEND":
      return { text: forward.backend === null ? "-" : oneLine(forward.backend), keep: "end" };
    case "SINCE":
      return { text: age(forward.since, now) ?? "-" };
    case "RECONNECTS":
      return { text: String(forward.reconnects) };
    case "CONNS": {
      const { open, total, failed } = forward.connections;
      return { text: failed > 0 ? `${open}/${total} (${failed} failed)` : `${open}/${total}` };
    }
    default:
      return column satisfies never;
  }
}
