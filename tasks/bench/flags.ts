import { WAY_NAMES, type WayName } from "./ways.ts";

/** What a run does. */
export interface Flags {
  readonly rounds: number;
  readonly only: readonly WayName[];
  readonly quick: boolean;
  readonly json: string | null;
  readonly parts: readonly Part[];
}

/** The parts of the benchmark; all but `control`, `startup` and `faces` need the rig. */
export const PARTS = ["control", "startup", "faces", "traffic", "idle"] as const;

/** One part of the benchmark. */
export type Part = typeof PARTS[number];

/** The words of `--help`. */
export const USAGE = `Usage: deno task bench [--quick] [--rounds N] [--only WAY,…] [--part PART,…] [--json FILE]

  --quick       one short round: to see that it works, not to quote
  --rounds N    rounds that the medians are of (5)
  --only WAY,…  of ${WAY_NAMES.join(", ")}
  --part PART,… of ${PARTS.join(", ")}
  --json FILE   write all figures there, each round's as well`;

/** The flags of a command line, or what is wrong with it; null where help is asked for. */
export function readFlags(args: readonly string[]): Flags | string | null {
  let flags: Flags = { rounds: 5, only: WAY_NAMES, quick: false, json: null, parts: PARTS };
  let rounds: number | null = null;
  for (let at = 0; at < args.length; at++) {
    const [name, inline] = splitFlag(args[at] ?? "");
    if (name === "--help" || name === "-h") return null;
    if (name === "--quick") {
      flags = { ...flags, quick: true };
      continue;
    }
    const value = inline ?? args[++at];
    if (value === undefined) return `${name} needs a value`;
    switch (name) {
      case "--rounds":
        rounds = Number(value);
        if (!Number.isInteger(rounds) || rounds < 1) return `--rounds ${value} is not a whole number from 1`;
        break;
      case "--only": {
        const only = pick(value, WAY_NAMES);
        if (typeof only === "string") return `--only: ${only}`;
        flags = { ...flags, only };
        break;
      }
      case "--part": {
        const parts = pick(value, PARTS);
        if (typeof parts === "string") return `--part: ${parts}`;
        flags = { ...flags, parts };
        break;
      }
      case "--json":
        flags = { ...flags, json: value };
        break;
      default:
        return `${name} is not a flag of this command`;
    }
  }
  return { ...flags, rounds: rounds ?? (flags.quick ? 1 : flags.rounds) };
}

function splitFlag(text: string): readonly [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Those of `known` that a list names, in the order of `known`; or which name is not among them. */
function pick<T extends string>(list: string, known: readonly T[]): readonly T[] | string {
  const asked = list.split(",").filter((name) => name !== "");
  const stranger = asked.find((name) => !known.some((one) => one === name));
  if (stranger !== undefined) return `${stranger} is none of ${known.join(", ")}`;
  return known.filter((one) => asked.includes(one));
}
