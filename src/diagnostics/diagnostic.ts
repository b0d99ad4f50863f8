import type { ReportedDiagnostic } from "../model/status_document.ts";
import type { Code } from "./catalogue.ts";

/** One problem, as data: what, where, why, what to do. Its code is one of today's catalogue. Rendered by `render.ts` alone. */
export interface Diagnostic extends ReportedDiagnostic {
  readonly code: Code;
}
