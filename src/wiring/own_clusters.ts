import type { OwnClusters } from "../cli/services.ts";
import { ControlError } from "../control/control_error.ts";
import { deleteCluster, ownClusters, stopCluster } from "../resources/cluster/removal.ts";
import { StateError } from "../state/atomic_json.ts";
import { takeLock } from "../state/lock.ts";
import type { Host } from "./host.ts";
import { k3dWorld, makeK3d } from "./k3d.ts";
import { statePaths } from "./locate.ts";

/**
 * The k3d clusters that the workspace of `file` made, held against an `up` that would make them anew. Rejects with `ControlError` where
 * the state folder is of no use.
 */
export async function findOwnClusters(host: Host, file: string, signal: AbortSignal): Promise<OwnClusters> {
  const paths = await statePaths(host, file);
  const holder = { pid: host.pid, since: new Date(host.clock.now()).toISOString() };
  const taken = await takeLock(paths.lock, holder).catch((error: unknown) => {
    throw error instanceof StateError ? new ControlError("refused", error.message) : error;
  });
  if (taken.kind === "held") return { kind: "held", by: taken.by };
  await using stack = new AsyncDisposableStack();
  stack.defer(() => taken.lock.release());
  const { world } = await k3dWorld(host, { k3d: makeK3d(host), paths });
  const names = await ownClusters({ world, signal });
  if (!names.ok) return { kind: "unavailable", ...names.failure };
  const release = stack.move();
  return {
    kind: "found",
    names: names.value,
    end: (name, how, asked) => (how === "stop" ? stopCluster : deleteCluster)(name, { world, signal: asked }),
    [Symbol.asyncDispose]: () => release.disposeAsync(),
  };
}
