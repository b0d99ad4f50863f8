import type { ResourceKind } from "../../engine/resource_kind.ts";
import { applyCluster } from "./apply.ts";
import { type DesiredCluster, desiredClusters } from "./desired.ts";
import { type ClusterInput, diffClusters } from "./diff.ts";
import { observeClusters, type ObservedCluster } from "./observe.ts";
import type { K3dWorld } from "./world.ts";

/** Kind `cluster`: a k3d cluster that the file asks for. */
export const clusterKind: ResourceKind<K3dWorld, DesiredCluster, ObservedCluster, ClusterInput> = {
  name: "cluster",
  desired: desiredClusters,
  observe: (desired, world, signal) => observeClusters(desired, { world, signal }),
  diff: diffClusters,
  apply: (action, world, signal) => applyCluster(action, { world, signal }),
};
