import type { DraftCluster } from "./draft.ts";

/** The cluster that a command, or an entry of a file, without more words than these leads to. */
export function clusterOf(
  { context, kubeconfig }: { readonly context?: string | undefined; readonly kubeconfig?: string | undefined },
): DraftCluster {
  return {
    id: JSON.stringify([context ?? null, kubeconfig ?? null]),
    name: context ?? "current",
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
}
