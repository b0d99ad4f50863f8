import type { Event } from "../model/status.ts";
import { cut, displayWidth, oneLine } from "./text.ts";
import type { Style, Theme } from "./theme.ts";
import { span } from "./time_text.ts";

/** One step of something that takes long. Times in milliseconds since 1970. */
export interface Step {
  readonly text: string;
  readonly begun: number;
}

/** Something that takes long, as its `progress` events told of it. */
export interface Task {
  readonly key: string;
  readonly title: string;
  readonly begun: number;
  /** What it said on its way, the newest last. */
  readonly steps: readonly Step[];
  readonly end: { readonly at: number; readonly good: boolean; readonly text: string } | null;
}

/** How many steps of a task are kept. */
const MAX_STEPS = 50;
/** What has ended well is shown for this long, in milliseconds; what failed, until it is tried again. */
const SHOWN_AFTER = 10_000;
/** How many steps of one task are shown while it goes on. */
const SHOWN_STEPS = 4;

/**
 * The tasks after an event: a `progress` event begins the task of its key or adds a step to it; one with the status
 * `done` or `failed` ends it. Other events change nothing.
 */
export function addToTasks(tasks: readonly Task[], { type, key, status, message, time }: Event): readonly Task[] {
  if (type !== "progress" || key === null) return tasks;
  const at = Date.parse(time);
  if (Number.isNaN(at)) return tasks;
  const text = oneLine(message);
  const open = tasks.findLast((task) => task.key === key && task.end === null);
  if (status === "done" || status === "failed") {
    if (open === undefined) return tasks;
    const ended: Task = { ...open, end: { at, good: status === "done", text } };
    return tasks.map((task) => task === open ? ended : task);
  }
  if (open === undefined) {
    return [...tasks.filter((task) => task.key !== key), { key, title: text, begun: at, steps: [], end: null }];
  }
  const steps = [...open.steps, { text, begun: at }].slice(-MAX_STEPS);
  return tasks.map((task) => task === open ? { ...open, steps } : task);
}

/** The tasks that are worth a place on the screen at `now`. */
export function shownTasks(tasks: readonly Task[], now: number): readonly Task[] {
  return tasks.filter(({ end }) => end === null || !end.good || now - end.at < SHOWN_AFTER);
}

/**
 * Tasks as a checklist with times on the right, at most `max` lines of `width` columns. What goes on shows its last steps as far as there is
 * room.
 */
export function taskLines(
  tasks: readonly Task[],
  { theme, now, width, max }: {
    readonly theme: Theme;
    readonly now: number;
    readonly width: number;
    readonly max: number;
  },
): readonly string[] {
  const shown = shownTasks(tasks, now);
  if (shown.length === 0 || max <= 0) return [];
  let room = max - shown.length;
  const lines = shown.flatMap((task) => {
    const { key, title, begun, steps, end } = task;
    const mark = end === null ? theme.state.Reconnecting : end.good ? theme.state.Active : theme.state.Failed;
    const style: Style = end === null ? "change" : end.good ? "good" : "bad";
    const text = `${mark} ${key}  ${end === null || end.good ? title : end.text}`;
    const head = timed(text, span((end?.at ?? now) - begun), { theme, width, style });
    const last = end === null ? steps.slice(-Math.min(SHOWN_STEPS, Math.max(0, room))) : [];
    room -= last.length;
    return [
      head,
      ...last.map((step, index) => {
        const next = last[index + 1];
        const running = next === undefined;
        const stepMark = running ? theme.state.Reconnecting : theme.state.Active;
        return timed(`  ${stepMark} ${step.text}`, span((next?.begun ?? now) - step.begun), {
          theme,
          width,
          style: running ? "plain" : "dim",
        });
      }),
    ];
  });
  return lines.slice(0, max);
}

/** `text` with `time` at the right edge. */
function timed(
  text: string,
  time: string,
  { theme, width, style }: { readonly theme: Theme; readonly width: number; readonly style: Style },
): string {
  const room = width - displayWidth(time) - 1;
  if (room < 8) return theme.paint(style, cut(text, { width, ellipsis: theme.ellipsis }));
  const shown = cut(text, { width: room, ellipsis: theme.ellipsis });
  const gap = " ".repeat(Math.max(1, width - displayWidth(shown) - displayWidth(time)));
  return theme.paint(style, shown) + gap + theme.paint("dim", time);
}
