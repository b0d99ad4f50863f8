import { clusterIdentity, type K3dResult, NO_NOTE, nodesOfRole, workspaceOf } from "../../model/k3d.ts";
import type { Outcome } from "../../model/plan.ts";
import { failure } from "./apply.ts";
import { ownerOf } from "./observe.ts";
import { reporting, settled } from "./settle.ts";
import type { K3dWorld } from "./world.ts";

interface Context {
  readonly world: K3dWorld;
  readonly signal: AbortSignal;
}

/** k3d's names of the clusters on this machine that this workspace made, in the file or not. */
export async function ownClusters({ world, signal }: Context): Promise<K3dResult<readonly string[]>> {
  const seen = await world.k3d.observe([], signal);
  if (!seen.ok) return seen;
  const ours = seen.value.clusters.filter((facts) => workspaceOf(facts) === world.workspaceId);
  return { ok: true, value: ours.map((facts) => facts.name) };
}

/** Stops a cluster that this workspace made; any other is left as it is, and the outcome says so. */
export function stopCluster(k3dName: string, context: Context): Promise<Outcome> {
  return ifOurs(k3dName, context, (call) => context.world.k3d.stop(k3dName, call));
}

/** Deletes a cluster that this workspace made, with everything in it; any other is left as it is, and the outcome says so. Ask before. */
export function deleteCluster(k3dName: string, context: Context): Promise<Outcome> {
  return ifOurs(k3dName, context, (call) => context.world.k3d.delete(k3dName, call), { gone: true });
}

function ifOurs(
  k3dName: string,
  context: Context,
  action: (call: ReturnType<typeof reporting>) => ReturnType<K3dWorld["k3d"]["stop"]>,
  { gone = false } = {},
): Promise<Outcome> {
  const { world, signal } = context;
  return world.locks.run(k3dName, async (): Promise<Outcome> => {
    const looked = await settled({ cluster: k3dName, k3dName }, context);
    if (!looked.ok) return failure(looked.failure);
    const facts = looked.value;
    if (facts === null) return { status: "done" };
    if (nodesOfRole(facts, "server").length === 0 || ownerOf(facts, world.workspaceId) !== "ours") {
      return {
        status: "blocked",
        reason: "not-ours",
        message: `k3d cluster ${k3dName} was not made by this workspace: it is left as it is`,
      };
    }
    const done = await action(reporting(world, k3dName, signal));
    if (!done.ok) return failure(done.failure);
    if (!gone) return { status: "done" };
    const after = await world.k3d.inspect(k3dName, signal);
    if (!after.ok) return failure(after.failure);
    // k3d says 0 for a deletion that did nothing.
    if (after.value !== null) {
      return failure({ reason: "k3d-failed", message: `k3d cluster ${k3dName} was not deleted` });
    }
    await world.ledger.write(clusterIdentity(facts), NO_NOTE);
    return { status: "done" };
  });
}
