import {
  type EcsCluster,
  isTaskPod,
  LABEL_TASK_ID,
  namespaceOf,
  serviceObjectNames,
  servicePodLabels,
  taskPodLabels,
} from "../../conventions/kecs_labels.ts";
import { tagLabels } from "../../conventions/tags.ts";
import type { TargetState } from "../../model/cluster_access.ts";
import type { SocketAddress } from "../../model/status.ts";
import { describeTarget, type Target, type TargetPort } from "../../model/workspace.ts";
import type { PodObject, ServiceObject, ServicePort } from "../objects.ts";
import { hasLabels, isSelected, isUp, podSetState } from "./pods.ts";
import { nodePortsOf, serviceState } from "./service.ts";
import { notReady, objectsOf, type Snapshot, WAITING } from "./snapshot.ts";

/** An ECS target and what is needed to find it. */
export interface EcsQuery<K extends "ecsService" | "ecsTask" | "ecsTags"> {
  readonly target: Extract<Target, { kind: K }>;
  readonly port: TargetPort;
  /** The region of the KECS instance. */
  readonly region: string;
}

/**
 * The state of an ECS service: its Service where that has the port (its own or the container's number), else the pods of its Deployment.
 * Known without a NodePort, `message` says so in KECS' words: connections through the API server go on.
 */
export function ecsServiceState(snapshot: Snapshot, { target, port, region }: EcsQuery<"ecsService">): TargetState {
  const namespace = findNamespace(snapshot, { name: target.ecsCluster, region });
  if (namespace === null) return WAITING;
  const services = snapshot.read("services", namespace);
  const deployments = snapshot.read("deployments", namespace);
  const pods = snapshot.read("pods", namespace);
  const waiting = notReady(services, pods) ?? (deployments.state === "pending" ? WAITING : null);
  if (waiting !== null) return waiting;
  const names = serviceObjectNames(target.name);
  const service = firstOf(objectsOf(services), names);
  const servicePort = service === undefined ? undefined : portOf(service, port);
  const noNodePort = `service ${target.name} does not have a NodePort. Ensure assignPublicIp is enabled`;
  if (service !== undefined && servicePort !== undefined) {
    const state = serviceState(snapshot, { namespace, name: service.name, port: servicePort.port });
    return servicePort.nodePort === null ? withNote(state, noNodePort) : state;
  }
  const deployment = firstOf(objectsOf(deployments), names);
  const own = [...objectsOf(pods).values()].filter((pod) =>
    !isTaskPod(pod.labels) &&
    (hasLabels(pod.labels, servicePodLabels(target.name)) ||
      (deployment !== undefined && isSelected(pod.labels, deployment.requirements)))
  );
  const what = describeTarget(target);
  if (service === undefined && deployment === undefined && own.length === 0) {
    return { kind: "missing", reason: "not-found", message: `${what} does not exist (namespace ${namespace})` };
  }
  return withNote(podSetState({ pods: own, port, what, prefer: "any" }), noNodePort);
}

/** The state of one task, by its id. */
export function ecsTaskState(snapshot: Snapshot, { target, port, region }: EcsQuery<"ecsTask">): TargetState {
  const what = describeTarget(target);
  return taskState(snapshot, {
    cluster: { name: target.ecsCluster, region },
    port,
    what,
    chosen: (pod) => pod.name === target.id || hasLabels(pod.labels, taskPodLabels(target.id)),
    none: (namespace) => ({
      kind: "missing",
      reason: "not-found",
      message: `${what} does not exist (namespace ${namespace})`,
    }),
  });
}

/** The state of the tasks with these tags: the newest ready one is meant. */
export function ecsTagsState(snapshot: Snapshot, { target, port, region }: EcsQuery<"ecsTags">): TargetState {
  const wanted = tagLabels(target.tags);
  const what = describeTarget(target);
  return taskState(snapshot, {
    cluster: { name: target.ecsCluster, region },
    port,
    what,
    chosen: (pod) => isTaskPod(pod.labels) && hasLabels(pod.labels, wanted),
    none: (namespace) => ({
      kind: "known",
      backends: [],
      nodePorts: [],
      prefer: "newest",
      message: `no task has these tags: ${what} (namespace ${namespace})`,
    }),
  });
}

interface TaskQuery {
  readonly cluster: EcsCluster;
  readonly port: TargetPort;
  readonly what: string;
  readonly chosen: (pod: PodObject) => boolean;
  readonly none: (namespace: string) => TargetState;
}

function taskState(snapshot: Snapshot, { cluster, port, what, chosen, none }: TaskQuery): TargetState {
  const namespace = findNamespace(snapshot, cluster);
  if (namespace === null) return WAITING;
  const pods = snapshot.read("pods", namespace);
  const services = snapshot.read("services", namespace);
  // Services only tell of NodePorts: without them tasks are reached through the API server.
  const waiting = notReady(pods) ?? (services.state === "pending" ? WAITING : null);
  if (waiting !== null) return waiting;
  const own = [...objectsOf(pods).values()].filter(chosen);
  if (own.length === 0) return none(namespace);
  const state = podSetState({ pods: own, port, what, prefer: "newest" });
  const newest = own.filter(isUp).sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? -1 : 1))[0];
  if (state.kind !== "known" || newest === undefined) return state;
  const id = newest.labels[LABEL_TASK_ID] ?? newest.name;
  const nodePorts = taskNodePorts(snapshot, { services: objectsOf(services), id, port });
  if (nodePorts === null) return WAITING;
  if (nodePorts.length > 0) return { ...state, nodePorts };
  return withNote(state, `task ${id} does not have a NodePort. Ensure assignPublicIp is enabled`);
}

/** The NodePort that assignPublicIp gave a task's port; null before nodes are known. */
function taskNodePorts(
  snapshot: Snapshot,
  { services, id, port }: {
    readonly services: ReadonlyMap<string, ServiceObject>;
    readonly id: string;
    readonly port: TargetPort;
  },
): readonly SocketAddress[] | null {
  for (const service of services.values()) {
    if (!hasLabels(service.labels, taskPodLabels(id))) continue;
    const found = portOf(service, port);
    if (found === undefined || found.nodePort === null) continue;
    // Its traffic policy is not read: the one pod is on the one node that answers.
    return nodePortsOf({ ...service, localTraffic: false }, { port: found, slices: [], snapshot });
  }
  return [];
}

/** The namespace of an ECS cluster; null before namespaces are known. Where they may not be listed, the name's rule holds. */
function findNamespace(snapshot: Snapshot, cluster: EcsCluster): string | null {
  const namespaces = snapshot.read("namespaces", "");
  return namespaces.state === "pending" ? null : namespaceOf(cluster, objectsOf(namespaces).values());
}

/** A Service's port by its number or name, else by the container's: people know the latter from their task definition. */
function portOf(service: ServiceObject, port: TargetPort): ServicePort | undefined {
  return service.ports.find((one) => one.port === port || one.name === port) ??
    service.ports.find((one) => one.targetPort === port);
}

function firstOf<T>(objects: ReadonlyMap<string, T>, names: readonly string[]): T | undefined {
  for (const name of names) {
    const found = objects.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function withNote(state: TargetState, note: string): TargetState {
  return state.kind === "known" && state.message === null ? { ...state, message: note } : state;
}
