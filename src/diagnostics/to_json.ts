import type { Json } from "../model/json.ts";
import type { Where } from "../model/source.ts";
import type { ReportedDiagnostic } from "../model/status_document.ts";

/** A diagnostic as tools read it: every field is always there. Part of the JSON contract (`diagnostics` of `status -o json`). */
export function diagnosticToJson(diagnostic: ReportedDiagnostic): { readonly [name: string]: Json } {
  return {
    code: diagnostic.code,
    severity: diagnostic.severity,
    message: diagnostic.message,
    where: place(diagnostic.where),
    label: diagnostic.label ?? null,
    notes: (diagnostic.notes ?? []).map((note) => ({ message: note.message, where: place(note.where ?? null) })),
    help: diagnostic.help ?? null,
  };
}

function place(where: Where | null): Json {
  return where === null ? null : { file: where.file, line: where.line, column: where.column, length: where.length };
}
