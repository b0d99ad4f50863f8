import type { Draft } from "./draft.ts";
import type { Rows } from "./rows.ts";

/** What reading another tool's text gives. */
export type Source =
  | { readonly kind: "draft"; readonly draft: Draft }
  /** It is not of the tool's format at all. `line` is null where no place says so. */
  | { readonly kind: "unreadable"; readonly line: number | null; readonly message: string };

/** The source of a text whose outermost form is wrong. `wanted`: what it should be. */
export function unreadable(rows: Rows, wanted: string): Source {
  if (rows.kind === "broken") return { kind: "unreadable", line: rows.line, message: rows.message };
  return { kind: "unreadable", line: null, message: `it is not ${wanted}` };
}

/** What to do about UDP: the other tools bring a pod of their own for it. */
export const UDP_HINT = "write 'protocol: udp' where the Service has a NodePort, the only way for UDP here";
