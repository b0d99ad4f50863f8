import { dirname } from "node:path";
import { StateError } from "./atomic_json.ts";

/**
 * Puts `text` at `path` as a whole or not at all: written to a new file beside it, flushed to disk, renamed over. A symbolic
 * link stays one: what it leads to is replaced. Keeps the mode of what was there. Throws `StateError`.
 */
export async function replaceText(path: string, text: string): Promise<void> {
  let temporary: string | null = null;
  try {
    const real = await Deno.realPath(path).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return path;
      throw error;
    });
    const there = await Deno.stat(real).catch(() => null);
    if (there !== null && !there.isFile) throw new StateError("it is no plain file");
    const created = `${real}.${crypto.randomUUID().slice(0, 8)}.tmp`;
    {
      using file = await Deno.open(created, { write: true, createNew: true });
      temporary = created;
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
    }
    if (there?.mode !== null && there?.mode !== undefined) await Deno.chmod(created, there.mode & 0o7777);
    await Deno.rename(created, real);
    temporary = null;
    await syncDirectory(dirname(real));
  } catch (error) {
    if (temporary !== null) await Deno.remove(temporary).catch(() => {});
    throw new StateError(`cannot write ${path}: ${words(error)}`, { cause: error });
  }
}

async function syncDirectory(path: string): Promise<void> {
  try {
    using directory = await Deno.open(path);
    await directory.sync();
  } catch {
    // Not every system lets a directory be flushed.
  }
}

function words(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "permission denied";
  }
  return error instanceof Error ? error.message : String(error);
}
