import type { TargetState } from "../../model/cluster_access.ts";
import type { Target, TargetPort } from "../../model/workspace.ts";
import { describeTarget } from "../../model/workspace.ts";
import { hasLabels, isSelected, podSetState } from "./pods.ts";
import { notReady, objectsOf, type Snapshot } from "./snapshot.ts";

/** The state of one pod. */
export function podState(
  snapshot: Snapshot,
  { target, port }: { readonly target: Extract<Target, { kind: "pod" }>; readonly port: TargetPort },
): TargetState {
  const pods = snapshot.read("pods", target.namespace);
  const waiting = notReady(pods);
  if (waiting !== null) return waiting;
  const what = describeTarget(target);
  const pod = objectsOf(pods).get(target.name);
  if (pod === undefined) return { kind: "missing", reason: "not-found", message: `${what} does not exist` };
  return podSetState({ pods: [pod], port, what, prefer: "any" });
}

/** The state of the pods that a Deployment or a StatefulSet selects. */
export function workloadState(
  snapshot: Snapshot,
  { target, port }: {
    readonly target: Extract<Target, { kind: "deployment" | "statefulset" }>;
    readonly port: TargetPort;
  },
): TargetState {
  const workloads = snapshot.read(target.kind === "deployment" ? "deployments" : "statefulSets", target.namespace);
  const pods = snapshot.read("pods", target.namespace);
  const waiting = notReady(workloads, pods);
  if (waiting !== null) return waiting;
  const what = describeTarget(target);
  const workload = objectsOf(workloads).get(target.name);
  if (workload === undefined) return { kind: "missing", reason: "not-found", message: `${what} does not exist` };
  const selected = [...objectsOf(pods).values()].filter((pod) => isSelected(pod.labels, workload.requirements));
  const state = podSetState({ pods: selected, port, what, prefer: "any" });
  return state.kind === "known" && selected.length === 0 && workload.replicas === 0
    ? { ...state, message: `${what} is scaled to 0` }
    : state;
}

/** The state of the pods with these labels. */
export function selectorState(
  snapshot: Snapshot,
  { target, port }: { readonly target: Extract<Target, { kind: "selector" }>; readonly port: TargetPort },
): TargetState {
  const pods = snapshot.read("pods", target.namespace);
  const waiting = notReady(pods);
  if (waiting !== null) return waiting;
  const selected = [...objectsOf(pods).values()].filter((pod) => hasLabels(pod.labels, target.labels));
  return podSetState({ pods: selected, port, what: describeTarget(target), prefer: "any" });
}
