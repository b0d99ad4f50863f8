import { configureSync, getLogger, type LogRecord, resetSync } from "@logtape/logtape";
import type { Json } from "../model/json.ts";
import { type LogLevel, type LogLine, logLineJson, logLineText } from "../model/log_line.ts";
import type { Clock, Log } from "../model/world.ts";
import { redactText, redactValue } from "./redact.ts";

/** How a line of the log looks. */
export type LogFormat = "text" | "json";

/** One place that the log goes to. */
export interface LogOutput {
  /** Takes one line, without its line end, and how grave it is. */
  readonly sink: (line: string, level: LogLevel) => void;
  readonly format: LogFormat;
  /** The lowest level that is written. */
  readonly level: LogLevel;
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
export function startLog(outputs: readonly LogOutput[], clock: Pick<Clock, "now">): LogSystem {
  const named = outputs.map((output, at) => ({ ...output, name: `out${at}` }));
  configureSync({
    reset: true,
    sinks: Object.fromEntries(named.map(({ name, sink, format, level: lowest }) => {
      const render = format === "json" ? logLineJson : logLineText;
      const least = LEVELS.indexOf(lowest);
      return [name, (record: LogRecord) => {
        const level = levelName(record.level);
        if (LEVELS.indexOf(level) >= least) sink(render(lineOf(record, clock.now())), level);
      }];
    })),
    loggers: [
      { category: ROOT, sinks: named.map(({ name }) => name), lowestLevel: lowest(outputs) },
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

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** The library's name of the lowest level that anybody wants, so that what nobody wants costs nothing. */
function lowest(outputs: readonly LogOutput[]): "debug" | "info" | "warning" | "error" {
  const level = LEVELS.find((one) => outputs.some((output) => output.level === one)) ?? "error";
  return level === "warn" ? "warning" : level;
}

function lineOf({ level, category, message, properties }: LogRecord, now: number): LogLine {
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

/** The library fills `{name}` in from the fields; our messages are constant. */
function escapeBraces(message: string): string {
  return message.replace(/[{}]/g, "$&$&");
}
