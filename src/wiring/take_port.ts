import { endForwarder } from "../host/end_forwarder.ts";
import type { PortHolder } from "../host/port_holder.ts";
import type { Host } from "./host.ts";
import { clientOf } from "./workspaces.ts";

/**
 * Has who holds a port let go of it: a forwarder that this user started by hand is ended, another workspace of berth is asked to stop that
 * forward, and told that it is for the workspace of `file`. Any other program is left alone. Resolves with what was done, in words; null
 * where nothing was. Never rejects but with the signal's reason.
 */
export async function takePort(
  host: Host,
  holder: PortHolder,
  { file, signal }: { readonly file: string; readonly signal: AbortSignal },
): Promise<string | null> {
  const { forwarder, workspace, pid, words } = holder;
  if (forwarder !== undefined) {
    const problem = await endForwarder(forwarder, { shell: host.shell, clock: host.clock, signal });
    return problem === null ? `ended ${words}` : null;
  }
  if (workspace === undefined || workspace.forward === null || pid === null) return null;
  const client = await clientOf(host, pid, signal);
  if (client === null) return null;
  try {
    const { status } = await client.yieldPort(workspace.forward, { to: file, signal });
    return status === "done" ? `${words} stopped it` : null;
  } catch {
    signal.throwIfAborted();
    return null;
  } finally {
    client.close();
  }
}
