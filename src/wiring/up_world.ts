import type { UpOptions } from "../cli/services.ts";
import type { ClusterRegistry } from "../control/cluster_registry.ts";
import { LiveClusters } from "../control/live_clusters.ts";
import { MachineWatch } from "../host/machine_watch.ts";
import { MemoryTrim, ownProcess } from "../host/memory_trim.ts";
import type { Forwarders } from "../model/forwarders.ts";
import type { StatusDocument } from "../model/status_document.ts";
import type { Workspace } from "../model/workspace.ts";
import type { K3dWorld } from "../resources/cluster/world.ts";
import type { NodePortWorld } from "../resources/node_port/world.ts";
import { type CreatedTimes, openCreated } from "../state/created.ts";
import { type Leases, openLeases } from "../state/leases.ts";
import type { WorkspacePaths } from "../state/paths.ts";
import { makeRegistry } from "./clusters.ts";
import type { Host } from "./host.ts";
import { k3dWorld, makeK3d } from "./k3d.ts";
import { type ProcessMetrics, processMetrics } from "./metrics.ts";
import { nodePortWorld, TouchedClusters } from "./node_ports.ts";
import { clusterEvent, type Tell } from "./notes.ts";
import { type FindHolder, portHolders } from "./port_holders.ts";
import { publishedPorts } from "./published.ts";
import { upForwarders } from "./up_forwarders.ts";

/** All that the daemon of `up` acts on: the clusters, the data plane, this machine, and what is remembered of earlier runs. */
export interface UpWorld {
  readonly metrics: ProcessMetrics;
  readonly registry: ClusterRegistry;
  readonly live: LiveClusters;
  readonly forwarders: Forwarders;
  /** Watches once it is started. */
  readonly machine: MachineWatch;
  readonly k3d: K3dWorld;
  readonly nodePorts: NodePortWorld;
  readonly leases: Leases;
  readonly created: CreatedTimes;
  readonly holderOf: FindHolder;
  /** Connects what a workspace asks for, lets go of the rest, and follows what lives in its clusters. */
  connect(workspace: Workspace): Promise<void>;
}

/**
 * Opens the world of one `up`; `stack` closes it. `tell` and `status` are the daemon's, which is made later: neither is called before
 * something runs. Rejects with `StateError`.
 */
export async function openUpWorld(
  host: Host,
  { options, paths, stack, tell, status }: {
    readonly options: UpOptions;
    readonly paths: WorkspacePaths;
    readonly stack: AsyncDisposableStack;
    readonly tell: Tell;
    readonly status: () => StatusDocument;
  },
): Promise<UpWorld> {
  const { clock } = host;
  const { ui, now } = options;
  const { leases, problem } = await openLeases(paths.leases);
  if (problem !== null) ui.note(problem);
  const metrics = await processMetrics({ wanted: options.metrics !== null || options.dashboard !== null }, status);
  const { meter } = metrics;

  const k3d = makeK3d(host, meter);
  const registry = makeRegistry(host, { k3d, dir: paths.runtimeDir, meter });
  stack.defer(() => registry.close());
  const touched = await TouchedClusters.open(paths);
  let inForce = options.loaded.workspace;
  const live = new LiveClusters({
    clusters: (name) => registry.get(name),
    clock,
    touched: touched.names,
    published: (cluster) => publishedPorts(inForce, cluster),
  });
  stack.defer(() => live.close());

  const holderOf = portHolders(host, now);
  const forwarders = upForwarders(host, { options, registry, live, leases, meter, holderOf, tell });
  stack.defer(() => forwarders.close(now));
  const machine = new MachineWatch({ clock });
  stack.defer(() => machine.close());
  const own = ownProcess(host.env);
  if (own !== null) {
    stack.use(own);
    const trim = new MemoryTrim(own, { clock });
    trim.start();
    stack.defer(() => trim.close());
  }

  const k3dClusters = await k3dWorld(host, {
    k3d,
    paths,
    report: ({ cluster, message }) => tell(clusterEvent("progress", cluster, message)),
    // Its API may have moved, and what went through its load balancer is cut.
    changed: ({ cluster }) => registry.get(cluster)?.refresh(),
  });
  if (k3dClusters.problem !== null) ui.note(k3dClusters.problem);
  return {
    metrics,
    registry,
    live,
    forwarders,
    machine,
    k3d: k3dClusters.world,
    nodePorts: nodePortWorld({ workspaceId: paths.id, registry, live, touched }),
    leases,
    created: await openCreated(paths.created),
    holderOf,
    connect: async (workspace) => {
      inForce = workspace;
      await registry.use(workspace);
      live.use(workspace);
    },
  };
}
