import type { Where } from "../model/source.ts";
import type { Code } from "./catalogue.ts";

/** One problem, as data: what, where, why, what to do. Rendered by `render.ts` alone. */
export interface Diagnostic {
  readonly code: Code;
  readonly severity: "error" | "warning";
  /** What is wrong, in one line. */
  readonly message: string;
  /** The exact token, or null where there is no file to point at. */
  readonly where: Where | null;
  /** Said under the caret, after the token: `also used by forward web`. */
  readonly label?: string;
  /** Other places or facts, each a line. */
  readonly notes?: readonly { readonly message: string; readonly where?: Where }[];
  /** What to do about it. */
  readonly help?: string;
}
