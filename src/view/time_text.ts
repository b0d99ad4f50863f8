const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `ms` as people say it, at most two units: `0s`, `45s`, `3m12s`, `2h5m`, `3d4h`. Below zero counts as zero. */
export function duration(ms: number): string {
  const time = Math.max(0, ms);
  if (time < MINUTE) return `${Math.floor(time / SECOND)}s`;
  if (time < HOUR) return two([Math.floor(time / MINUTE), "m"], [Math.floor((time % MINUTE) / SECOND), "s"]);
  if (time < DAY) return two([Math.floor(time / HOUR), "h"], [Math.floor((time % HOUR) / MINUTE), "m"]);
  return two([Math.floor(time / DAY), "d"], [Math.floor((time % DAY) / HOUR), "h"]);
}

/** How long a step took: `0.4s`, `12.3s`, from a minute on as `duration`. Below zero counts as zero. */
export function span(ms: number): string {
  const time = Math.max(0, ms);
  return time < MINUTE ? `${(Math.floor(time / 100) / 10).toFixed(1)}s` : duration(time);
}

/** How long ago `iso` was, `2s` for two seconds; null where it is no time. `now` in milliseconds since 1970. */
export function age(iso: string | null, now: number): string | null {
  const at = parse(iso);
  return at === null ? null : duration(now - at);
}

/** How long it is until `iso`, rounded up, `0s` once it has passed; null where it is no time. */
export function until(iso: string | null, now: number): string | null {
  const at = parse(iso);
  return at === null ? null : duration(Math.ceil((at - now) / SECOND) * SECOND);
}

function parse(iso: string | null): number | null {
  if (iso === null) return null;
  const at = Date.parse(iso);
  return Number.isNaN(at) ? null : at;
}

function two([large, largeUnit]: readonly [number, string], [small, smallUnit]: readonly [number, string]): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
