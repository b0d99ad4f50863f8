import { type Port, portsOf } from "../model/port.ts";
import type { Workspace } from "../model/workspace.ts";

/** The local TCP ports that k3d publishes for a cluster, as its entry in the file says. */
export function publishedPorts(workspace: Workspace, cluster: string): ReadonlySet<Port> {
  const access = workspace.clusters.get(cluster)?.access;
  if (access?.kind !== "k3d") return new Set();
  return new Set(
    access.spec.ports.flatMap(({ host, protocol }) => protocol === "tcp" && host !== null ? [...portsOf(host)] : []),
  );
}
