import { ClusterRegistry } from "../control/cluster_registry.ts";
import { insideContainer } from "../host/container.ts";
import { connectCluster } from "../kube/cluster_access.ts";
import type { K3dControl } from "../model/k3d.ts";
import { type Meter, NO_METER } from "../model/meter.ts";
import type { Host } from "./host.ts";
import { k3dKubeconfig } from "./k3d.ts";
import { Sandboxes } from "./sandboxes.ts";

/** The clusters of a workspace over real connections. `dir`: where the kubeconfigs of sandboxes may be put. */
export function makeRegistry(
  host: Host,
  { k3d, dir, meter = NO_METER }: { readonly k3d: K3dControl; readonly dir: string; readonly meter?: Meter },
): ClusterRegistry {
  const { clock, random, log, env, home } = host;
  const sandboxes = new Sandboxes(host, dir);
  return new ClusterRegistry(
    (spec) =>
      connectCluster(spec, {
        clock,
        random,
        log: log("kube"),
        meter,
        env,
        home,
        inContainer: () => insideContainer(env),
        resolve: async ({ access }) => {
          switch (access.kind) {
            case "sandbox":
              return { kubeconfig: await sandboxes.kubeconfig(spec) };
            case "k3d":
              return { given: await k3dKubeconfig(k3d, access.spec) };
            case "kubeconfig":
              return null;
            default:
              return access satisfies never;
          }
        },
      }),
    ({ name }) => sandboxes.close(name),
  );
}
