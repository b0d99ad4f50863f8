import { z } from "zod";
import type { Json } from "../model/json.ts";
import { canonicalAddress } from "./addresses.ts";
import { type Check, holds } from "./checks.ts";
import { DURATION_PATTERN, parseDuration } from "./durations.ts";
import { PORT_NAME_PATTERN } from "./names.ts";
import { quoted, type Rule, ruled } from "./rules.ts";

const PORT_MIN = 1;
const PORT_MAX = 65535;

function outOfRange(value: Json): ReturnType<Rule> {
  return typeof value === "number"
    ? { code: "PF0020", message: `Port ${value} is out of range`, help: "a port is a whole number from 1 to 65535" }
    : undefined;
}

function quotedNumber(value: Json, code: "PF0021" | "PF0022"): ReturnType<Rule> {
  return typeof value === "string" && /^\d+$/.test(value)
    ? { code, message: `Port ${quoted(value)} is text, not a number`, help: `write ${Number(value)} without quotes` }
    : undefined;
}

/** What is wrong with the ends of a range; undefined when it has none. */
function rangeEnds(value: Json, code: "PF0021" | "PF0048"): ReturnType<Rule> {
  const [, first, last] = /^(\d{1,9})-(\d{1,9})$/.exec(typeof value === "string" ? value : "") ?? [];
  if (first === undefined || last === undefined) return undefined;
  const bad = [first, last].find((end) => Number(end) < PORT_MIN || Number(end) > PORT_MAX);
  if (bad !== undefined) return outOfRange(Number(bad));
  return {
    code,
    message: `Port range ${quoted(value)} ends before it begins`,
    help: `write ${Number(last)}-${Number(first)}`,
  };
}

/** A text with a check, which the schema's table keeps as data. */
function checked(schema: z.ZodString, check: Check): z.ZodString {
  return schema.refine((text) => holds(text, check)).meta({ check });
}

function portNumber(): z.ZodType<number> {
  return z.int().min(PORT_MIN).max(PORT_MAX);
}

/** The port of a target: its number or name. */
export function targetPort(description: string): z.ZodType<number | string> {
  const schema = z.union([portNumber(), z.string().regex(new RegExp(PORT_NAME_PATTERN))]).meta({
    description,
    examples: [80, "metrics"],
  });
  return ruled(schema, (value) =>
    outOfRange(value) ?? quotedNumber(value, "PF0022") ??
      (typeof value === "string" && value !== ""
        ? {
          code: "PF0022",
          message: `Port name ${quoted(value)} is not a valid name`,
          help: "a port's name has up to 15 small letters, digits and single dashes, and at least one letter",
        }
        : undefined));
}

/** A local port: a number, a range, or `auto`. */
export function localPort(description: string): z.ZodType<number | string> {
  const range = checked(z.string().regex(/^\d{1,5}-\d{1,5}$/), { is: "port range" });
  const schema = z.union([portNumber(), z.literal("auto"), range]).meta({
    description,
    examples: [8080, "auto", "9100-9110"],
  });
  return ruled(schema, (value) => {
    const found = outOfRange(value) ?? quotedNumber(value, "PF0021");
    if (found !== undefined || typeof value !== "string" || value === "") return found;
    return rangeEnds(value, "PF0021") ?? {
      code: "PF0021",
      message: `Local port ${quoted(value)} is neither a number, a range nor 'auto'`,
      help: "write 8080, 9100-9110 or auto",
    };
  });
}

/** A port by its number. */
export function portNumberOf(description: string): z.ZodType<number> {
  return ruled(portNumber().meta({ description }), outOfRange);
}

/** Whether something is served at all, and on which port. */
export function switchOrPort(description: string): z.ZodType<number | boolean> {
  return ruled(z.union([z.boolean(), portNumber()]).meta({ description, examples: [true, 9400] }), outOfRange);
}

/** A range of ports, `9000-9099`; a single port is its number. */
export function portRange(description: string, example: string): z.ZodType<number | string> {
  const range = checked(z.string().regex(/^\d{1,5}-\d{1,5}$/), { is: "port range" });
  const schema = z.union([portNumber(), range]).meta({ description, examples: [example] });
  return ruled(schema, (value) => {
    const found = outOfRange(value) ?? rangeEnds(value, "PF0048");
    if (found !== undefined || typeof value !== "string" || value === "") return found;
    return { code: "PF0048", message: `${quoted(value)} is not a range of ports`, help: `write ${example}` };
  });
}

/** `[HOST:]PORT` of the Kubernetes API. */
export function apiPort(description: string): z.ZodType<number | string> {
  const form = z.string().regex(/^(?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):)?\d{1,5}$/);
  const text = checked(form, { is: "API port" });
  return ruled(
    z.union([portNumber(), text]).meta({ description, examples: ["127.0.0.1:6550", 6550] }),
    (value) =>
      outOfRange(value) ??
        (typeof value === "string" && value !== ""
          ? { code: "PF0050", message: `${quoted(value)} is not an API port`, help: "write 6550 or 127.0.0.1:6550" }
          : undefined),
  );
}

/** A duration; `least` is the smallest that is allowed, in milliseconds. */
export function duration(description: string, least: number): z.ZodType<string> {
  const schema = checked(z.string().regex(new RegExp(DURATION_PATTERN)), { is: "duration", least })
    .meta({ description, examples: ["300ms", "5s", "1m30s"] });
  return ruled(schema, (value) => {
    if (typeof value === "number") {
      const help = value > 0
        ? `write ${value}s for seconds, or ${value}ms for milliseconds`
        : "write a number with a unit: 5s";
      return { code: "PF0023", message: `Duration ${value} has no unit`, help };
    }
    if (typeof value !== "string" || value === "") return undefined;
    const help = "write whole numbers with units, the largest first: 300ms, 5s, 1m30s, up to 24h";
    if (new RegExp(DURATION_PATTERN).test(value)) {
      const message = parseDuration(value) === undefined ? "is longer than 24 hours" : "is too short";
      return { code: "PF0023", message: `Duration ${quoted(value)} ${message}`, help };
    }
    return { code: "PF0023", message: `${quoted(value)} is not a duration`, help };
  });
}

/** A whole number between two, both included. */
export function wholeNumber(
  description: string,
  range: { readonly min: number; readonly max: number },
): z.ZodType<number> {
  return ruled(z.int().min(range.min).max(range.max).meta({ description }), (value) =>
    typeof value === "number"
      ? {
        code: "PF0024",
        message: `${value} is out of range`,
        help: `write a whole number from ${range.min} to ${range.max}`,
      }
      : undefined);
}

/** One IP address to listen on. */
export function address(description: string): z.ZodType<string> {
  const schema = checked(z.string(), { is: "address" }).meta({ description });
  return ruled(schema, (value) => {
    if (typeof value !== "string" || value === "") return undefined;
    const bare = /^\[(.*)\]$/.exec(value)?.[1];
    return {
      code: "PF0025",
      message: `${quoted(value)} is not an IP address`,
      help: bare !== undefined && canonicalAddress(bare) !== undefined
        ? `write "${bare}" without brackets`
        : value === "localhost"
        ? 'write [127.0.0.1, "::1"], which is the default'
        : 'write an address of this machine, such as 127.0.0.1 or "::1"',
    };
  });
}

/** Text that is not empty. Whether it means something is checked where it is used. */
export function text(
  description: string,
  more: { readonly pattern?: string; readonly examples?: readonly string[] } = {},
): z.ZodType<string> {
  return z.string().min(1).meta({ description, ...more });
}

/** One of a few words; words that are still to come are known to `LATER_VALUES`. */
export function word<const W extends readonly [string, ...string[]]>(
  words: W,
  description: string,
): z.ZodType<W[number]> {
  return z.enum(words).meta({ description });
}
