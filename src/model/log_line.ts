import type { Json } from "./json.ts";

/** From the most to the least talkative. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One line of the log. */
export interface LogLine {
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly level: LogLevel;
  /** The room that wrote it. */
  readonly room: string;
  readonly message: string;
  readonly fields: { readonly [name: string]: Json };
}

/** One JSON object, no line end; a field never takes the place of what every line has. */
export function logLineJson({ fields, ...line }: LogLine): string {
  return JSON.stringify({ ...fields, ...line });
}

/** A line as a person reads it, no line end: nothing in it moves a terminal's cursor. */
export function logLineText({ time, level, room, message, fields }: LogLine): string {
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${fieldText(value)}`);
  return `${time} ${level.padEnd(5)} ${room}: ${printable(message)}${pairs.join("")}`;
}

/** Reads what `logLineJson` wrote; undefined where it is something else, as a line that was cut off. */
export function parseLogLine(text: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { time, level, room, message, ...fields } = value as { readonly [name: string]: Json };
    if (typeof time !== "string" || typeof room !== "string" || typeof message !== "string") return undefined;
    const known = LEVELS.find((one) => one === level);
    return known === undefined ? undefined : { time, level: known, room, message, fields };
  } catch {
    return undefined;
  }
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

function fieldText(value: Json): string {
  if (typeof value === "string" && /^[\w.:/@+-]+$/.test(value)) return value;
  return printable(JSON.stringify(value));
}

function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- these are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (it) => `\\x${it.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
