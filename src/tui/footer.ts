import { cut, displayWidth, oneLine } from "../view/text.ts";
import type { Area } from "./frame.ts";
import type { TuiState } from "./model.ts";
import { visibleForwards } from "./rows.ts";

type Hint = readonly [key: string, what: string];

/** The last line: what is being typed, what was just said, or the keys of the view, as many as fit. */
export function footer(state: TuiState, area: Area): string {
  const { cols, theme } = area;
  const line = (text: string) => cut(text, { width: cols, ellipsis: theme.ellipsis });
  if (state.draining) return theme.paint("warn", line(drainText(state)));
  if (state.ended) return theme.paint("bad", line("berth has ended: nothing runs any more. q closes"));
  if (state.typing) return line(`/${oneLine(state.filter)}_  ${countText(state)}  Enter keeps, Esc clears`);
  if (state.said !== null) return theme.paint(state.said.style, line(oneLine(state.said.text)));
  if (!state.keyboard) return theme.paint("dim", line("Ctrl+C stops"));
  const hints = hintsOf(state).map(([key, what]) => `${key} ${what}`);
  const filter = state.view === "table" && state.filter !== ""
    ? `/${oneLine(state.filter)}  ${countText(state)}  `
    : "";
  while (hints.length > 1 && displayWidth(filter + hints.join("  ")) > cols) hints.splice(hints.length - 2, 1);
  return filter === "" ? theme.paint("dim", line(hints.join("  "))) : line(filter + hints.join("  "));
}

/** The last one, how to leave, is kept longest. */
function hintsOf({ view, mode, filter }: TuiState): readonly Hint[] {
  const quit: Hint = ["q", mode === "up" ? "stop all" : "close"];
  const help: Hint = ["?", "help"];
  switch (view) {
    case "table":
      return [
        ...(filter === "" ? [] : [["Esc", "no filter"] as const]),
        help,
        ["/", "filter"],
        ["Enter", "details"],
        ["s", "stop/start"],
        ["r", "reconnect"],
        ["p", "plan"],
        ["l", "log"],
        ["e", "edit"],
        ["o", "open"],
        ["c", "copy"],
        ["!", "problems first"],
        quit,
      ];
    case "details":
      return [
        ["Esc", "back"],
        ["s", "stop/start"],
        ["r", "reconnect"],
        ["e", "edit"],
        ["o", "open"],
        ["c", "copy"],
        quit,
      ];
    case "plan":
      return [["Esc", "back"], ["Space", "mark"], ["a", "mark all"], ["Enter", "approve"], ["r", "again"], quit];
    case "log":
    case "help":
      return [["Esc", "back"], ["j/k", "scroll"], quit];
    default:
      return view satisfies never;
  }
}

function drainText({ document }: TuiState): string {
  const open = document?.forwards.reduce((sum, { connections }) => sum + connections.open, 0) ?? 0;
  const what = open === 0
    ? ""
    : open === 1
    ? " 1 open connection may finish."
    : ` ${open} open connections may finish.`;
  return `Stopping.${what} Ctrl+C again stops at once`;
}

function countText(state: TuiState): string {
  return `${visibleForwards(state).length} of ${state.document?.forwards.length ?? 0}`;
}
