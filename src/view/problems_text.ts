import type { Where } from "../model/source.ts";
import type { StatusDocument } from "../model/status_document.ts";
import { reasonText } from "./info_text.ts";
import { oneLine } from "./text.ts";
import type { Style } from "./theme.ts";

/** One line about what is wrong beyond the forwards themselves. */
export interface ProblemLine {
  readonly style: Style;
  readonly text: string;
}

/** What is wrong with the file and with the clusters, a line each. The file comes first: it is what the reader can mend. */
export function problemLines(document: StatusDocument): readonly ProblemLine[] {
  const lines: ProblemLine[] = document.diagnostics.map(({ severity, code, message, where }) => ({
    style: severity === "error" ? "bad" : "warn",
    text: `${severity}[${code}]: ${oneLine(message)}${
      where === null ? "" : ` (${whereText(where, document.workspace)})`
    }`,
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

/** `forwards.yaml:14:15`: the workspace's own file by its name alone, others as they are. */
function whereText({ file, line, column }: Where, workspace: string): string {
  const shown = file === workspace ? file.slice(file.lastIndexOf("/") + 1) : file;
  return `${oneLine(shown)}:${line}:${column}`;
}
