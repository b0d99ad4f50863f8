import { findPortHolder, type PortHolder } from "../host/port_holder.ts";
import type { SocketAddress } from "../model/status.ts";
import type { Protocol } from "../model/workspace.ts";
import type { Host } from "./host.ts";
import { workspaceOf } from "./workspaces.ts";

/** Finds who holds a port of this machine; null where that cannot be seen. */
export type FindHolder = (address: SocketAddress, protocol: Protocol) => Promise<PortHolder | null>;

/** Looks by the programs of this machine, until `signal`. */
export function portHolders(host: Host, signal: AbortSignal): FindHolder {
  return (address, protocol) =>
    findPortHolder(address, {
      shell: host.shell,
      signal,
      protocol,
      workspaceOf: (pid, port, asked) => workspaceOf(host, { pid, port, signal: asked }),
    });
}
