import { CLUSTER_ENTRIES } from "./catalogue_clusters.ts";
import { FILE_ENTRIES } from "./catalogue_file.ts";
import { FORWARD_ENTRIES } from "./catalogue_forwards.ts";
import { TEAM_ENTRIES } from "./catalogue_team.ts";
import { VALUE_ENTRIES } from "./catalogue_values.ts";

/** What is to be known about one kind of problem. Codes are for ever: one that is no longer used is not given anew. */
export interface CatalogueEntry {
  /** The problem in a few words, for lists. */
  readonly title: string;
  /** What it means, why it matters and how to get rid of it; whole sentences. */
  readonly explanation: string;
  /** The smallest thing that shows it: a `forwards.yaml`, or the command line and what happens. */
  readonly example: {
    readonly kind: "yaml" | "shell";
    readonly text: string;
    /** The other files of the workspace, by name: `forwards.local.yaml`. */
    readonly beside?: Readonly<Record<string, string>>;
  };
}

/** Every code with its entry, in order. Source of `docs/errors.md`. */
export const CATALOGUE = { ...FILE_ENTRIES, ...VALUE_ENTRIES, ...FORWARD_ENTRIES, ...CLUSTER_ENTRIES, ...TEAM_ENTRIES };

/** The stable name of one kind of problem. */
export type Code = keyof typeof CATALOGUE;

/** The entry of a code as a person may write it (`pf0043`, `43`), or undefined. */
export function findEntry(text: string): { readonly code: Code; readonly entry: CatalogueEntry } | undefined {
  const digits = /^(?:PF)?(\d{1,4})$/i.exec(text.trim())?.[1];
  const wanted = `PF${(digits ?? "").padStart(4, "0")}`;
  for (const code of allCodes()) {
    if (code === wanted) return { code, entry: CATALOGUE[code] };
  }
  return undefined;
}

/** All codes, in order. */
export function allCodes(): readonly Code[] {
  return (Object.keys(CATALOGUE) as Code[]).sort();
}
