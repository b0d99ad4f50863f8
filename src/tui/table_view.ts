import type { ForwardStatus } from "../model/status.ts";
import { eventText } from "../view/events_text.ts";
import { problemBlock } from "../view/problems_text.ts";
import { SCREEN_COLUMNS, WIDE_FROM, WIDE_SCREEN_COLUMNS } from "../view/forward_columns.ts";
import { type ArrangedRows, arrangeForwards } from "../view/status_rows.ts";
import { cut, oneLine } from "../view/text.ts";
import { taskLines } from "../view/tasks_text.ts";
import { makeTheme } from "../view/theme.ts";
import type { Area } from "./frame.ts";
import type { TuiState } from "./model.ts";
import { type Group, groupsOf, selectedForward } from "./rows.ts";

/** How many lines of events are shown at most; a tall terminal is for the table. */
const MAX_EVENTS = 8;
/** From this height on, events keep some lines even where the table would take them. */
const EVENTS_FROM = 18;
const MIN_EVENTS = 3;
/** The cursor's column and the space after it. */
const MARGIN = 2;

/** The table with what stands above and below it: problems of file and clusters, work that takes long, the last events. */
export function tableView(state: TuiState, area: Area): readonly string[] {
  const { cols, rows, theme } = area;
  const { document, now } = state;
  if (document === null) return [];
  const problems = problemBlock(document, { cols, theme, max: Math.max(1, Math.floor(rows / 2)) });
  const tasks = taskLines(state.tasks, { theme, now, width: cols, max: Math.floor((rows - problems.length) / 3) });
  const above = [...problems, ...tasks];
  const reserved = rows >= EVENTS_FROM && state.events.length > 0 ? Math.min(state.events.length, MIN_EVENTS) + 1 : 0;
  const table = tableLines(state, { ...area, rows: rows - above.length - reserved });
  const left = rows - above.length - table.length;
  const shown = left < 2 ? [] : state.events.slice(-Math.min(left - 1, MAX_EVENTS));
  if (shown.length === 0) return [...above, ...table];
  const plain = makeTheme({ color: false, ascii: theme.ascii });
  const events = shown.map((event) =>
    theme.paint(
      "dim",
      cut(eventText(event, { theme: plain, offset: state.offset }), { width: cols, ellipsis: theme.ellipsis }),
    )
  );
  const gap = Array.from({ length: left - events.length }, () => "");
  return [...above, ...table, ...gap, ...events];
}

function tableLines(state: TuiState, area: Area): readonly string[] {
  const { cols, rows, theme } = area;
  if (rows <= 0) return [];
  const groups = groupsOf(state);
  const forwards = groups.flatMap((group) => group.forwards);
  if (forwards.length === 0) {
    const text = state.filter !== ""
      ? `no forward matches /${oneLine(state.filter)}`
      : state.tasks.some(({ end }) => end === null)
      ? "forwards start when this is done"
      : "no forward runs: the file names none, or they have not started yet";
    return [cut(text, { width: cols, ellipsis: theme.ellipsis })];
  }
  // Under a heading that names the cluster no row needs to.
  const columns = (cols >= WIDE_FROM ? WIDE_SCREEN_COLUMNS : SCREEN_COLUMNS)
    .filter((column) => column !== "CLUSTER" || state.problemsFirst);
  const arranged = arrangeForwards(forwards, {
    columns,
    theme,
    now: state.now,
    width: Math.max(1, cols - MARGIN),
    symbols: true,
  });
  const header = " ".repeat(MARGIN) + arranged.header;
  if (rows === 1) return window(state, { groups, forwards, arranged, area });
  return [header, ...window(state, { groups, forwards, arranged, area: { ...area, rows: rows - 1 } })];
}

interface Content {
  readonly groups: readonly Group[];
  readonly forwards: readonly ForwardStatus[];
  readonly arranged: ArrangedRows;
  readonly area: Area;
}

/** A line of the whole table: a heading, or one of the lines of a forward. */
type Line = { readonly heading: Group } | { readonly index: number; readonly part: number };

/** The part of the table that fits, with the cursor in it: in the middle as soon as there is more on both sides. */
function window(state: TuiState, { groups, forwards, arranged, area }: Content): readonly string[] {
  const { cols, rows, theme } = area;
  const all: Line[] = [];
  let index = 0;
  for (const group of groups) {
    if (group.cluster !== null) all.push({ heading: group });
    const end = index + group.forwards.length;
    for (; index < end; index++) {
      for (let part = 0; part < (arranged.heights[index] ?? 1); part++) all.push({ index, part });
    }
  }
  const name = selectedForward(state)?.name;
  const selected = forwards.findIndex((forward) => forward.name === name);
  const at = all.findIndex((line) => "index" in line && line.index === selected);
  const scrolls = all.length > rows && rows > 1;
  const room = scrolls ? rows - 1 : rows;
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), all.length - room));
  const shown = all.slice(from, from + room);
  const lines = shown.map((line) => {
    if ("heading" in line) return heading(line.heading, { state, area });
    const text = arranged.lines(line.index)[line.part] ?? "";
    const cursor = line.index === selected && line.part === 0 ? theme.cursor : " ";
    return `${theme.paint("strong", cursor)} ${text}`;
  });
  if (!scrolls) return lines;
  const first = shown.find((line) => "index" in line);
  const last = shown.findLast((line) => "index" in line);
  const range = first === undefined || last === undefined
    ? ""
    : `${first.index + 1}-${last.index + 1} of ${forwards.length}`;
  return [...lines, theme.paint("dim", cut(`${theme.ellipsis} ${range}`, { width: cols, ellipsis: theme.ellipsis }))];
}

function heading(
  { cluster, forwards }: Group,
  { state, area: { cols, theme } }: { readonly state: TuiState; readonly area: Area },
): string {
  const active = forwards.filter(({ status }) => status === "Active").length;
  const found = state.document?.clusters.find(({ name }) => name === cluster);
  const how = found?.reachable === false ? "not reachable" : found?.version ?? "";
  const parts = [cluster ?? "", how, `${active} of ${forwards.length} active`].map(oneLine).filter((part) =>
    part !== ""
  );
  return theme.paint("strong", cut(parts.join("  "), { width: cols, ellipsis: theme.ellipsis }));
}
