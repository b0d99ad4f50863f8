import { eventText } from "../view/events_text.ts";
import { cut, oneLine } from "../view/text.ts";
import type { Area } from "./frame.ts";
import type { TuiState } from "./model.ts";

/** All events that are kept, the newest last; under `-v` the lines of the log before them. */
export function logLines({ events, notes, offset }: TuiState, { cols, theme }: Area): readonly string[] {
  const fit = (text: string) => cut(text, { width: cols, ellipsis: theme.ellipsis });
  const heading = (text: string) => notes.length === 0 ? [] : [theme.paint("strong", fit(text))];
  return [
    ...heading("Log"),
    ...notes.map((line) => theme.paint("dim", fit(oneLine(line)))),
    ...heading("Events"),
    ...(events.length === 0 ? [fit("nothing has happened yet")] : events.map((event) => {
      const text = eventText(event, { theme, offset });
      return cutPainted(text, fit);
    })),
  ];
}

/** A painted line is cut without its colours: a cut must not leave one switched on. */
function cutPainted(text: string, fit: (text: string) => string): string {
  const bare = oneLine(text);
  const short = fit(bare);
  return short === bare ? text : short;
}
