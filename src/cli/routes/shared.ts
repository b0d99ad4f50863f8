import { parseDuration } from "../../config/durations.ts";
import type { WorkspaceNames } from "../../config/name_scan.ts";
import type { ColorChoice } from "../../view/theme.ts";
import type { CliContext } from "../context.ts";
import type { ClustersEnd } from "../remove_clusters.ts";

/** Words of a command line that name forwards. */
export type Names = readonly string[];

/** `-f FILE`. */
export const file = {
  kind: "parsed",
  parse: String,
  optional: true,
  brief: "The file; else the nearest forwards.yaml upward",
  placeholder: "FILE",
} as const;

/** `--profile NAME[,NAME]`. */
export const profile = {
  kind: "parsed",
  parse: String,
  optional: true,
  variadic: ",",
  brief: "Only the forwards of these profiles",
  placeholder: "NAME[,NAME]",
  proposeCompletions: async function (this: CliContext, partial: string): Promise<readonly string[]> {
    const [, before = "", begun = ""] = /^(.*,)?([^,]*)$/.exec(partial) ?? [];
    return (await namesOf("profiles").call(this, begun)).map((name) => `${before}${name}`);
  },
} as const;

const COLORS: readonly ColorChoice[] = ["auto", "always", "never"];

/** `--color`. */
export const color = { kind: "enum", values: COLORS, default: "auto", brief: "Whether to colour" } as const;

const TEXT_OR_JSON: readonly ("text" | "json")[] = ["text", "json"];

/** `-o text|json`. */
export const textOrJson = { kind: "enum", values: TEXT_OR_JSON, default: "text", brief: "What to print" } as const;

/** The values of `--clusters`. */
export const STOP_OR_DELETE: readonly ClustersEnd[] = ["stop", "delete"];

interface WordsParameter {
  readonly kind: "array";
  readonly parameter: {
    readonly brief: string;
    readonly parse: (text: string) => string;
    readonly placeholder: string;
    readonly proposeCompletions: (this: CliContext, partial: string) => Promise<readonly string[]>;
  };
}

/** Any number of names of forwards; completion offers `also` before them. */
export function names(brief: string, also: readonly string[] = []): WordsParameter {
  return {
    kind: "array",
    parameter: {
      brief,
      parse: String,
      placeholder: "NAME",
      proposeCompletions: async function (partial) {
        const found = await namesOf("forwards").call(this, partial);
        return [...also.filter((word) => word.startsWith(partial)), ...found];
      },
    },
  };
}

/** The names of a workspace that begin with what is typed, for completion. */
export function namesOf(
  what: keyof WorkspaceNames,
): (this: CliContext, partial: string) => Promise<readonly string[]> {
  return async function (partial) {
    return (await this.services.names())[what].filter((name) => name.startsWith(partial));
  };
}

interface OffFlag {
  readonly kind: "boolean";
  readonly optional: true;
  readonly withNegated: false;
  readonly brief: string;
}

/** A flag that is off unless it is given. */
export function off(brief: string): OffFlag {
  return { kind: "boolean", optional: true, withNegated: false, brief };
}

interface TextFlag {
  readonly kind: "parsed";
  readonly parse: (text: string) => string;
  readonly optional: true;
  readonly brief: string;
  readonly placeholder: string;
}

/** A flag with a value that is taken as it is, and may be left out. */
export function word(placeholder: string, brief: string): TextFlag {
  return { kind: "parsed", parse: String, optional: true, brief, placeholder };
}

/** A port to serve on, 0 for any that is free. Throws the words for whoever typed something else. */
export function parsePort(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 65535) throw new SyntaxError(`'${text}' is not a port: 0 to 65535`);
  return value;
}

/** What reads a word that is one of these. It throws the words for whoever typed something else. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const found = words.find((one) => one === text);
    if (found === undefined) throw new Error(`'${text}' is none of ${words.join(", ")}`);
    return found;
  };
}

/** A help page's text: sentences, then examples lined up. */
export function page(lines: readonly string[], examples: readonly (readonly [string, string])[]): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  return [...lines, "", "EXAMPLES", ...examples.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`)].join(
    "\n",
  );
}

/** A duration such as `30s` or `1m30s`, in milliseconds. Throws in words for the person. */
export function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new Error(`'${text}' is no duration: say 30s, 5m or 1h30m`);
  return ms;
}

/** `-q` of the verbs that say what they did. */
export const quiet = off("Say nothing but errors");
