const UNITS = [["h", 3_600_000], ["m", 60_000], ["s", 1_000], ["ms", 1]] as const;

/** The shortest text that `parseDuration` reads as `ms`, a whole number of milliseconds. */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = "";
  for (const [name, unit] of UNITS) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) text += `${count}${name}`;
  }
  return text || "0s";
}
