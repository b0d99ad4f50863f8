import { type K3dLedger, type K3dNote, NO_NOTE } from "../model/k3d.ts";
import { readJson, writeJson } from "./atomic_json.ts";
import { Serial } from "./serial.ts";

/**
 * Opens what is remembered of k3d clusters at `path`. A broken file is set aside: `problem` says so, and nothing is remembered, so that no
 * port is taken for ours. `write` rejects with `StateError` when it is not on disk.
 */
export async function openK3dLedger(
  path: string,
): Promise<{ readonly ledger: K3dLedger; readonly problem: string | null }> {
  const read = await readJson(path, asNotes);
  const notes = new Map(read.kind === "ok" ? read.value : []);
  const serial = new Serial();
  const ledger: K3dLedger = {
    read: (id) => Promise.resolve(notes.get(id) ?? NO_NOTE),
    write: (id, note) =>
      serial.run(async () => {
        if (note.owned.length === 0 && !note.changing) notes.delete(id);
        else notes.set(id, note);
        const sorted = [...notes].sort(([a], [b]) => a < b ? -1 : 1);
        await writeJson(path, {
          formatVersion: 1,
          clusters: Object.fromEntries(sorted.map(([name, { owned, changing }]) => [name, { owned, changing }])),
        });
      }),
  };
  return { ledger, problem: read.kind === "broken" ? read.message : null };
}

function asNotes(value: unknown): readonly (readonly [string, K3dNote])[] | undefined {
  const clusters = field(value, "clusters");
  if (field(value, "formatVersion") !== 1 || typeof clusters !== "object" || clusters === null) return undefined;
  const notes: [string, K3dNote][] = [];
  for (const [name, note] of Object.entries(clusters)) {
    const [owned, changing] = [field(note, "owned"), field(note, "changing")];
    if (!Array.isArray(owned) || typeof changing !== "boolean") return undefined;
    const texts = owned.filter((one): one is string => typeof one === "string");
    if (texts.length !== owned.length) return undefined;
    notes.push([name, { owned: texts, changing }]);
  }
  return notes;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
