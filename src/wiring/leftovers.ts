import { join } from "node:path";
import { kill } from "node:process";
import type { WorkspacePaths } from "../state/paths.ts";

/** Files that carry the PID of the process they belong to, and that it removes when it ends in good order. */
const BY_PID = /^(?:sandbox-.+-|sock\.)(\d+)(?:\.kubeconfig)?$/;
/** What a write of ours that was cut off leaves. Whoever holds the workspace is the only one to write. */
const UNFINISHED = /^[\w.-]+\.[0-9a-f]{8}\.tmp$/;

/** Removes what processes that crashed left of a workspace. To be called by who has just taken it. Never rejects: litter does no harm. */
export async function clearLeftovers({ runtimeDir, stateDir }: WorkspacePaths): Promise<void> {
  for (const folder of new Set([runtimeDir, stateDir])) {
    try {
      for await (const { name } of Deno.readDir(folder)) {
        const pid = BY_PID.exec(name)?.[1];
        const gone = pid === undefined ? UNFINISHED.test(name) : !isAlive(Number(pid));
        if (gone) await Deno.remove(join(folder, name)).catch(() => {});
      }
    } catch {
      // No such folder yet.
    }
  }
}

/** Whether a process of this number is there, whoever it belongs to. */
function isAlive(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    // Not permitted to send it a signal: it is somebody else's.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
