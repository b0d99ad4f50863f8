import type { Diagnostic } from "./diagnostic.ts";

/** Sorted by file, place, severity (errors first) and code; exact repetitions are left out. Those without a place come first. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((diagnostic) => {
    const { file, line, column } = diagnostic.where ?? { file: "", line: 0, column: 0 };
    const identity = JSON.stringify([diagnostic.code, diagnostic.message, file, line, column]);
    return !seen.has(identity) && seen.add(identity);
  }).sort(compare);
}

/** Whether any of them is an error: then there is no workspace. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

/** `3 errors, 1 warning`; `no problems` when there are none. */
export function summaryLine(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Diagnostic["severity"]) => {
    const of = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    return of === 0 ? [] : [`${of} ${severity}${of === 1 ? "" : "s"}`];
  };
  return [...count("error"), ...count("warning")].join(", ") || "no problems";
}

function compare(a: Diagnostic, b: Diagnostic): number {
  const [left, right] = [a.where, b.where];
  if (left === null || right === null) {
    return (left === null ? 0 : 1) - (right === null ? 0 : 1) || byText(a.code, b.code);
  }
  return byText(left.file, right.file) || left.line - right.line || left.column - right.column ||
    (a.severity === b.severity ? byText(a.code, b.code) : a.severity === "error" ? -1 : 1);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
