import type { ResourceKind } from "../../engine/resource_kind.ts";
import { applyNodePort } from "./apply.ts";
import { type DesiredNodePorts, desiredNodePorts } from "./desired.ts";
import { diffNodePorts, type NodePortInput } from "./diff.ts";
import { type ObservedNodePorts, observeNodePorts } from "./observe.ts";
import type { NodePortWorld } from "./world.ts";

/** Kind `node_port`: a NodePort Service that berth keeps beside a target, so that it can be dialled directly. */
export const nodePortKind: ResourceKind<NodePortWorld, DesiredNodePorts, ObservedNodePorts, NodePortInput> = {
  name: "node_port",
  desired: desiredNodePorts,
  observe: (desired, world, signal) => observeNodePorts(desired, { world, signal }),
  diff: diffNodePorts,
  apply: (action, world, signal) => applyNodePort(action, { world, signal }),
};
