import { dirname } from "node:path";
import { ControlError } from "./control_error.ts";

/** The shortest of the limits that systems set on a socket's path (macOS: 104 bytes with the closing zero). */
const MAX_PATH_BYTES = 103;

/** Whether a file is there now, and which. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number | null;
}

/**
 * Makes the folder of a socket for this user alone (0700), or checks one that is there. A folder that others may enter is
 * refused and not repaired: it may be theirs. Throws `ControlError`.
 */
export async function prepareFolder(path: string): Promise<void> {
  if (new TextEncoder().encode(path).length > MAX_PATH_BYTES) {
    throw new ControlError("refused", `Path of the control socket is too long (over ${MAX_PATH_BYTES} bytes): ${path}`);
  }
  const folder = dirname(path);
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode, uid, isDirectory } = await Deno.lstat(folder);
  if (!isDirectory) throw new ControlError("refused", `Not a folder: ${folder}`);
  const me = Deno.uid();
  if (uid !== null && me !== null && uid !== me) {
    throw new ControlError("refused", `Folder of the control socket belongs to another user: ${folder}`);
  }
  if (mode !== null && (mode & 0o077) !== 0) {
    throw new ControlError(
      "refused",
      `Folder of the control socket is open to other users: ${folder}. Run: chmod 700 ${folder}`,
    );
  }
}

/** What is at `path`: nothing, a socket, or something else that is not ours to touch. */
export async function lookAt(path: string): Promise<"nothing" | "socket" | "other"> {
  try {
    const { isSocket } = await Deno.lstat(path);
    return isSocket === true ? "socket" : "other";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return "nothing";
    throw error;
  }
}

/** Which file is at `path`; null when there is none. */
export async function identify(path: string): Promise<FileIdentity | null> {
  try {
    const { dev, ino } = await Deno.lstat(path);
    return { dev, ino };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Removes `path` if it is still the file `mine`; another process may have put its own there. */
export async function removeOwn(path: string, mine: FileIdentity): Promise<void> {
  const now = await identify(path);
  if (now === null || now.dev !== mine.dev || now.ino !== mine.ino) return;
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
