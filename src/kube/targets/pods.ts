import { meets, type Requirement } from "../../conventions/label_selector.ts";
import type { Backend, TargetState } from "../../model/cluster_access.ts";
import type { Port } from "../../model/port.ts";
import type { TargetPort } from "../../model/workspace.ts";
import type { PodObject } from "../objects.ts";

/** A backend that is a pod. */
export type PodBackend = Extract<Backend, { kind: "pod" }>;

/** The state of a target that is a set of pods. */
export interface PodSet {
  /** All of them, ready or not. */
  readonly pods: readonly PodObject[];
  readonly port: TargetPort;
  /** In words, for messages: `pod default/web-0`. */
  readonly what: string;
  readonly prefer: "newest" | "any";
}

/** The backends among `pods`: ready, not terminating, newest first, with the port resolved in each. A number is always accepted. */
export function podSetState({ pods, port, what, prefer }: PodSet): TargetState {
  const backends: PodBackend[] = [];
  const names = new Set<string>();
  let named = typeof port === "number" || pods.length === 0;
  for (const pod of pods) {
    const found = typeof port === "number" ? port : namedPort(pod, port);
    for (const one of pod.ports) names.add(one.name);
    if (found === null) continue;
    named = true;
    if (isUp(pod)) backends.push(podBackend(pod, found));
  }
  if (!named) {
    const known = names.size === 0 ? "they name none" : `they name ${[...names].sort().join(", ")}`;
    return {
      kind: "missing",
      reason: "port-not-found",
      message: `${what} has no container port named '${port}': ${known}`,
    };
  }
  return {
    kind: "known",
    backends: backends.sort(newestFirst),
    nodePorts: [],
    prefer,
    message: backends.length === 0 ? `${what} has no ready pod: ${podSummary(pods)}` : null,
  };
}

/** A pod as a backend. */
function podBackend({ namespace, name, uid, createdAt }: PodObject, port: Port): PodBackend {
  return { kind: "pod", pod: { namespace, name, uid }, port, createdAt };
}

/** The number of a pod's named port, or null. */
function namedPort(pod: PodObject, name: string): Port | null {
  return pod.ports.find((one) => one.name === name)?.port ?? null;
}

/** Whether a pod takes new connections. */
export function isUp(pod: PodObject): boolean {
  return pod.ready && !pod.terminating;
}

/** Newest first; by name where two are as old, so that the order is always the same. Backends without a pod come last. */
export function newestFirst(a: Backend, b: Backend): number {
  if (a.kind === "address" || b.kind === "address") {
    if (a.kind !== b.kind) return a.kind === "pod" ? -1 : 1;
    return compare(addressText(a), addressText(b));
  }
  return b.createdAt - a.createdAt || compare(a.pod.name, b.pod.name) || a.port - b.port;
}

function addressText(backend: Backend): string {
  return backend.kind === "address" ? `${backend.address.host} ${backend.address.port}` : "";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What is there instead of ready pods: `2 pods: 1 terminating, 1 not ready (CrashLoopBackOff)`. */
export function podSummary(pods: readonly PodObject[]): string {
  if (pods.length === 0) return "there are no pods";
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const what = pod.terminating
      ? "terminating"
      : pod.phase === "Succeeded" || pod.phase === "Failed"
      ? pod.phase === "Succeeded" ? "completed" : "failed"
      : pod.ready
      ? "ready"
      : `not ready${pod.problem === null ? "" : ` (${pod.problem})`}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const parts = [...counts].sort(([a], [b]) => compare(a, b)).map(([what, count]) => `${count} ${what}`);
  return `${pods.length} ${pods.length === 1 ? "pod" : "pods"}: ${parts.join(", ")}`;
}

/** Whether labels have all of `wanted`. Nothing wanted selects nothing. */
export function hasLabels(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  const pairs = Object.entries(wanted);
  return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value);
}

/** Whether labels meet a workload's selector (LabelSelector of apimachinery). An empty selector selects nothing. */
export function isSelected(
  labels: Readonly<Record<string, string>>,
  requirements: readonly Requirement[],
): boolean {
  return requirements.length > 0 && requirements.every((requirement) => meets(labels, requirement));
}
