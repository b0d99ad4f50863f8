import { dirname } from "node:path";
import type { Clock } from "../model/world.ts";
import { makePrivateDirectory } from "./atomic_json.ts";

/** How often a log that is followed is looked at, in milliseconds. */
const LOOK_EVERY = 250;

/** The log of a workspace, on disk: the file and, when that has grown too long, `<path>.1` with what came before. */
export interface LogFile {
  /** Adds one line at once. Never throws: a disk that is full must not end the forwards. */
  write(line: string): void;
}

/**
 * The log at `path`, for this user alone. When the file would grow beyond `maxBytes` it becomes `<path>.1`, in place of the one before
 * it: at most twice `maxBytes` are kept. Throws `StateError` where the folder cannot be made.
 */
export async function openLogFile(
  path: string,
  { maxBytes = 2_000_000 }: { readonly maxBytes?: number } = {},
): Promise<LogFile> {
  await makePrivateDirectory(dirname(path));
  let size = (await Deno.stat(path).catch(() => null))?.size ?? 0;
  const encoder = new TextEncoder();
  return {
    write(line): void {
      const bytes = encoder.encode(`${line}\n`);
      try {
        if (size > 0 && size + bytes.length > maxBytes) {
          Deno.renameSync(path, `${path}.1`);
          size = 0;
        }
        Deno.writeFileSync(path, bytes, { append: true, mode: 0o600 });
        size += bytes.length;
      } catch {
        // There is nowhere left to say it.
      }
    },
  };
}

/**
 * The lines of the log at `path`, oldest first; with `follow` also those to come, over rotations and restarts, until the signal. A file
 * that is not there has no lines. Rejects with the signal's reason.
 */
export async function* readLogFile(
  path: string,
  { follow, clock, signal }: { readonly follow: boolean; readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<string> {
  const older = await Deno.readTextFile(`${path}.1`).catch(() => "");
  for (const line of older.split("\n")) if (line !== "") yield line;
  let file = await open(path);
  try {
    const lines = new Lines();
    for (;;) {
      signal.throwIfAborted();
      if (file !== null) yield* lines.from(file);
      if (!follow) return;
      await clock.sleep(LOOK_EVERY, signal);
      if (file !== null && !await isAt(path, file)) {
        // What was written between the last look and the rename.
        yield* lines.from(file);
        file.close();
        file = null;
      }
      file ??= await open(path);
    }
  } finally {
    file?.close();
  }
}

async function open(path: string): Promise<Deno.FsFile | null> {
  return await Deno.open(path).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
}

async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const [now, held] = await Promise.all([Deno.stat(path).catch(() => null), file.stat()]);
  return now !== null && now.ino === held.ino && now.dev === held.dev;
}

/** Splits what a file has grown by into lines; the start of a line waits for its end. */
class Lines {
  readonly #decoder = new TextDecoder();
  readonly #buffer = new Uint8Array(64 * 1024);
  #rest = "";

  async *from(file: Deno.FsFile): AsyncGenerator<string> {
    for (let count = await file.read(this.#buffer); count !== null; count = await file.read(this.#buffer)) {
      const parts = (this.#rest + this.#decoder.decode(this.#buffer.subarray(0, count), { stream: true })).split("\n");
      this.#rest = parts.pop() ?? "";
      for (const line of parts) if (line !== "") yield line;
    }
  }
}
