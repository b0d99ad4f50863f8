import { cut } from "../view/text.ts";
import type { Area } from "./frame.ts";
import type { TuiState } from "./model.ts";

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["↑ ↓  j k", "move; PgUp PgDn by a page, g G to the first and the last"],
  ["/", "filter by name, cluster, target, port, status; Esc clears it"],
  ["!", "problems first, and back to the file's order"],
  ["Enter", "details: backends, checks, traffic, events"],
  ["s", "stop the forward, or start it again"],
  ["r", "reconnect: close its connections and look again"],
  ["o", "open it in the browser"],
  ["c", "copy its address (the terminal must permit OSC 52)"],
  ["e", "edit the file, at this forward, in $VISUAL or $EDITOR"],
  ["p", "the plan; Space marks what needs an approval, Enter approves"],
  ["l", "the log of events"],
  ["Ctrl+L", "draw the screen anew"],
];

/** Every key and what it does, then what the symbols mean. */
export function helpLines({ mode }: TuiState, { cols, theme }: Area): readonly string[] {
  const quit = mode === "up"
    ? "stop all: open connections may finish; once more stops at once"
    : "close this view; the forwards go on";
  const keys = [...KEYS, ["q Esc Ctrl+C", quit] as const]
    .map(([names, what]) => [theme.ascii && names.startsWith("↑") ? "Up Down  j k" : names, what] as const);
  const width = Math.max(...keys.map(([names]) => names.length));
  const { state } = theme;
  const lines = [
    ...keys.map(([names, what]) => `  ${names.padEnd(width)}  ${what}`),
    "",
    `  ${state.Active} Active        a check or a connection went through to a backend`,
    `  ${state.Starting} Starting      nothing is known yet`,
    `  ${state.Reconnecting} Reconnecting  it listens, new connections wait; the next try is shown`,
    `  ${state.Failed} Failed        it cannot work as the file says; why is shown`,
    `  ${state.Stopped} Stopped       stopped by hand`,
  ];
  return lines.map((line) => cut(line, { width: cols, ellipsis: theme.ellipsis }));
}
