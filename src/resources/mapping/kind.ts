import type { ResourceKind } from "../../engine/resource_kind.ts";
import type { K3dWorld } from "../cluster/world.ts";
import { applyPorts } from "./apply.ts";
import { type DesiredPorts, desiredPorts } from "./desired.ts";
import { diffPorts, type MappingInput } from "./diff.ts";
import { type ObservedPorts, observePorts } from "./observe.ts";

/** Kind `mapping`: a port of this machine that a k3d cluster publishes. */
export const mappingKind: ResourceKind<K3dWorld, DesiredPorts, ObservedPorts, MappingInput> = {
  name: "mapping",
  desired: desiredPorts,
  observe: (desired, world, signal) => observePorts(desired, { world, signal }),
  diff: diffPorts,
  apply: (action, world, signal) => applyPorts(action, { world, signal }),
};
