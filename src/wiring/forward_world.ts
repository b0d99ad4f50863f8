import type { ClusterRegistry } from "../control/cluster_registry.ts";
import { autoPort } from "../conventions/auto_port.ts";
import type { ForwarderView } from "../model/forwarders.ts";
import type { Leases } from "../state/leases.ts";
import type { Host } from "./host.ts";
import { portHolders } from "./port_holders.ts";
import type { ForwardWorld } from "../resources/forward/world.ts";

/** How long a plan waits for a cluster to say what a target is, in milliseconds. */
const PREVIEW_TIMEOUT = 5_000;

/** The part of the world of plans that are only shown: it looks at clusters and at ports, and changes nothing. */
export function planningForwards(
  host: Host,
  { view, registry, leases, takeOver }: {
    readonly view: ForwarderView;
    readonly registry: ClusterRegistry;
    readonly leases: Leases;
    readonly takeOver: boolean | undefined;
  },
): ForwardWorld {
  const { clock } = host;
  return {
    view,
    localPort: ({ name, local }) => {
      if (local.kind === "fixed") return local.port;
      return local.kind === "auto" ? leases.get(name) ?? autoPort(name) : null;
    },
    ...(takeOver === undefined ? {} : { takeOver }),
    holder: portHolders(host, new AbortController().signal),
    preview: async (spec, signal) => {
      const cluster = registry.get(spec.cluster);
      if (cluster === undefined) {
        return { route: null, routeReason: null, backend: null, note: "its cluster is not in the file" };
      }
      const { previewForward } = await import("../forward/preview.ts");
      return await previewForward(spec, { cluster, clock, signal, timeout: PREVIEW_TIMEOUT });
    },
  };
}
