import type { TargetState } from "../model/cluster_access.ts";
import type { BackendDetails } from "../model/forward_details.ts";
import type { Condition } from "./condition.ts";
import { backendId } from "./endpoint_choice.ts";
import { readyState } from "./readiness.ts";

/** What stands behind a target, and which of it a forward uses; empty where nothing is known. */
export function backendsKnown(state: TargetState | undefined, condition: Condition): readonly BackendDetails[] {
  const ready = state === undefined ? null : readyState(state);
  const { backendId: usedId, view: { backend: used } } = condition;
  return (ready?.backends ?? []).map((backend) => {
    const pod = backend.kind === "pod" ? `${backend.pod.namespace}/${backend.pod.name}` : null;
    const address = backend.kind === "pod"
      ? `pod ${pod}:${backend.port}`
      : `${backend.address.host}:${backend.address.port}`;
    const inUse = usedId === backendId(backend) || used === address || (ready?.backends.length === 1 && used !== null);
    return { address, pod, ready: true, inUse };
  });
}
