import { join } from "node:path";
import { createK3dControl } from "../k3d/control.ts";
import { findPortHolder } from "../host/port_holder.ts";
import { setVariables } from "../host/variables.ts";
import { AccessError } from "../model/cluster_access.ts";
import type { K3dControl, K3dSpec } from "../model/k3d.ts";
import { type Meter, NO_METER } from "../model/meter.ts";
import { ClusterLocks, type K3dWorld } from "../resources/cluster/world.ts";
import { openK3dLedger } from "../state/k3d_ledger.ts";
import type { WorkspacePaths } from "../state/paths.ts";
import type { Host } from "./host.ts";

/** Settings of k3d's own that a person may have made, and that its commands must get to see. */
const K3D_SETTINGS = [
  "K3D_IMAGE_LOADBALANCER",
  "K3D_IMAGE_TOOLS",
  "K3D_HELPER_IMAGE_TAG",
  "K3D_FIX_DNS",
  "K3D_FIX_MOUNTS",
  "K3D_FIX_CGROUPV2",
  "K3D_STANDIN_VERSION",
  "DOCKER_SOCK",
] as const;

/** k3d and docker on this machine. */
export function makeK3d(host: Host, meter: Meter = NO_METER): K3dControl {
  return createK3dControl({
    run: host.shell,
    env: setVariables(K3D_SETTINGS, host.env),
    log: host.log("k3d"),
    onEdit: (name, { ok }) => meter.k3dEdited(name, ok ? "done" : "failed"),
  });
}

/** The world of the kinds `cluster` and `mapping` of one workspace. `problem`: what was remembered and could not be read. */
export async function k3dWorld(
  host: Host,
  { k3d, paths, ...tell }: {
    readonly k3d: K3dControl;
    readonly paths: WorkspacePaths;
    readonly report?: NonNullable<K3dWorld["report"]>;
    readonly changed?: NonNullable<K3dWorld["changed"]>;
  },
): Promise<{ readonly world: K3dWorld; readonly problem: string | null }> {
  const { ledger, problem } = await openK3dLedger(join(paths.stateDir, "k3d.json"));
  const world: K3dWorld = {
    k3d,
    clock: host.clock,
    workspaceId: paths.id,
    ledger,
    holder: async (address, protocol) =>
      protocol === "sctp"
        ? null
        : await findPortHolder(address, { shell: host.shell, signal: new AbortController().signal, protocol }),
    locks: new ClusterLocks(),
    ...tell,
  };
  return { world, problem };
}

/**
 * The kubeconfig of a cluster as it is now: an edit may have moved its API port. It holds a key that may do anything in the cluster, so it is
 * put in no file. Rejects with `AccessError` while there is no such cluster.
 */
export async function k3dKubeconfig(k3d: K3dControl, spec: K3dSpec): Promise<string> {
  const got = await k3d.kubeconfig(spec.name, new AbortController().signal);
  if (!got.ok) throw new AccessError("cluster-unreachable", await whyNot(k3d, spec, got.failure.message));
  return got.value;
}

/** k3d's own words for a cluster that is not there, or not up yet, are of no use to a reader. */
async function whyNot(k3d: K3dControl, spec: K3dSpec, message: string): Promise<string> {
  const looked = await k3d.inspect(spec.name, new AbortController().signal);
  if (!looked.ok) return message;
  if (looked.value === null) return `k3d cluster ${spec.name} is not there yet`;
  const up = looked.value.nodes.filter(({ role }) => role !== "other").every(({ state }) => state === "running");
  return `k3d cluster ${spec.name} ${up ? "does not give its kubeconfig yet" : "does not run yet"}`;
}
