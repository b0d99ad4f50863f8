import { readJson, writeJson } from "./atomic_json.ts";
import { Serial } from "./serial.ts";

/** Since when each forward is part of the workspace: outlives restarts. */
export interface CreatedTimes {
  /** ISO 8601 in UTC, by name. */
  all(): ReadonlyMap<string, string>;
  /** Those called `names` are there at `now`: new ones get that time, those that are gone are forgotten. Rejects with `StateError`. */
  keep(names: readonly string[], now: string): Promise<void>;
}

/** Opens the times at `path`. A broken file is set aside, and the times begin anew. Never rejects. */
export async function openCreated(path: string): Promise<CreatedTimes> {
  const read = await readJson(path, asTimes);
  let times = new Map(read.kind === "ok" ? read.value : []);
  const serial = new Serial();
  return {
    all: () => new Map(times),
    keep: async (names, now) => {
      const next = new Map(names.map((name) => [name, times.get(name) ?? now]));
      const same = next.size === times.size && [...next].every(([name, time]) => times.get(name) === time);
      times = next;
      if (same) return;
      await serial.run(() => writeJson(path, { formatVersion: 1, created: Object.fromEntries(times) }));
    },
  };
}

function asTimes(value: unknown): readonly (readonly [string, string])[] | undefined {
  if (typeof value !== "object" || value === null || !("formatVersion" in value) || !("created" in value)) {
    return undefined;
  }
  const { formatVersion, created } = value;
  if (formatVersion !== 1 || typeof created !== "object" || created === null || Array.isArray(created)) {
    return undefined;
  }
  const times: [string, string][] = [];
  for (const [name, time] of Object.entries(created)) {
    if (typeof time !== "string" || Number.isNaN(Date.parse(time))) return undefined;
    times.push([name, time]);
  }
  return times;
}
