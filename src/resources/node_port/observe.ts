import { AccessError } from "../../model/cluster_access.ts";
import type { LiveCluster } from "../../model/live_cluster.ts";
import type { Reason } from "../../model/status.ts";
import type { Selection } from "../../model/service_writer.ts";
import type { DesiredNodePorts } from "./desired.ts";
import type { NodePortWorld } from "./world.ts";

/** One cluster as the kind sees it. */
export type ObservedNodePorts =
  & { readonly cluster: string; readonly workspaceId: string }
  & (
    | { readonly kind: "unknown"; readonly reason: Reason; readonly message: string }
    | {
      readonly kind: "known";
      readonly live: LiveCluster;
      /** By forward: what its companion must be like. */
      readonly selections: ReadonlyMap<string, Selection>;
    }
  );

/** Looks at the clusters where something is wanted, or where something of ours may be. Nothing is asked of any other. */
export async function observeNodePorts(
  desired: readonly DesiredNodePorts[],
  { world, signal }: { readonly world: NodePortWorld; readonly signal: AbortSignal },
): Promise<readonly ObservedNodePorts[]> {
  const { workspaceId } = world;
  const concerned = desired.filter(({ cluster, wanted }) => wanted.length > 0 || world.touched.has(cluster));
  return await Promise.all(concerned.map(async ({ cluster, wanted }): Promise<ObservedNodePorts> => {
    try {
      const state = await world.live(cluster, signal);
      if (state.kind === "unknown") return { ...state, cluster, workspaceId };
      const companions = wanted.filter(({ expose }) => expose.kind === "companion");
      const selections = await Promise.all(
        companions.map(async ({ forward, target, port }) =>
          [forward, await world.select({ cluster, target, port }, signal)] as const
        ),
      );
      return { kind: "known", cluster, workspaceId, live: state.live, selections: new Map(selections) };
    } catch (error) {
      if (!(error instanceof AccessError)) throw error;
      return { kind: "unknown", cluster, workspaceId, reason: error.reason, message: error.message };
    }
  }));
}
