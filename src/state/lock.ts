import { dirname } from "node:path";
import { makePrivateDirectory, readJson, StateError, writeJson } from "./atomic_json.ts";

/** Who holds a workspace. */
export interface LockHolder {
  readonly pid: number;
  /** ISO 8601 in UTC. */
  readonly since: string;
}

/** A workspace that is ours until it is released, or until this process ends in whatever way. */
export interface WorkspaceLock {
  readonly holder: LockHolder;
  /** Lets go. Never rejects; repeated calls do nothing. */
  release(): Promise<void>;
}

/** What trying to take a workspace came to. */
export type LockResult =
  | { readonly kind: "taken"; readonly lock: WorkspaceLock }
  /** `by` is null where the holder has not said yet who it is. */
  | { readonly kind: "held"; readonly by: LockHolder | null };

/**
 * Tries to take the lock at `path`, at once. The system lets go of it when the process that holds it ends, however that happens, so a crash
 * leaves nothing that blocks; the file itself stays, since removing it would let two processes lock two files of one name. Who
 * holds it is written beside it, at `<path>.json`. Throws `StateError` where the lock cannot be kept at all.
 */
export async function takeLock(path: string, holder: LockHolder): Promise<LockResult> {
  const note = `${path}.json`;
  await makePrivateDirectory(dirname(path));
  const file = await openPlain(path);
  let keep = false;
  try {
    if (!await tryLock(file, path)) return { kind: "held", by: await readHolder(note) };
    // Not that of whoever crashed: for a moment it would be read as ours.
    await Deno.remove(note).catch(() => {});
    await writeJson(note, { pid: holder.pid, since: holder.since });
    keep = true;
  } finally {
    if (!keep) file.close();
  }
  let released = false;
  return {
    kind: "taken",
    lock: {
      holder,
      release: async () => {
        if (released) return;
        released = true;
        await Deno.remove(note).catch(() => {});
        file.close();
      },
    },
  };
}

async function openPlain(path: string): Promise<Deno.FsFile> {
  const there = await Deno.lstat(path).catch(() => null);
  if (there !== null && !there.isFile) throw new StateError(`lock ${path} is no plain file`);
  try {
    return await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    throw new StateError(`cannot open lock ${path}: ${String(error)}`, { cause: error });
  }
}

async function tryLock(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch (error) {
    throw new StateError(`cannot lock ${path}: ${String(error)}`, { cause: error });
  }
}

/** Who wrote the note beside a lock, `<path>.json`; null where nobody has. It may be of a process that is gone. */
export async function readHolder(note: string): Promise<LockHolder | null> {
  const read = await readJson(note, asHolder);
  return read.kind === "ok" ? read.value : null;
}

function asHolder(value: unknown): LockHolder | undefined {
  if (typeof value !== "object" || value === null || !("pid" in value) || !("since" in value)) return undefined;
  const { pid, since } = value;
  return typeof pid === "number" && typeof since === "string" ? { pid, since } : undefined;
}
