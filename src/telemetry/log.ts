import { configureSync, getLogger, type LogRecord, resetSync } from "@logtape/logtape";
import type { Json } from "../model/json.ts";
import type { Clock, Log } from "../model/world.ts";
import { redactText, redactValue } from "./redact.ts";

/** From the most to the least talkative. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** How a line of the log looks. */
export type LogFormat = "text" | "json";

/** Where the log goes and what is in it. */
export interface LogOptions {
  /** Takes one line, without its line end. */
  readonly sink: (line: string) => void;
  readonly format: LogFormat;
  /** The lowest level that is written. */
  readonly level: LogLevel;
  readonly clock: Pick<Clock, "now">;
}

/** The log of this process. */
export interface LogSystem {
  /** The log of one room: its name stands in every line. */
  room(name: string): Log;
  /** Ends it: what is logged afterwards goes nowhere. */
  close(): void;
}

/** Our name in the library's tree of loggers, which is one per process. */
const ROOT = "berth";

/** Starts the log of this process; the one that was there before ends. Everything that looks like a secret is left out, in messages and in fields. */
export function startLog({ sink, format, level, clock }: LogOptions): LogSystem {
  const render = format === "json" ? renderJson : renderText;
  configureSync({
    reset: true,
    sinks: { out: (record) => sink(render(lineOf(record, clock.now()))) },
    loggers: [
      { category: ROOT, sinks: ["out"], lowestLevel: level === "warn" ? "warning" : level },
      // The library's own log: it would say on the console that it was configured.
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "error" },
    ],
  });
  return {
    room: (name) => {
      const logger = getLogger([ROOT, name]);
      return {
        debug: (message, fields) => logger.debug(escapeBraces(message), fields ?? {}),
        info: (message, fields) => logger.info(escapeBraces(message), fields ?? {}),
        warn: (message, fields) => logger.warn(escapeBraces(message), fields ?? {}),
        error: (message, fields) => logger.error(escapeBraces(message), fields ?? {}),
      };
    },
    close: () => resetSync(),
  };
}

interface Line {
  readonly time: string;
  readonly level: LogLevel;
  readonly room: string;
  readonly message: string;
  readonly fields: { readonly [name: string]: Json };
}

function lineOf({ level, category, message, properties }: LogRecord, now: number): Line {
  const fields: Record<string, Json> = {};
  const shown = redactValue(properties);
  if (typeof shown === "object" && shown !== null && !Array.isArray(shown)) Object.assign(fields, shown);
  return {
    time: new Date(now).toISOString(),
    level: levelName(level),
    room: category.slice(1).join("."),
    message: redactText(message.join("")),
    fields,
  };
}

function levelName(level: LogRecord["level"]): LogLevel {
  switch (level) {
    case "trace":
    case "debug":
      return "debug";
    case "info":
      return "info";
    case "warning":
      return "warn";
    case "error":
    case "fatal":
      return "error";
    default:
      return level satisfies never;
  }
}

/** One object a line; a field never takes the place of what every line has. */
function renderJson({ fields, ...line }: Line): string {
  return JSON.stringify({ ...fields, ...line });
}

function renderText({ time, level, room, message, fields }: Line): string {
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${renderField(value)}`);
  return `${time} ${level.padEnd(5)} ${room}: ${printable(message)}${pairs.join("")}`;
}

function renderField(value: Json): string {
  if (typeof value === "string" && /^[\w.:/@+-]+$/.test(value)) return value;
  return printable(JSON.stringify(value));
}

/** One line, and nothing in it that moves a terminal's cursor. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- these are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (it) => `\\x${it.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** The library fills `{name}` in from the fields; our messages are constant. */
function escapeBraces(message: string): string {
  return message.replace(/[{}]/g, "$&$&");
}
