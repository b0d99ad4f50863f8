import { dirname } from "node:path";
import type { Json } from "../model/json.ts";
import { syncDirectory, writeNew } from "./durable_file.ts";

/** What reading a file of state came to. */
export type ReadJson<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "absent" }
  /** Not what it should be. `setAside`: where it was moved to, null where that failed. Go on as if it were absent, and say so. */
  | { readonly kind: "broken"; readonly message: string; readonly setAside: string | null };

/** An expected failure to keep state: the disk is full, no permission, something else is at that path. */
export class StateError extends Error {
  override readonly name = "StateError";
}

/** No file of ours comes near this many bytes. */
const LARGEST = 16 * 1024 * 1024;

/** Makes a directory for this user alone, and those above it. Throws `StateError`. */
export async function makePrivateDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StateError(`cannot make directory ${path}: ${words(error)}`, { cause: error });
  }
}

/**
 * Puts `value` at `path` as a whole or not at all: written to a new file beside it, flushed to disk, renamed over. Readable for this
 * user alone. What is at `path` and is no plain file, a symbolic link for one, is left alone: throws `StateError`.
 */
export async function writeJson(path: string, value: Json): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    const there = await Deno.lstat(path).catch(() => null);
    if (there !== null && !there.isFile) throw new StateError("there is something that is no plain file");
    await makePrivateDirectory(dirname(path));
    await writeNew(temporary, `${JSON.stringify(value, null, 2)}\n`, 0o600);
    await Deno.rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw new StateError(`cannot write ${path}: ${words(error)}`, { cause: error });
  }
}

/**
 * Reads what `writeJson` wrote. `check` says whether it has the right shape: undefined when not. A file that is broken is moved out of the way
 * and reported; nothing here is ever fatal, and it never rejects.
 */
export async function readJson<T>(path: string, check: (value: unknown) => T | undefined): Promise<ReadJson<T>> {
  try {
    const { isFile, size } = await Deno.lstat(path);
    if (!isFile) return await setAside(path, "it is no plain file");
    if (size > LARGEST) return await setAside(path, `it is too large: ${size} bytes`);
    const parsed: unknown = JSON.parse(await Deno.readTextFile(path));
    const value = check(parsed);
    return value === undefined
      ? await setAside(path, "it does not have the shape that was expected")
      : { kind: "ok", value };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { kind: "absent" };
    if (error instanceof SyntaxError) return await setAside(path, "it is not JSON");
    return { kind: "broken", message: `${path}: ${words(error)}`, setAside: null };
  }
}

async function setAside<T>(path: string, why: string): Promise<ReadJson<T>> {
  const aside = `${path}.broken`;
  const moved = await Deno.rename(path, aside).then(() => true, () => false);
  return { kind: "broken", message: `${path}: ${why}`, setAside: moved ? aside : null };
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
