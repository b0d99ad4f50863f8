import { nearest } from "../model/nearest.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Failure } from "./console.ts";
import { EXIT } from "./exit_codes.ts";

/** The failure for names that are no forwards, with the nearest one that is; null when all are known. */
export function unknownNames(
  names: readonly string[],
  { known, file }: { readonly known: readonly string[]; readonly file: string },
): Failure | null {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return null;
  const near = unknown.length === 1 ? nearest(unknown[0] ?? "", known) : undefined;
  const quoted = unknown.map((name) => `'${name}'`).join(", ");
  return {
    code: "unknown-name",
    message: `No forward called ${quoted} in ${file}`,
    help: near === undefined ? listOf(known) : `Did you mean '${near}'?`,
    exit: EXIT.usage,
  };
}

/** The failure for profiles that a workspace does not have, with the nearest one that it has; null when all are there. */
export function unknownProfiles(
  profiles: readonly string[],
  { workspace, file }: { readonly workspace: Workspace; readonly file: string },
): Failure | null {
  const known = [...workspace.profiles?.keys() ?? []];
  const unknown = profiles.find((name) => !known.includes(name));
  if (unknown === undefined) return null;
  const near = nearest(unknown, known);
  return {
    code: "unknown-profile",
    message: `No profile called '${unknown}' in ${file}`,
    help: near !== undefined
      ? `Did you mean '${near}'?`
      : known.length === 0
      ? "It has no profiles: write profiles: { NAME: [FORWARD, …] }"
      : `There are: ${known.join(", ")}`,
    exit: EXIT.usage,
  };
}

function listOf(known: readonly string[]): string {
  if (known.length === 0) return "It has no forwards";
  const shown = known.slice(0, 12).join(", ");
  return `There are: ${shown}${known.length > 12 ? `, and ${known.length - 12} more` : ""}`;
}
