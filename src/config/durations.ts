const UNITS = [["h", 3_600_000], ["m", 60_000], ["s", 1_000], ["ms", 1]] as const;
const FORM = /^(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

/** The longest duration that a file may ask for: 24 hours, in milliseconds. */
const MAX_DURATION = 86_400_000;

/** The form of a duration as a regular expression for editors; `parseDuration` also limits the sum. */
export const DURATION_PATTERN = "^(?=\\d)(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?$";

/**
 * Milliseconds of a duration such as `300ms`, `5s`, `1m30s`: whole numbers with units, the largest first, each unit at
 * most once. Undefined when the text is none, or is longer than 24 hours.
 */
export function parseDuration(text: string): number | undefined {
  const parts = FORM.exec(text);
  if (parts === null || text === "") return undefined;
  const sum = UNITS.reduce((ms, [, unit], index) => ms + Number(parts[index + 1] ?? 0) * unit, 0);
  return sum <= MAX_DURATION ? sum : undefined;
}
