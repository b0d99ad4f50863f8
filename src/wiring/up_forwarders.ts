import type { UpOptions } from "../cli/services.ts";
import type { ClusterRegistry } from "../control/cluster_registry.ts";
import type { LiveClusters } from "../control/live_clusters.ts";
import { createForwarders } from "../forward/forwarders.ts";
import type { ForwardersWorld } from "../forward/world.ts";
import type { Forwarders } from "../model/forwarders.ts";
import { key } from "../model/key.ts";
import type { Meter } from "../model/meter.ts";
import type { Leases } from "../state/leases.ts";
import type { Host } from "./host.ts";
import type { Tell } from "./notes.ts";
import type { FindHolder } from "./port_holders.ts";
import { takePort } from "./take_port.ts";

/** The data plane of `up`, over the clusters and ports of this machine. `tell` hears of ports that are taken over. */
export function upForwarders(
  host: Host,
  { options, registry, live, leases, meter, holderOf, tell }: {
    readonly options: Pick<UpOptions, "loaded" | "takeOver" | "now" | "ui">;
    readonly registry: ClusterRegistry;
    readonly live: LiveClusters;
    readonly leases: Leases;
    readonly meter: Meter;
    readonly holderOf: FindHolder;
    readonly tell: Tell;
  },
): Forwarders {
  const { clock, random, log } = host;
  return createForwarders({
    clock,
    random,
    log: log("forward"),
    meter,
    clusters: (name) => registry.get(name),
    albNames: (cluster, of) => live.albName(cluster, of),
    exec: async (argv, { env, timeout, signal }) => {
      const { code, stderr } = await host.shell(argv, { env, timeout, signal });
      return { code, stderr };
    },
    whoHolds: async (address, protocol) => (await holderOf(address, protocol))?.words ?? null,
    takeOver: async (address, { name, onConflict, protocol }) => {
      if (onConflict !== "take-over" && !(options.takeOver && onConflict === "fail")) return false;
      const holder = await holderOf(address, protocol);
      const done = holder === null
        ? null
        : await takePort(host, holder, { file: options.loaded.workspace.file, signal: options.now });
      if (done === null) return false;
      tell({
        type: "conflict",
        key: key("forward", name),
        status: null,
        reason: "port-in-use",
        message: `Port ${address.port} taken over: ${done}`,
      });
      return true;
    },
    leases: portLeases(leases, (message) => options.ui.note(message)),
  });
}

function portLeases(leases: Leases, note: (message: string) => void): ForwardersWorld["leases"] {
  return {
    get: (name) => leases.get(name),
    set: (name, port) => {
      leases.remember(name, port).catch((error: unknown) =>
        note(error instanceof Error ? error.message : String(error))
      );
    },
  };
}
