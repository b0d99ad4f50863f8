import type { Op } from "../model/plan.ts";
import type { ForwardState } from "../model/status.ts";

/** What a piece of text is, not which colour it has. */
export type Style = "good" | "bad" | "warn" | "change" | "dim" | "strong" | "plain";

/** What `--color` says. */
export type ColorChoice = "auto" | "always" | "never";

/** How text is dressed. State is always in the words or the symbol too, never in the colour alone. */
export interface Theme {
  readonly color: boolean;
  readonly ascii: boolean;
  paint(style: Style, text: string): string;
  readonly arrow: string;
  readonly ellipsis: string;
  /** Begins a line that belongs to the one above. */
  readonly elbow: string;
  /** Marks the line that keys act on. */
  readonly cursor: string;
  /** Eight heights of a bar, the lowest first. */
  readonly bars: string;
  readonly op: Readonly<Record<Op, string>>;
  readonly state: Readonly<Record<ForwardState, string>>;
}

/** Reads one variable of the environment; undefined when it is not set. */
export type Env = (name: string) => string | undefined;

const CODES: Readonly<Record<Style, readonly [string, string]>> = {
  good: ["\u001b[32m", "\u001b[39m"],
  bad: ["\u001b[31m", "\u001b[39m"],
  warn: ["\u001b[33m", "\u001b[39m"],
  change: ["\u001b[36m", "\u001b[39m"],
  dim: ["\u001b[2m", "\u001b[22m"],
  strong: ["\u001b[1m", "\u001b[22m"],
  plain: ["", ""],
};

const UNICODE = {
  arrow: "→",
  ellipsis: "…",
  elbow: "└",
  cursor: "▸",
  bars: "▁▂▃▄▅▆▇█",
  op: { create: "+", change: "~", delete: "-", replace: "±", blocked: "!" },
  state: { Starting: "○", Active: "●", Reconnecting: "◐", Failed: "✗", Stopped: "■" },
} as const;

const ASCII = {
  arrow: "->",
  ellipsis: "...",
  elbow: "\\",
  cursor: ">",
  bars: "_.-~=+*#",
  op: { create: "+", change: "~", delete: "-", replace: "-+", blocked: "!" },
  state: { Starting: ".", Active: "*", Reconnecting: "~", Failed: "x", Stopped: "-" },
} as const;

/** The theme with or without colour, in Unicode or in ASCII. */
export function makeTheme({ color, ascii }: { readonly color: boolean; readonly ascii: boolean }): Theme {
  const paint = (style: Style, text: string): string => {
    if (!color || text === "" || style === "plain") return text;
    const [on, off] = CODES[style];
    return `${on}${text}${off}`;
  };
  return { color, ascii, paint, ...(ascii ? ASCII : UNICODE) };
}

/**
 * Whether to colour, the first that speaks: the flag, `NO_COLOR` (not empty, no-color.org), `FORCE_COLOR` and
 * `CLICOLOR_FORCE` (set and neither empty nor 0; `FORCE_COLOR=0` says no), `TERM=dumb`, and whether it is a terminal.
 */
export function decideColor(
  choice: ColorChoice,
  { env, isTerminal }: { readonly env: Env; readonly isTerminal: boolean },
): boolean {
  if (choice !== "auto") return choice === "always";
  if ((env("NO_COLOR") ?? "") !== "") return false;
  const forced = env("FORCE_COLOR") ?? "";
  if (forced !== "") return forced !== "0" && forced !== "false";
  const cliForced = env("CLICOLOR_FORCE") ?? "";
  if (cliForced !== "" && cliForced !== "0") return true;
  return isTerminal && env("TERM") !== "dumb";
}

/**
 * Whether to keep to ASCII: a dumb terminal, the Linux console (its font lacks the symbols), or a locale that names
 * another character set than UTF-8 (POSIX order: LC_ALL, LC_CTYPE, LANG). No locale at all is taken for UTF-8.
 */
export function decideAscii(env: Env): boolean {
  const term = env("TERM");
  if (term === "dumb" || term === "linux") return true;
  const locale = [env("LC_ALL"), env("LC_CTYPE"), env("LANG")].find((value) => value !== undefined && value !== "");
  if (locale === undefined) return false;
  if (/utf-?8/i.test(locale)) return false;
  // A bare C or POSIX is what containers and CI set while their terminals do UTF-8.
  return locale !== "C" && locale !== "POSIX";
}
