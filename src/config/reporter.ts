import type { Where } from "../model/source.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type Span, whereOf } from "./source_text.ts";
import type { UsedVariable } from "./variables.ts";

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
    const { code, severity = "error", message, at, label, help } = problem;
    const { variables = [], item } = "source" in at ? at : {};
    const hidden = (text: string) => withoutValues(text, variables);
    const notes = [
      ...(problem.notes ?? []).map((note) => ({ message: hidden(note.message), where: placeOf(note.at) })),
      ...(variables.length === 0 ? [] : [{ message: `the value comes from ${namesOf(variables)}` }]),
      ...(item === undefined ? [] : [{ message: `for the item ${item.words}`, where: whereOf(item.at) }]),
    ];
    this.diagnostics.push({
      code,
      severity,
      message: hidden(message),
      where: placeOf(at),
      ...(label === undefined ? {} : { label: hidden(label) }),
      ...(notes.length === 0 ? {} : { notes }),
      ...(help === undefined ? {} : { help: hidden(help) }),
    });
  }
}

/** A text that names variables instead of showing their values: these may be secret. */
function withoutValues(text: string, variables: readonly UsedVariable[]): string {
  const [one] = variables;
  if (one === undefined) return text;
  // What was cut off may end in the middle of a value.
  const uncut = text.replaceAll(/'[^']*…'/g, () => `'\${${one.name}}…'`);
  return [...variables].sort((a, b) => b.value.length - a.value.length).reduce((hidden, { name, value }) => {
    // A digit or letter beside it: it is part of another word, and only looks like the value. Suggestions write it otherwise.
    const pattern = value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/[-_\s]/g, "[-_\\s]");
    const whole = new RegExp(`(?<![A-Za-z0-9])${pattern}(?![A-Za-z0-9])`, "gi");
    return value === "" ? hidden : hidden.replace(whole, () => `\${${name}}`);
  }, uncut);
}

function namesOf(variables: readonly UsedVariable[]): string {
  return [...new Set(variables.map(({ name }) => `\${${name}}`))].join(" and ");
}

function placeOf(at: Span | Where): Where {
  return "source" in at ? whereOf(at) : at;
}
