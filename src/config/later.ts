/**
 * What version 1 of the file has and this version of berth does not do yet. It is refused as "not supported yet". To make
 * one live: give it a schema and delete it here. Paths are as in `patternOf`: names under `clusters` and `forwards` are `*`.
 */
export const LATER_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ["", ["dashboard"]],
]);

/** The same for values of live keys, by the key's name. */
export const LATER_VALUES: ReadonlyMap<string, readonly string[]> = new Map([
  ["route", ["published", "kubectl"]],
]);

/** The path of a mapping with names left out: `forwards.*`, `defaults.health.probe.http`. */
export function patternOf(path: readonly PropertyKey[]): string {
  return path.map((step, index) =>
    index === 1 && (path[0] === "clusters" || path[0] === "forwards" || path[0] === "profiles") ? "*" : String(step)
  ).join(".");
}
