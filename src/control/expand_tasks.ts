import { LABEL_MANAGED_BY, MANAGED_BY } from "../conventions/berth_labels.ts";
import { LABEL_TASK_ID } from "../conventions/kecs_labels.ts";
import { rangeWords } from "../conventions/kecs_ports.ts";
import { allot, type Allotment, skippedWords, taskServiceName } from "../conventions/public_ip.ts";
import type { LiveCluster, LiveService, LiveTask } from "../model/live_cluster.ts";
import type { Port } from "../model/port.ts";
import type { PublicIpSpec } from "../model/public_ip.ts";
import type { ForwardSpec, Target, Workspace } from "../model/workspace.ts";
import { dynamicForward, knownLive, type PartOptions } from "./expansion_parts.ts";

/** One port of a task, and what is there for it. */
interface TaskPort {
  readonly id: string;
  readonly name: string;
  readonly task: LiveTask;
  readonly port: Port;
  readonly nodePort: Port | null;
}

/**
 * A forward for each port of each task of a cluster that is to have a public IP. The first one of a task asks for its Service, where KECS
 * made none.
 */
export function publicForwards(
  workspace: Workspace,
  { cluster, publicIp, facts, names, claims, notes }: PartOptions & { readonly publicIp: PublicIpSpec },
): readonly ForwardSpec[] {
  const live = knownLive(facts, cluster.name);
  if (live === null || live.tasks.length === 0) return [];
  const note = (message: string) => notes.push({ cluster: cluster.name, message, where: publicIp.where });
  const skipped = skippedWords(publicIp);
  if (skipped !== null) note(skipped);
  const services = servicesByTask(live);
  const wanted: TaskPort[] = [];
  for (const task of live.tasks) {
    if (task.ports.length === 0) note(`task ${task.id} has a public IP, but its containers name no port`);
    const own = services.get(taskKey(task.namespace, task.id)) ?? [];
    for (const [index, port] of task.ports.entries()) {
      const name = names.unique(index === 0 ? `public-${task.id}` : `public-${task.id}-${port}`);
      wanted.push({ id: name, name, task, port, nodePort: nodePortOf(own, port) });
    }
  }
  const allotted = allot(publicIp, {
    nodePorts: live.nodePorts,
    locals: claims.ports,
    avoid: facts.refused?.(cluster.name) ?? new Set<Port>(),
  }, wanted.map(({ id, name, nodePort }) => ({ id, nodePort, remembered: facts.remembered?.(name) ?? null })));
  const forwards: ForwardSpec[] = [];
  for (const [index, one] of wanted.entries()) {
    const { task, port, name, nodePort } = one;
    const allotment = allotted.get(one.id);
    if (allotment === undefined) {
      forwards.push(withoutPort(workspace, { one, cluster: cluster.name, publicIp }));
      continue;
    }
    claims.claim(allotment.local, `task ${task.id}`);
    const pod: Target = { kind: "pod", namespace: task.namespace, name: task.pod };
    const forward = dynamicForward(workspace, {
      name,
      cluster: cluster.name,
      target: nodePort === null ? pod : { kind: "exposed", target: pod, nodePort },
      port,
      local: allotment.local,
      where: publicIp.where,
    });
    const isFirst = wanted[index - 1]?.task !== task;
    const makesService = isFirst && isForUs(services.get(taskKey(task.namespace, task.id)) ?? [], task);
    forwards.push(makesService ? { ...forward, expose: taskExpose(task, { wanted, index, allotted }) } : forward);
  }
  return forwards;
}

/** The Service that all allotted ports of a task share; its ports follow its first one in `wanted`. */
function taskExpose(
  task: LiveTask,
  { wanted, index, allotted }: {
    readonly wanted: readonly TaskPort[];
    readonly index: number;
    readonly allotted: ReadonlyMap<string, Allotment>;
  },
): NonNullable<ForwardSpec["expose"]> {
  const { namespace, id, arn, selector } = task;
  const ports = wanted.slice(index, index + task.ports.length).flatMap((one) => {
    const allotment = allotted.get(one.id);
    return allotment === undefined ? [] : [{ port: one.port, nodePort: allotment.nodePort }];
  });
  return { kind: "task", namespace, id, arn, selector, ports };
}

/** Whether the task's Service is berth's to make or keep: there is none, or the one that is there is berth's. */
function isForUs(own: readonly LiveService[], { id }: LiveTask): boolean {
  const there = own.find(({ name }) => name === taskServiceName(id)) ?? own[0];
  return there === undefined || there.labels[LABEL_MANAGED_BY] === MANAGED_BY;
}

function servicesByTask({ services }: LiveCluster): ReadonlyMap<string, readonly LiveService[]> {
  const byTask = new Map<string, LiveService[]>();
  for (const service of services) {
    const id = service.labels[LABEL_TASK_ID];
    if (id === undefined) continue;
    const key = taskKey(service.namespace, id);
    const there = byTask.get(key);
    if (there === undefined) byTask.set(key, [service]);
    else there.push(service);
  }
  return byTask;
}

function taskKey(namespace: string, id: string): string {
  return `${namespace}/${id}`;
}

function nodePortOf(services: readonly LiveService[], wanted: Port): Port | null {
  for (const { ports } of services) {
    const found = ports.find((one) => one.nodePort !== null && (one.targetPort === wanted || one.port === wanted));
    if (found !== undefined) return found.nodePort;
  }
  return null;
}

function withoutPort(
  workspace: Workspace,
  { one, cluster, publicIp }: {
    readonly one: TaskPort;
    readonly cluster: string;
    readonly publicIp: PublicIpSpec;
  },
): ForwardSpec {
  const { task, port, name } = one;
  const forward = dynamicForward(workspace, {
    name,
    cluster,
    target: { kind: "pod", namespace: task.namespace, name: task.pod },
    port,
    local: publicIp.local.first,
    where: publicIp.where,
  });
  return {
    ...forward,
    blocked: {
      reason: `no port of ${rangeWords(publicIp.local)} is free for task ${task.id}`,
      help: `widen clusters.${cluster}.publicIp.local and publicIp.nodePorts, both by as much`,
    },
  };
}
