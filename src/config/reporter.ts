import type { Where } from "../model/source.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceText, Span } from "./source_text.ts";

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

/** Collects what is wrong with one file. */
export class Reporter {
  readonly source: SourceText;
  readonly diagnostics: Diagnostic[] = [];

  constructor(source: SourceText) {
    this.source = source;
  }

  report(problem: Problem): void {
    const { code, severity = "error", message, label, notes, help } = problem;
    this.diagnostics.push({
      code,
      severity,
      message,
      where: this.#where(problem.at),
      ...(label === undefined ? {} : { label }),
      ...(notes === undefined
        ? {}
        : { notes: notes.map((note) => ({ message: note.message, where: this.#where(note.at) })) }),
      ...(help === undefined ? {} : { help }),
    });
  }

  #where(at: Span | Where): Where {
    return "start" in at ? this.source.where(at) : at;
  }
}
