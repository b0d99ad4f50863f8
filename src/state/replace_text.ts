import { dirname } from "node:path";
import { StateError } from "./atomic_json.ts";
import { syncDirectory, writeNew } from "./durable_file.ts";

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
    temporary = created;
    await writeNew(created, text);
    if (there?.mode !== null && there?.mode !== undefined) await Deno.chmod(created, there.mode & 0o7777);
    await Deno.rename(created, real);
    temporary = null;
    await syncDirectory(dirname(real));
  } catch (error) {
    if (temporary !== null) await Deno.remove(temporary).catch(() => {});
    throw new StateError(`cannot write ${path}: ${words(error)}`, { cause: error });
  }
}

function words(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "permission denied";
  }
  return error instanceof Error ? error.message : String(error);
}
