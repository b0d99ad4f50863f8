import type { Note } from "./draft.ts";
import type { Row } from "./rows.ts";

/** Notes keys that the format does not have, or that are not known here. Their values are not shown: one may be a password. */
export function strangers(row: Row, known: readonly string[], notes: Note[]): void {
  for (const key of row.keys) {
    if (known.includes(key)) continue;
    notes.push({
      kind: "lost",
      line: row.lineOf(key),
      what: key,
      why: "berth has nothing like it, or it is not known",
    });
  }
}
