/** On namespaces, Deployments, Services and pods: the ECS cluster's name. */
export const LABEL_CLUSTER = "kecs.dev/cluster";
/** On namespaces: the ECS cluster's region. */
export const LABEL_REGION = "kecs.dev/region";
/** On the pods of an ECS service: the service's name. */
export const LABEL_SERVICE = "kecs.dev/service";
/** On the pod of a task that RunTask made: the task's id. Pods of services have none. */
export const LABEL_TASK_ID = "kecs.dev/task-id";
/** What older KECS put before the name of a service's Deployment and Service. */
export const LEGACY_SERVICE_PREFIX = "ecs-service-";

/** An ECS cluster: names are unique within a region. */
export interface EcsCluster {
  readonly name: string;
  readonly region: string;
}

/** What is needed of a Kubernetes Namespace to find the one of an ECS cluster. */
export interface NamespaceLabels {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The Kubernetes namespace of an ECS cluster when no namespace carries its labels: `<cluster>-<region>`. It is never
 * read backwards, because both parts may hold dashes (`us-gov-west-1`).
 */
function fallbackNamespace(cluster: EcsCluster): string {
  return `${cluster.name}-${cluster.region}`;
}

/**
 * The Kubernetes namespace of an ECS cluster: the one labelled with its name and region, else `fallbackNamespace`.
 * Of several labelled ones the fallback's name wins, then the first by name, so that the answer does not depend on order.
 */
export function namespaceOf(cluster: EcsCluster, namespaces: Iterable<NamespaceLabels>): string {
  const fallback = fallbackNamespace(cluster);
  let found: string | undefined;
  for (const { name, labels } of namespaces) {
    if (labels[LABEL_CLUSTER] !== cluster.name || labels[LABEL_REGION] !== cluster.region) continue;
    if (name === fallback) return name;
    if (found === undefined || name < found) found = name;
  }
  return found ?? fallback;
}

/** The names that the Deployment and the Service of an ECS service may have, the current form first. */
export function serviceObjectNames(service: string): readonly string[] {
  return service.startsWith(LEGACY_SERVICE_PREFIX) ? [service] : [service, LEGACY_SERVICE_PREFIX + service];
}

/** The labels that a pod of an ECS service carries. */
export function servicePodLabels(service: string): Readonly<Record<string, string>> {
  return { [LABEL_SERVICE]: service };
}

/** The labels that the pod of a task carries. */
export function taskPodLabels(taskId: string): Readonly<Record<string, string>> {
  return { [LABEL_TASK_ID]: taskId };
}

/** Whether a pod's labels are those of a task made by RunTask: only these carry tags. */
export function isTaskPod(labels: Readonly<Record<string, string>>): boolean {
  return (labels[LABEL_TASK_ID] ?? "") !== "";
}
