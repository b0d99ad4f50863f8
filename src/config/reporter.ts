import type { Where } from "../model/source.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type Span, whereOf } from "./source_text.ts";

/** A diagnostic as the checks make it: its places are still spans of the text. */
export interface Problem {
  readonly code: Diagnostic["code"];
  readonly severity?: Diagnostic["severity"];
  readonly message: string;
  readonly at: Span | Where;
  readonly label?: string | undefined;
  readonly notes?: readonly { readonly message: string; readonly at: Span | Where }[];
  readonly help?: string | undefined;
}

/** Collects what is wrong with the files of a workspace. */
export class Reporter {
  readonly diagnostics: Diagnostic[] = [];

  report(problem: Problem): void {
    const { code, severity = "error", message, label, notes, help } = problem;
    this.diagnostics.push({
      code,
      severity,
      message,
      where: placeOf(problem.at),
      ...(label === undefined ? {} : { label }),
      ...(notes === undefined
        ? {}
        : { notes: notes.map((note) => ({ message: note.message, where: placeOf(note.at) })) }),
      ...(help === undefined ? {} : { help }),
    });
  }
}

function placeOf(at: Span | Where): Where {
  return "source" in at ? whereOf(at) : at;
}
