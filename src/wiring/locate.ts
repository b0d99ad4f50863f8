import { dirname, join, resolve } from "node:path";
import { WORKSPACE_FILE } from "../config/paths.ts";
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

/** Where the state of the workspace of this file is kept. The file need not be there. */
export async function statePaths(host: Pick<Host, "env" | "home">, path: string): Promise<WorkspacePaths> {
  const real = await Deno.realPath(path).catch(() => path);
  return workspacePaths(baseDirectories({ env: host.env, home: host.home }), real);
}
