import { k3dContext } from "../conventions/k3d_names.ts";
import type { ClusterSpec } from "../model/workspace.ts";
import type { KubeconfigChoice } from "./kubeconfig.ts";

/** Where the kubeconfig of a cluster is, as far as the file says. */
export function writtenChoice({ access }: Pick<ClusterSpec, "access">): Omit<KubeconfigChoice, "cluster"> {
  if (access.kind === "k3d") return { context: k3dContext(access.spec.name) };
  if (access.kind !== "kubeconfig") return {};
  const { kubeconfig, context } = access;
  return { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
}
