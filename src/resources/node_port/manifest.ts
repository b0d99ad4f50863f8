import {
  LABEL_FORWARD,
  LABEL_MANAGED_BY,
  LABEL_WORKSPACE,
  labelValue,
  MANAGED_BY,
  ownLabels,
} from "../../conventions/berth_labels.ts";
import { ANNOTATION_TASK_ARN, taskServiceLabels, taskServiceName } from "../../conventions/public_ip.ts";
import type { LiveService } from "../../model/live_cluster.ts";
import { asPort, type Port, port } from "../../model/port.ts";
import type { NewService, Selection } from "../../model/service_writer.ts";
import type { ExposeSpec, TargetPort } from "../../model/workspace.ts";

type Task = Extract<ExposeSpec, { kind: "task" }>;
type Selects = Extract<Selection, { kind: "selects" }>;

/** Who a Service is made for. */
export interface For {
  readonly workspaceId: string;
  readonly forward: string;
}

/** The Service of a task with a public IP, as KECS makes it, and with our marks beside KECS' own. */
export function taskService(task: Task, { workspaceId, forward }: For): NewService {
  return {
    namespace: task.namespace,
    name: taskServiceName(task.id),
    labels: { ...taskServiceLabels(task.id), ...ownLabels({ workspace: workspaceId, forward }) },
    annotations: task.arn === null ? {} : { [ANNOTATION_TASK_ARN]: task.arn },
    selector: task.selector,
    ports: task.ports.map((one) => ({
      name: `port-${one.port}`,
      port: one.port,
      targetPort: one.port,
      nodePort: one.nodePort,
    })),
  };
}

/** The companion of a forward's target. */
export function companionService(
  selects: Selects,
  { name, nodePort, asked, ...of }: For & {
    readonly name: string;
    readonly nodePort: Port | null;
    readonly asked: TargetPort;
  },
): NewService {
  const { targetPort } = selects;
  const number = typeof targetPort === "number" ? targetPort : typeof asked === "number" ? asked : undefined;
  return {
    namespace: selects.namespace,
    name,
    labels: ownLabels({ workspace: of.workspaceId, forward: of.forward }),
    annotations: {},
    selector: selects.selector,
    // A Service's own port has no meaning here; a name alone does not give one.
    ports: [{ name: "main", port: asPort(number ?? 80) ?? port(80), targetPort, nodePort }],
  };
}

/** Whether a Service was made for a workspace. */
export function isOurs({ labels }: Pick<LiveService, "labels">, workspaceId: string): boolean {
  return labels[LABEL_MANAGED_BY] === MANAGED_BY && labels[LABEL_WORKSPACE] === labelValue(workspaceId);
}

/** Whether a Service was made for a forward of that name. */
export function isFor({ labels }: Pick<LiveService, "labels">, forward: string): boolean {
  return labels[LABEL_FORWARD] === labelValue(forward);
}

/** What a Service that is there has other than it should, in words; empty when it will do. NodePorts count only where `nodePorts` says so. */
export function serviceDrift(
  service: LiveService,
  wanted: NewService,
  { nodePorts }: { readonly nodePorts: boolean },
): readonly string[] {
  const drift: string[] = [];
  if (canonical(service.selector) !== canonical(wanted.selector)) {
    drift.push(`selector changed from ${pairs(service.selector)} to ${pairs(wanted.selector)}`);
  }
  const ports = (of: readonly NewService["ports"][number][] | LiveService["ports"]) =>
    of.map((one) => nodePorts ? `${one.targetPort} at ${one.nodePort}` : `${one.targetPort}`).sort().join(", ");
  if (ports(service.ports) !== ports(wanted.ports)) {
    drift.push(`target port changed from ${ports(service.ports)} to ${ports(wanted.ports)}`);
  }
  return drift;
}

function canonical(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1));
}

function pairs(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`).sort().join(",") || "nothing";
}
