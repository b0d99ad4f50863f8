import type { ResourceKind } from "../../engine/resource_kind.ts";
import type { ForwardSpec } from "../../model/workspace.ts";
import { applyForward } from "./apply.ts";
import { diffForwards, type ForwardInput } from "./diff.ts";
import { type ObservedForward, observeForwards } from "./observe.ts";
import type { ForwardWorld } from "./world.ts";

/** Kind `forward`: a listener on this machine that leads to a target in a cluster. */
export const forwardKind: ResourceKind<ForwardWorld, ForwardSpec, ObservedForward, ForwardInput> = {
  name: "forward",
  desired: (workspace) => workspace.forwards,
  observe: (desired, world, signal) => observeForwards(desired, { world, signal }),
  diff: diffForwards,
  apply: (action, world, signal) => applyForward(action, { world, signal }),
};
