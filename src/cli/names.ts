import { nearest } from "../model/nearest.ts";
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

function listOf(known: readonly string[]): string {
  if (known.length === 0) return "It has no forwards";
  const shown = known.slice(0, 12).join(", ");
  return `There are: ${shown}${known.length > 12 ? `, and ${known.length - 12} more` : ""}`;
}
