import { dirname, join, resolve } from "node:path";
import { WORKSPACE_FILE } from "../config/paths.ts";
import { readHolder } from "../state/lock.ts";
import { baseDirectories, type WorkspacePaths, workspacePaths } from "../state/paths.ts";
import type { Host } from "./host.ts";

/** The path of the file that would be read: the one given, else the nearest `forwards.yaml` upward; null where there is none. Loads no parser. */
export async function locateFile(cwd: string, file: string | undefined): Promise<string | null> {
  if (file !== undefined) return resolve(cwd, file);
  for (let folder = resolve(cwd);; folder = dirname(folder)) {
    const path = join(folder, WORKSPACE_FILE);
    if (await Deno.stat(path).then(() => true, () => false)) return path;
    if (dirname(folder) === folder) return null;
  }
}

/**
 * How long a process that was told to stop may take to let go of its workspace after it said so, in milliseconds, and how often that is
 * looked at.
 */
const RELEASE_LIMIT = 10_000;
const RELEASE_EVERY = 20;

/**
 * Resolves once the note beside the lock names another process than `pid`, or none; after 10 s in any case: a process that was killed
 * leaves its note.
 */
export async function awaitRelease(
  host: Pick<Host, "env" | "home" | "clock">,
  file: string,
  { pid, signal }: { readonly pid: number; readonly signal: AbortSignal },
): Promise<void> {
  const { lock } = await statePaths(host, file);
  const until = host.clock.monotonic() + RELEASE_LIMIT;
  while ((await readHolder(`${lock}.json`))?.pid === pid && host.clock.monotonic() < until) {
    await host.clock.sleep(RELEASE_EVERY, signal);
  }
}

/** Where the state of the workspace of this file is kept. The file need not be there. */
export async function statePaths(host: Pick<Host, "env" | "home">, path: string): Promise<WorkspacePaths> {
  const real = await Deno.realPath(path).catch(() => path);
  return await workspacePaths(baseDirectories({ env: host.env, home: host.home }), real);
}
