import { join } from "node:path";
import { connectControl } from "../control/client.ts";
import type { ControlClient } from "../control/client.ts";
import type { WorkspaceHolder } from "../host/port_holder.ts";
import { readHolder } from "../state/lock.ts";
import { baseDirectories } from "../state/paths.ts";
import type { Host } from "./host.ts";

/**
 * The workspace that a process of this user holds, and the forward of it that has a port; null where it holds none. Never rejects but with
 * the signal's reason.
 */
export async function workspaceOf(
  host: Host,
  { pid, port, signal }: { readonly pid: number; readonly port: number; readonly signal: AbortSignal },
): Promise<WorkspaceHolder | null> {
  const client = pid === host.pid ? null : await clientOf(host, pid, signal);
  if (client === null) return null;
  try {
    const { workspace, forwards } = await client.status(signal);
    const forward = forwards.find(({ listen }) => listen.some((address) => address.port === port));
    return { file: workspace, forward: forward?.name ?? null };
  } catch {
    signal.throwIfAborted();
    return null;
  } finally {
    client.close();
  }
}

/** The process that holds a workspace, by its PID; null where it holds none, or does not answer. */
export async function clientOf(host: Host, pid: number, signal: AbortSignal): Promise<ControlClient | null> {
  const { runtime } = baseDirectories(host);
  try {
    for await (const { name, isDirectory } of Deno.readDir(runtime)) {
      if (!isDirectory || (await readHolder(join(runtime, name, "lock.json")))?.pid !== pid) continue;
      return await connectControl(join(runtime, name, "sock"), { clock: host.clock, signal });
    }
  } catch {
    // No folder, or nobody who answers.
    signal.throwIfAborted();
  }
  return null;
}
