import type { DraftCluster, DraftForward, Note } from "./draft.ts";
import type { Word } from "./shell_commands.ts";

/** What one command comes to. */
export interface ReadCommand {
  readonly cluster?: DraftCluster;
  readonly forwards: readonly DraftForward[];
  readonly notes: readonly Note[];
}

/** What is not known of words that have to be; null where all is known. */
export function unknownOf(words: readonly Word[]): string | null {
  const unknown = words.find((word) => word.unknown !== null)?.unknown;
  return unknown === undefined || unknown === null ? null : `it uses ${unknown}, which only the shell knows`;
}
