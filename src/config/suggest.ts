import { nearest } from "../model/nearest.ts";

/** `help` text for a suggestion; undefined when there is none. */
export function suggestion(word: string, candidates: Iterable<string>): string | undefined {
  const near = nearest(word, candidates);
  return near === undefined ? undefined : `did you mean '${near}'?`;
}
