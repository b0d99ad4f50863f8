import { join } from "node:path";
import type { ClusterRegistry } from "../control/cluster_registry.ts";
import type { LiveClusters } from "../control/live_clusters.ts";
import type { NodePortWorld } from "../resources/node_port/world.ts";
import { readJson, writeJson } from "../state/atomic_json.ts";
import type { WorkspacePaths } from "../state/paths.ts";

/** How long a plan waits for a cluster to say what it holds, in milliseconds. */
const LIVE_TIMEOUT = 5_000;

/** The clusters in which Services of ours may be, remembered between runs: what is no longer asked for is found there and removed. */
export class TouchedClusters {
  readonly names: Set<string>;
  readonly #path: string;

  private constructor(path: string, names: readonly string[]) {
    this.#path = path;
    this.names = new Set(names);
  }

  static async open(paths: WorkspacePaths): Promise<TouchedClusters> {
    const path = join(paths.stateDir, "touched.json");
    const read = await readJson(path, asNames);
    return new TouchedClusters(path, read.kind === "ok" ? read.value : []);
  }

  /** Remembers a cluster; on disk when it resolves. */
  async add(name: string): Promise<void> {
    if (this.names.has(name)) return;
    this.names.add(name);
    await writeJson(this.#path, { formatVersion: 1, clusters: [...this.names].sort() });
  }
}

/** The world of the kind `node_port`. `write` absent: plans are only shown. */
export function nodePortWorld(of: {
  readonly workspaceId: string;
  readonly registry: ClusterRegistry;
  readonly live: LiveClusters;
  readonly touched: TouchedClusters;
}): NodePortWorld {
  const { workspaceId, registry, live, touched } = of;
  return {
    workspaceId,
    live: (cluster, signal) => live.live(cluster, { signal, timeout: LIVE_TIMEOUT }),
    select: async ({ cluster, target, port }, signal) =>
      await registry.get(cluster)?.select?.(target, port, signal) ??
        { kind: "none", message: `cluster ${cluster} is not connected`, retry: true },
    services: (cluster) => registry.get(cluster)?.services,
    touched: touched.names,
    touch: (cluster) => touched.add(cluster),
    refused: (refusal) => live.refused(refusal),
  };
}

function asNames(value: unknown): readonly string[] | undefined {
  if (typeof value !== "object" || value === null || !("clusters" in value) || !Array.isArray(value.clusters)) {
    return undefined;
  }
  const names = value.clusters.filter((one): one is string => typeof one === "string");
  return names.length === value.clusters.length ? names : undefined;
}
