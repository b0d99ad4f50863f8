import { join } from "node:path";
import { hasEnded } from "../host/processes.ts";
import type { Shell } from "../host/shell.ts";
import type { WorkspacePaths } from "../state/paths.ts";

/** Files that carry the PID of the process they belong to, and that it removes when it ends in good order. */
const BY_PID = /^(?:sandbox-.+-|sock\.)(\d+)(?:\.kubeconfig)?$/;
/** What a write of ours that was cut off leaves. Whoever holds the workspace is the only one to write. */
const UNFINISHED = /^[\w.-]+\.[0-9a-f]{8}\.tmp$/;

/** Removes what processes that crashed left of a workspace. To be called by who has just taken it. Never rejects: litter does no harm. */
export async function clearLeftovers(
  { runtimeDir, stateDir }: WorkspacePaths,
  { shell, signal }: { readonly shell: Shell; readonly signal: AbortSignal },
): Promise<void> {
  for (const folder of new Set([runtimeDir, stateDir])) {
    try {
      for await (const { name } of Deno.readDir(folder)) {
        const pid = BY_PID.exec(name)?.[1];
        const gone = pid === undefined ? UNFINISHED.test(name) : await hasEnded(Number(pid), { shell, signal });
        if (gone) await Deno.remove(join(folder, name)).catch(() => {});
      }
    } catch {
      // No such folder yet.
    }
  }
}
