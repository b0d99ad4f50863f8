import type { Where } from "../model/source.ts";
import type { StatusDocument } from "../model/status_document.ts";
import { reasonText } from "./info_text.ts";
import { basename, cut, oneLine, wrap } from "./text.ts";
import type { Style, Theme } from "./theme.ts";

/** One line about what is wrong beyond the forwards themselves. */
export interface ProblemLine {
  readonly style: Style;
  readonly text: string;
  /** What to do about it, where that is known. */
  readonly help?: string;
}

/** What is wrong with the file and with the clusters, a line each. The file comes first: it is what the reader can mend. */
export function problemLines(document: StatusDocument): readonly ProblemLine[] {
  const lines: ProblemLine[] = document.diagnostics.map(({ severity, code, message, where, help }) => ({
    style: severity === "error" ? "bad" : "warn",
    text: `${severity}[${code}]: ${oneLine(message)}${
      where === null ? "" : ` (${whereText(where, document.workspace)})`
    }`,
    ...(help === undefined ? {} : { help: oneLine(help) }),
  }));
  if (document.diagnostics.some(({ severity }) => severity === "error") && document.revision > 0) {
    lines.push({ style: "warn", text: "the file has errors: the last good version stays in force" });
  }
  for (const { name, reachable, reason, message } of document.clusters) {
    if (reachable !== false) continue;
    const why = message ?? (reason === null ? "it does not answer" : reasonText(reason));
    lines.push({ style: "bad", text: `cluster ${name}: ${oneLine(why)}` });
  }
  return lines;
}

/**
 * As at most `max` lines: in full and with what to do where that fits, then in full, else a line each, else the first ones and how many
 * more there are.
 */
export function problemBlock(
  document: StatusDocument,
  { max, cols, theme }: { readonly max: number; readonly cols: number; readonly theme: Theme },
): readonly string[] {
  const all = problemLines(document);
  const width = Math.max(1, cols - 2);
  const whole = ({ style, text }: ProblemLine): readonly string[] =>
    wrap(text, width).map((line, at) => theme.paint(style, at === 0 ? `${theme.op.blocked} ${line}` : `  ${line}`));
  const helped = all.flatMap((one) => [
    ...whole(one),
    ...(one.help === undefined ? [] : wrap(`help: ${one.help}`, width).map((line) => `  ${line}`)),
  ]);
  if (helped.length <= max) return helped;
  const full = all.flatMap(whole);
  if (full.length <= max) return full;
  const short = all.map(({ style, text }) =>
    theme.paint(style, `${theme.op.blocked} ${cut(text, { width, ellipsis: theme.ellipsis })}`)
  );
  if (short.length <= max) return short;
  const more = cut(`${theme.ellipsis} ${short.length - (max - 1)} more problems`, {
    width: cols,
    ellipsis: theme.ellipsis,
  });
  return [...short.slice(0, max - 1), theme.paint("bad", more)];
}

/** `forwards.yaml:14:15`: the workspace's own file by its name alone, others as they are. */
function whereText({ file, line, column }: Where, workspace: string): string {
  const shown = file === workspace ? basename(file) : file;
  return `${oneLine(shown)}:${line}:${column}`;
}
