import type { K3dSpec } from "../../model/k3d.ts";
import type { Workspace } from "../../model/workspace.ts";

/** A k3d cluster that the file asks for. */
export interface DesiredCluster {
  /** Its name in the file; k3d's own is `spec.name`. */
  readonly cluster: string;
  readonly spec: K3dSpec;
}

/** The k3d clusters of a workspace. */
export function desiredClusters(workspace: Workspace): readonly DesiredCluster[] {
  return [...workspace.clusters.values()].flatMap((cluster) => {
    const { access } = cluster;
    return access.kind === "k3d" ? [{ cluster: cluster.name, spec: access.spec }] : [];
  });
}

/**
 * Whether all ports that a cluster publishes are known from the file. Not so with a config file or port flags among the raw options: then
 * a published port that the file does not name may still be wanted.
 */
export function knowsAllPorts(spec: K3dSpec): boolean {
  return spec.config === undefined && !optionsSay(spec, ["--port", "-p"]);
}

/** Whether the raw options hold one of these flags. */
export function optionsSay(spec: K3dSpec, flags: readonly string[]): boolean {
  return spec.options.some((word) => flags.some((flag) => word === flag || word.startsWith(`${flag}=`)));
}
