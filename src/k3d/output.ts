import type { K3dProcess, K3dVersion } from "../model/k3d.ts";

/** Without colours and other control sequences, which k3d writes even into a pipe. */
export function plain(text: string): string {
  // deno-lint-ignore no-control-regex -- these characters are what is taken out
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");
}

/** One line of k3d's log, told apart from its data. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error" | "fatal";
  readonly message: string;
}

/** Reads a line of k3d's log in any of its three forms; null for anything else. */
export function parseLogLine(line: string): LogLine | null {
  const text = plain(line).trim();
  const short = /^(DEBU|INFO|WARN|ERRO|FATA|TRAC)\[[^\]]*\]\s*(.*)$/.exec(text);
  if (short !== null) return { level: levels[short[1] ?? ""] ?? "info", message: (short[2] ?? "").trim() };
  const long = /^time="[^"]*" level=(\w+) msg=("(?:[^"\\]|\\.)*"|\S+)/.exec(text);
  if (long === null) return null;
  return { level: levels[(long[1] ?? "").slice(0, 4).toUpperCase()] ?? "info", message: unquote(long[2] ?? "") };
}

const levels: Readonly<Record<string, LogLine["level"]>> = {
  TRAC: "debug",
  DEBU: "debug",
  INFO: "info",
  WARN: "warn",
  ERRO: "error",
  FATA: "fatal",
};

/** The JSON in output that log lines may stand around; undefined when there is none. `null` is JSON. */
export function jsonIn(stdout: string): unknown {
  const lines = plain(stdout).split("\n").filter((line) => line.trim() !== "" && parseLogLine(line) === null);
  return parseJson(lines.join("\n"));
}

/** One JSON value a line, as `docker … --format json` writes them; a whole array is taken, too. Other lines are left out. */
export function jsonLinesIn(stdout: string): readonly unknown[] {
  return plain(stdout).split("\n").flatMap((line) => {
    const value = line.trim() === "" ? undefined : parseJson(line);
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  });
}

/** The version in the output of `k3d version`, as JSON or text; null when there is none. */
export function parseVersion(stdout: string): K3dVersion | null {
  const value = jsonIn(stdout);
  const said = isRecord(value) && typeof value["k3d"] === "string"
    ? value["k3d"]
    : /k3d version (\S+)/.exec(plain(stdout))?.[1];
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(said ?? "");
  if (match === null) return null;
  const [major = 0, minor = 0] = match.slice(1).map(Number);
  // Source: k3d's own release notes; a pre-release of 5.9.0 counts as it.
  return { text: (said ?? "").replace(/^v/, ""), canDeletePorts: major > 5 || (major === 5 && minor >= 9) };
}

/** The oldest k3d that is driven: `cluster edit --port-add` came with 5.0. */
export function isTooOld(version: K3dVersion): boolean {
  return Number(version.text.split(".")[0]) < 5;
}

/** The k3d commands among the lines of `ps`, with nothing kept of their arguments but verb and cluster. */
export function parseProcesses(stdout: string): readonly K3dProcess[] {
  return stdout.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line);
    if (match === null) return [];
    const words = (match[2] ?? "").split(/\s+/);
    // The program, or a script that an interpreter runs; not one that is only told of.
    const found = words.slice(0, 3).findIndex((word) => word === "k3d" || word.endsWith("/k3d"));
    const at = words.slice(0, Math.max(0, found)).every((word) => /(^|\/)(python[\d.]*|sh|bash|sudo|env)$/.test(word))
      ? found
      : -1;
    const [group = "", action = "", ...rest] = at < 0 ? [] : words.slice(at + 1);
    if (!/^(cluster|node)$/.test(group) || !/^(create|edit|update|start|stop|delete|del|rm)$/.test(action)) return [];
    const cluster = group === "node" ? valueOf("--cluster", rest) : firstPlain(rest);
    return cluster === undefined ? [] : [{ pid: Number(match[1]), verb: `${group} ${action}`, cluster }];
  });
}

/** Whether a value is an object with string keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The name comes first in the commands that we give; in others it may follow flags, whose values cannot be told from it. */
function firstPlain(words: readonly string[]): string | undefined {
  return words.find((word, at) => !word.startsWith("-") && (at === 0 || !(words[at - 1] ?? "").startsWith("-")));
}

function valueOf(flag: string, words: readonly string[]): string | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1) : words[at + 1];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unquote(text: string): string {
  const value = text.startsWith('"') ? parseJson(text) : undefined;
  return typeof value === "string" ? value : text;
}
