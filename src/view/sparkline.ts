import type { Theme } from "./theme.ts";

/**
 * Values as bars, the last `width` of them, one column each, scaled to the largest. Zero is a space, so that the least traffic differs from
 * none.
 */
export function sparkline(
  values: readonly number[],
  { width, theme }: { readonly width: number; readonly theme: Theme },
): string {
  const shown = values.slice(-Math.max(0, width));
  const bars = [...theme.bars];
  const largest = Math.max(0, ...shown);
  return shown.map((value) => {
    if (value <= 0 || largest <= 0) return " ";
    return bars[Math.min(bars.length - 1, Math.floor(value / largest * bars.length))] ?? " ";
  }).join("");
}

/** Bytes as people say them, in powers of 1024: `0 B`, `1.5 KiB`, `12 MiB`. */
export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [Math.max(0, bytes), 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
