/** A whole `up` without its file: registry, live clusters, loop, kinds and forwarders over one cluster of a kubeconfig. */
import { ClusterRegistry } from "../../src/control/cluster_registry.ts";
import { LiveClusters } from "../../src/control/live_clusters.ts";
import { bindKind, type BoundKind } from "../../src/engine/bound_kind.ts";
import { NO_PERMISSIONS } from "../../src/engine/executor.ts";
import { createLoop } from "../../src/engine/loop.ts";
import { createForwarders } from "../../src/forward/forwarders.ts";
import { systemClock } from "../../src/host/clock.ts";
import { connectCluster } from "../../src/kube/cluster_access.ts";
import type { Forwarders } from "../../src/model/forwarders.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import type { Workspace } from "../../src/model/workspace.ts";
import { forwardKind } from "../../src/resources/forward/kind.ts";
import type { ForwardWorld } from "../../src/resources/forward/world.ts";
import { nodePortKind } from "../../src/resources/node_port/kind.ts";
import type { NodePortWorld } from "../../src/resources/node_port/world.ts";

type World = ForwardWorld & NodePortWorld;

const KINDS: readonly BoundKind<World>[] = [bindKind(nodePortKind), bindKind(forwardKind)];

/** Forwards that follow live clusters, with all of the control plane but the daemon. */
export interface Machine extends AsyncDisposable {
  readonly forwarders: Forwarders;
  readonly live: LiveClusters;
  /** What went wrong in passes, as `key: message`. */
  readonly problems: string[];
  /** Puts another workspace in force and makes a pass. */
  use(workspace: Workspace): Promise<void>;
  /** The names of the running forwards and their ports, sorted. */
  listening(): readonly string[];
  /** What would be done now. */
  plan(): Promise<readonly string[]>;
}

/** Starts it. `kubeconfig`: a path. */
export async function startMachine(
  first: Workspace,
  { kubeconfig, context, workspaceId = "test" }: {
    readonly kubeconfig: string;
    readonly context?: string;
    readonly workspaceId?: string;
  },
): Promise<Machine> {
  const clock = systemClock();
  const stop = new AbortController();
  const { signal } = stop;
  let workspace = first;
  const registry = new ClusterRegistry((spec) =>
    connectCluster(spec, {
      clock,
      random: Math.random,
      log: NO_LOG,
      env: () => undefined,
      home: undefined,
      resolve: () => Promise.resolve({ kubeconfig, ...(context === undefined ? {} : { context }) }),
    })
  );
  const touched = new Set<string>();
  const live = new LiveClusters({ clusters: (name) => registry.get(name), clock, touched });
  const forwarders = createForwarders({
    clock,
    random: Math.random,
    log: NO_LOG,
    clusters: (name) => registry.get(name),
    albNames: (cluster, of) => live.albName(cluster, of),
    exec: () => Promise.resolve({ code: 0, stderr: "" }),
    whoHolds: () => Promise.resolve(null),
    leases: { get: () => undefined, set: () => {} },
  });
  const problems: string[] = [];
  const world: World = {
    view: forwarders,
    forwarders,
    localPort: () => null,
    workspaceId,
    live: (cluster, cut) => live.live(cluster, { signal: cut, timeout: 5_000 }),
    select: ({ cluster, target, port }, cut) => {
      const access = registry.get(cluster);
      return access?.select?.(target, port, cut) ?? Promise.resolve({ kind: "none", message: "gone", retry: true });
    },
    services: (cluster) => registry.get(cluster)?.services,
    touched,
    touch: (cluster) => {
      touched.add(cluster);
      return Promise.resolve();
    },
    refused: (of) => live.refused(of),
  };
  const loop = createLoop({
    kinds: KINDS,
    world,
    workspace: () => live.expand(workspace).workspace,
    permissions: () => NO_PERMISSIONS,
    clock,
    random: Math.random,
    sources: [live.source],
    hooks: {
      onActionEnd: ({ action, outcome }) => {
        if ("message" in outcome) problems.push(`${action.key}: ${outcome.message}`);
      },
      onBug: (error) => problems.push(`bug: ${error}`),
    },
  });
  const connect = async () => {
    await registry.use(workspace);
    live.use(workspace);
    await live.ready({ signal, timeout: 5_000 });
  };
  await connect();
  await loop.start();
  return {
    forwarders,
    live,
    problems,
    use: async (next) => {
      workspace = next;
      await connect();
      await loop.look({ kind: "file", detail: null });
    },
    listening: () =>
      forwarders.running().flatMap(({ spec, listen }) =>
        listen.length === 0 ? [] : [`${spec.name} ${[...new Set(listen.map(({ port }) => port))].join(",")}`]
      ).sort(),
    plan: async () => {
      const expanded = live.expand(workspace).workspace;
      const all = await Promise.all(KINDS.map((kind) => kind.plan(expanded, world, signal)));
      return all.flat().map(({ action }) => `${action.op} ${action.key}: ${action.reason}`).sort();
    },
    [Symbol.asyncDispose]: async () => {
      await loop.stop(signal);
      live.close();
      stop.abort();
      await forwarders.close(signal);
      await registry.close();
    },
  };
}
