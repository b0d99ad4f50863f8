import { asPort, type Port } from "../model/port.ts";
import { readJson, writeJson } from "./atomic_json.ts";
import { Serial } from "./serial.ts";

/** Local ports that forwards with `local: auto` were given, so that they get them again. */
export interface Leases {
  /** The port that the forward called `name` had last. */
  get(name: string): Port | undefined;
  all(): ReadonlyMap<string, Port>;
  /** Remembers a port, here at once and on disk when it resolves. Rejects with `StateError`; it is remembered here all the same. */
  remember(name: string, port: Port): Promise<void>;
  /** Forgets those for which `keep` is false. */
  retain(keep: (name: string) => boolean): Promise<void>;
}

/** Opens the leases at `path`. A broken file is set aside: `problem` says so, and there are no leases. Never rejects. */
export async function openLeases(path: string): Promise<{ readonly leases: Leases; readonly problem: string | null }> {
  const read = await readJson(path, asLeases);
  const ports = new Map(read.kind === "ok" ? read.value : []);
  const serial = new Serial();
  const save = () =>
    serial.run(() => {
      const sorted = [...ports].sort(([a], [b]) => a < b ? -1 : 1);
      return writeJson(path, { formatVersion: 1, ports: Object.fromEntries(sorted) });
    });
  const leases: Leases = {
    get: (name) => ports.get(name),
    all: () => new Map(ports),
    remember: async (name, port) => {
      if (ports.get(name) === port) return;
      ports.set(name, port);
      await save();
    },
    retain: async (keep) => {
      const gone = [...ports.keys()].filter((name) => !keep(name));
      if (gone.length === 0) return;
      for (const name of gone) ports.delete(name);
      await save();
    },
  };
  return { leases, problem: read.kind === "broken" ? read.message : null };
}

function asLeases(value: unknown): readonly (readonly [string, Port])[] | undefined {
  if (typeof value !== "object" || value === null || !("formatVersion" in value) || !("ports" in value)) {
    return undefined;
  }
  const { formatVersion, ports } = value;
  if (formatVersion !== 1 || typeof ports !== "object" || ports === null || Array.isArray(ports)) return undefined;
  const leases: [string, Port][] = [];
  for (const [name, number] of Object.entries(ports)) {
    const port = typeof number === "number" ? asPort(number) : undefined;
    if (port === undefined) return undefined;
    leases.push([name, port]);
  }
  return leases;
}
