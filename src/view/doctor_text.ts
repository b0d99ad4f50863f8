import type { Json } from "../model/json.ts";
import type { Finding, FindingLevel } from "../model/doctor.ts";
import { oneLine, padEnd, wrap } from "./text.ts";
import type { Style, Theme } from "./theme.ts";

const STYLES: Readonly<Record<FindingLevel, Style>> = { ok: "good", note: "dim", warn: "warn", broken: "bad" };

/** What `doctor` found, a line each with what to do below, and a last line that sums it up. `width`: null for no limit. */
export function doctorText(
  findings: readonly Finding[],
  { theme, width }: { readonly theme: Theme; readonly width: number | null },
): string {
  const words: Readonly<Record<FindingLevel, string>> = { ok: "ok", note: "note", warn: "warn", broken: "BROKEN" };
  const first = Math.max(...Object.values(words).map((word) => word.length));
  const second = Math.max(0, ...findings.map(({ subject }) => oneLine(subject).length));
  const indent = first + second + 4;
  const lines = findings.flatMap(({ level, subject, message, help }) => [
    `${theme.paint(STYLES[level], padEnd(words[level], first))}  ${padEnd(oneLine(subject), second)}  ${
      oneLine(message)
    }`,
    ...(help === undefined ? [] : wrap(oneLine(help), width === null ? 100 : Math.max(30, width - indent - 2)).map(
      (line, index) => `${" ".repeat(indent)}${index === 0 ? `${theme.elbow} ` : "  "}${theme.paint("dim", line)}`,
    )),
  ]);
  return `${lines.join("\n")}\n\n${summary(findings)}\n`;
}

/** The same for tools: a contract. */
export function doctorJson(findings: readonly Finding[]): Json {
  return {
    formatVersion: 1,
    ok: !findings.some(({ level }) => level === "broken"),
    findings: findings.map(({ check, level, subject, message, help }) => ({
      check,
      level,
      subject,
      message,
      help: help ?? null,
    })),
  };
}

function summary(findings: readonly Finding[]): string {
  const of = (level: FindingLevel) => findings.filter((finding) => finding.level === level).length;
  const [broken, warn] = [of("broken"), of("warn")];
  if (broken === 0 && warn === 0) return "All that is needed is there.";
  const parts = [
    ...(broken > 0 ? [`${broken} broken`] : []),
    ...(warn > 0 ? [`${warn} ${warn === 1 ? "warning" : "warnings"}`] : []),
  ];
  return `${parts.join(", ")}.`;
}
