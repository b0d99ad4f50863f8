import { cut, displayWidth, oneLine } from "../view/text.ts";
import { makeTheme, type Theme } from "../view/theme.ts";
import { detailsLines } from "./details_view.ts";
import { footer } from "./footer.ts";
import { helpLines } from "./help_view.ts";
import { logLines } from "./log_view.ts";
import type { TuiState } from "./model.ts";
import { planView } from "./plan_view.ts";
import { tableView } from "./table_view.ts";
import { titleLine } from "./title.ts";

/** The room that a view has, and how it looks. */
export interface Area {
  readonly cols: number;
  readonly rows: number;
  readonly theme: Theme;
}

/**
 * One picture of the state: exactly `rows` lines, none wider than `cols` columns. The title is at the top, the keys (or what is to be said
 * just now) at the bottom, and the view between the two.
 */
export function frame(state: TuiState, area: Area): readonly string[] {
  const { cols, rows, theme } = area;
  if (rows <= 0 || cols <= 0) return [];
  const foot = footer(state, area);
  if (rows === 1) return [fitted(foot, area)];
  const room = { cols, rows: rows - 2, theme };
  const body = view(state, room).slice(0, room.rows);
  const filler = Array.from({ length: room.rows - body.length }, () => "");
  return [titleLine(state, area), ...body, ...filler, foot].map((line) => fitted(line, area));
}

/** The views lay out for the width they are given; in a terminal of a few columns not even their margins have room. */
function fitted(line: string, { cols, theme }: Area): string {
  return displayWidth(line) <= cols ? line : cut(oneLine(line), { width: cols, ellipsis: theme.ellipsis });
}

function view(state: TuiState, area: Area): readonly string[] {
  switch (state.view) {
    case "table":
      return tableView(state, area);
    case "details":
      return windowed(detailsLines(state, area), { rows: area.rows, from: state.scroll });
    case "plan":
      return planView(state, area);
    case "log": {
      const lines = logLines(state, area);
      return windowed(lines, { rows: area.rows, from: lines.length - area.rows - state.scroll });
    }
    case "help":
      return windowed(helpLines(state, area), { rows: area.rows, from: state.scroll });
    default:
      return state.view satisfies never;
  }
}

/** How far the view that is shown can be scrolled, in lines. */
export function maxScroll(state: TuiState): number {
  const { cols, rows } = state.size;
  const area = { cols, rows: Math.max(0, rows - 2), theme: makeTheme({ color: false, ascii: false }) };
  const lines = { details: detailsLines, log: logLines, help: helpLines };
  const view = state.view;
  return view === "table" || view === "plan" ? 0 : Math.max(0, lines[view](state, area).length - area.rows);
}

/** `rows` of the lines from `from` on; the last page is a whole one. */
export function windowed(
  lines: readonly string[],
  { rows, from }: { readonly rows: number; readonly from: number },
): readonly string[] {
  const start = Math.max(0, Math.min(from, lines.length - rows));
  return lines.slice(start, start + rows);
}
