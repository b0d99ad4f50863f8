/**
 * Writes `text` to a new file at `path` and has it flushed to disk. Rejects where something is there, and so never follows a link that
 * somebody put there. `mode` as of `chmod`.
 */
export async function writeNew(path: string, text: string, mode?: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, ...(mode === undefined ? {} : { mode }) });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  await file.sync();
}

/** Flushes a folder, so that the renames in it outlive a power cut. Not every system lets one be flushed: then it does nothing. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    using directory = await Deno.open(path);
    await directory.sync();
  } catch {
    // The content is flushed; at worst the old one is there after a power cut.
  }
}
