import type { ForwardStatus } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";
import { isProblem } from "./info_text.ts";
import { problemBlock } from "./problems_text.ts";
import { TABLE_COLUMNS, WIDE_COLUMNS, WIDE_FROM } from "./forward_columns.ts";
import { layOutForwards } from "./status_rows.ts";
import { basename, cut, displayWidth, oneLine } from "./text.ts";
import type { Theme } from "./theme.ts";
import { age } from "./time_text.ts";

/** What a frame is drawn for. */
export interface FrameOptions {
  readonly cols: number;
  readonly rows: number;
  readonly theme: Theme;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The last line: what the reader can do, or what is under way. */
  readonly hint: string;
  /** Whether to show the wide columns; absent: where the terminal is wide enough for them. */
  readonly wide?: boolean;
}

/**
 * One picture of a running `up`: at most `rows` lines of at most `cols` columns. When there is too little room, healthy
 * forwards give way first; of what is wrong, as much as fits is shown and the rest is counted.
 */
export function frame(document: StatusDocument, options: FrameOptions): readonly string[] {
  const { cols, rows, theme, hint } = options;
  const head = [title(document, options)];
  const foot = [theme.paint("dim", cut(hint, { width: cols, ellipsis: theme.ellipsis }))];
  if (rows <= 2) return [...head, ...foot].slice(0, Math.max(0, rows));

  let room = rows - head.length - foot.length;
  const problems = problemBlock(document, { max: Math.max(1, Math.floor(room / 2)), cols, theme });
  room -= problems.length;

  const table = tableLines(document.forwards, { room, options });
  return [...head, ...problems, ...table, ...foot];
}

function title(document: StatusDocument, { cols, theme, now }: FrameOptions): string {
  const total = document.forwards.length;
  const active = document.forwards.filter(({ status }) => status === "Active").length;
  const up = age(document.startedAt, now);
  const counts = `${active} of ${total} active`;
  const parts = ["berth", counts, basename(oneLine(document.workspace)), `PID ${document.pid}`];
  if (up !== null) parts.push(`up ${up}`);
  while (parts.length > 2 && displayWidth(parts.join("  ")) > cols) parts.pop();
  const style = total > 0 && active === total ? "good" : "warn";
  if (displayWidth(parts.join("  ")) > cols) {
    return theme.paint(style, cut(counts, { width: cols, ellipsis: theme.ellipsis }));
  }
  return [theme.paint("strong", "berth"), theme.paint(style, counts), ...parts.slice(2)].join("  ");
}

function tableLines(
  forwards: readonly ForwardStatus[],
  { room, options }: { readonly room: number; readonly options: FrameOptions },
): readonly string[] {
  const { cols, theme, now } = options;
  if (room <= 0) return [];
  if (forwards.length === 0) {
    return [cut("nothing to forward: the file names no forwards", { width: cols, ellipsis: theme.ellipsis })];
  }
  const columns = options.wide === true || cols >= WIDE_FROM ? WIDE_COLUMNS : TABLE_COLUMNS;
  const { header, forwards: laidOut } = layOutForwards(forwards, { columns, theme, now, width: cols, symbols: true });
  const wanted = 1 + laidOut.flat().length;
  if (wanted <= room) return [header, ...laidOut.flat()];

  // Too many: those with problems first, in their order, then the others, until one line is left to count the rest.
  const order = [...forwards.keys()].sort((a, b) => rank(forwards[a]) - rank(forwards[b]) || a - b);
  const shown = new Map<number, readonly string[]>();
  let left = room - 2;
  for (const index of order) {
    if (left <= 0) break;
    const lines = (laidOut[index] ?? []).slice(0, left);
    left -= lines.length;
    shown.set(index, lines);
  }
  const hidden = forwards.filter((_, index) => !shown.has(index));
  const bad = hidden.filter(isProblem).length;
  const rest = bad > 0 ? `${hidden.length} more, ${bad} of them with problems` : `${hidden.length} more`;
  const more = theme.paint(
    bad > 0 ? "bad" : "dim",
    cut(`${theme.ellipsis} ${rest}`, { width: cols, ellipsis: theme.ellipsis }),
  );
  if (room < 2) return [more];
  return [header, ...laidOut.flatMap((_, index) => shown.get(index) ?? []), more];
}

function rank(forward: ForwardStatus | undefined): number {
  if (forward === undefined) return 2;
  return isProblem(forward) ? 0 : 1;
}
