import { bindKind, type BoundKind } from "../engine/bound_kind.ts";
import type { Workspace } from "../model/workspace.ts";
import { clusterKind } from "../resources/cluster/kind.ts";
import type { K3dWorld } from "../resources/cluster/world.ts";
import { forwardKind } from "../resources/forward/kind.ts";
import type { ForwardWorld } from "../resources/forward/world.ts";
import { mappingKind } from "../resources/mapping/kind.ts";
import { nodePortKind } from "../resources/node_port/kind.ts";
import type { NodePortWorld } from "../resources/node_port/world.ts";
import type { Narrowing } from "./narrow.ts";

/** The worlds of all kinds, each by its own name. */
export interface World {
  readonly k3d: K3dWorld;
  readonly nodePorts: NodePortWorld;
  readonly forwards: ForwardWorld;
  readonly narrowing: Narrowing;
}

/** Every kind of resource, with what of the workspace it sees. A new one is a folder in `resources/` and a line here. */
export const KINDS: readonly BoundKind<World>[] = [
  within(bindKind(clusterKind), ({ k3d, narrowing }) => ({ world: k3d, see: narrowing.clusters })),
  within(bindKind(mappingKind), ({ k3d, narrowing }) => ({ world: k3d, see: narrowing.clusters })),
  within(bindKind(nodePortKind), ({ nodePorts }) => ({ world: nodePorts, see: (workspace) => workspace })),
  within(bindKind(forwardKind), ({ forwards, narrowing }) => ({ world: forwards, see: narrowing.forwards })),
];

/** A kind that acts on a part of the world, for a part of the workspace. */
function within<W>(
  kind: BoundKind<W>,
  part: (world: World) => { readonly world: W; readonly see: (workspace: Workspace) => Workspace },
): BoundKind<World> {
  return {
    name: kind.name,
    plan: (workspace, whole, signal) => {
      const { world, see } = part(whole);
      return kind.plan(see(workspace), world, signal);
    },
  };
}
