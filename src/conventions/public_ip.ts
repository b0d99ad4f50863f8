import { type Port, port, rangeSize } from "../model/port.ts";
import type { PublicIpSpec } from "../model/public_ip.ts";
import { LABEL_TASK_ID } from "./kecs_labels.ts";
import {
  isKecsNodePort,
  KECS_TASK_LOCAL_PORTS,
  KECS_TASK_NODE_PORTS,
  rangeWords,
  reservedWithin,
} from "./kecs_ports.ts";

/** On pods: `ENABLED` where ECS is to give the task a public IP. */
export const ANNOTATION_PUBLIC_IP = "ecs.amazonaws.com/assign-public-ip";
/** On tasks' pods and Services: the task's ARN. */
export const ANNOTATION_TASK_ARN = "kecs.dev/task-arn";
/** On what KECS made. */
const LABEL_KECS_MANAGED_BY = "kecs.dev/managed-by";
/** On Services that KECS made: what for. */
const LABEL_KECS_TYPE = "kecs.dev/type";
/** The type of a task's Service. */
const TYPE_TASK_NODE_PORT = "task-nodeport";

/** The ranges that KECS documents. */
export const PUBLIC_IP_RANGES: Pick<PublicIpSpec, "local" | "nodePorts"> = {
  local: KECS_TASK_LOCAL_PORTS,
  nodePorts: KECS_TASK_NODE_PORTS,
};

type Ranges = Pick<PublicIpSpec, "local" | "nodePorts">;

/** The name of a task's NodePort Service. */
export function taskServiceName(taskId: string): string {
  return `task-${taskId}`;
}

/** The labels of a task's NodePort Service. */
export function taskServiceLabels(taskId: string): Readonly<Record<string, string>> {
  return { [LABEL_TASK_ID]: taskId, [LABEL_KECS_MANAGED_BY]: "kecs", [LABEL_KECS_TYPE]: TYPE_TASK_NODE_PORT };
}

/** The local port that goes with a NodePort; undefined outside the range. */
export function localOfNodePort(nodePort: Port, { local, nodePorts }: Ranges): Port | undefined {
  const place = nodePort - nodePorts.first;
  return place < 0 || place >= Math.min(rangeSize(nodePorts), rangeSize(local)) ? undefined : port(local.first + place);
}

/** The NodePort that goes with a local port; undefined outside the range. */
export function nodePortOfLocal(value: Port, { local, nodePorts }: Ranges): Port | undefined {
  const place = value - local.first;
  return place < 0 || place >= Math.min(rangeSize(nodePorts), rangeSize(local))
    ? undefined
    : port(nodePorts.first + place);
}

/** What is wrong with the ranges, or null. */
export function publicIpProblem({ local, nodePorts }: Ranges): string | null {
  return rangeSize(local) === rangeSize(nodePorts)
    ? null
    : `${rangeSize(local)} local ports (${rangeWords(local)}) do not fit ${rangeSize(nodePorts)} NodePorts ` +
      `(${rangeWords(nodePorts)}): both ranges must have the same size`;
}

/** Says which NodePorts of the range are passed over because KECS uses them itself, or null where it uses none. */
export function skippedWords({ nodePorts }: Ranges): string | null {
  const reserved = reservedWithin(nodePorts);
  if (reserved.length === 0) return null;
  const words = reserved.map((one) => `${rangeWords(one)} (${one.what})`).join(", ");
  return `of NodePorts ${rangeWords(nodePorts)}, KECS uses ${words}: they are not given to tasks`;
}

/** Something that is to have a port of the ranges. */
export interface AllotWish {
  /** Tells it from others; keeps its ports while it lives. */
  readonly id: string;
  /** The NodePort that it has already, whoever gave it: it is used as it is. */
  readonly nodePort: Port | null;
  /** The local port that it had last, where that is known: it gets it again if it can. */
  readonly remembered: Port | null;
}

/** What is taken. */
export interface AllotState {
  /** Every NodePort in use in the cluster. */
  readonly nodePorts: ReadonlySet<Port>;
  /** Local ports that others have or claim. */
  readonly locals: ReadonlySet<Port>;
  /** NodePorts that were refused lately though they looked free. */
  readonly avoid?: ReadonlySet<Port>;
}

/** What something got. */
export interface Allotment {
  readonly local: Port;
  readonly nodePort: Port;
  /** Whether the NodePort is still to be made. */
  readonly wanted: boolean;
}

/**
 * Gives each wish a local port and a NodePort: what has a NodePort of the range keeps it and its local port; what is remembered comes next; then
 * the lowest free pair, in the order of the wishes. No pair is given twice, none that anything else uses, none that KECS reserves. Who is not in
 * the answer found none free. Linear in the wishes and the size of the range.
 */
export function allot(
  ranges: Ranges,
  { nodePorts: used, locals, avoid }: AllotState,
  wishes: readonly AllotWish[],
): ReadonlyMap<string, Allotment> {
  const given = new Map<string, Allotment>();
  const taken = new Set<Port>();
  const give = (id: string, allotment: Allotment) => {
    taken.add(allotment.local);
    given.set(id, allotment);
  };
  const canHave = (local: Port): boolean => !taken.has(local) && !locals.has(local);
  const canMake = (nodePort: Port): boolean =>
    !used.has(nodePort) && !isKecsNodePort(nodePort) && !(avoid?.has(nodePort) ?? false);
  for (const { id, nodePort } of wishes) {
    const local = nodePort === null ? undefined : localOfNodePort(nodePort, ranges);
    if (nodePort === null || local === undefined || !canHave(local) || given.has(id)) continue;
    give(id, { local, nodePort, wanted: false });
  }
  for (const { id, nodePort, remembered } of wishes) {
    if (remembered === null || given.has(id) || !canHave(remembered)) continue;
    const pair = nodePortOfLocal(remembered, ranges);
    if (pair === undefined || (nodePort === null && !canMake(pair))) continue;
    give(id, { local: remembered, nodePort: nodePort ?? pair, wanted: nodePort === null });
  }
  // Two cursors, because a NodePort that is there already needs no free pair, only a free local port. Neither ever goes back.
  const free = cursor(ranges, (local, nodePort) => canHave(local) && canMake(nodePort));
  const freeLocal = cursor(ranges, canHave);
  for (const { id, nodePort } of wishes) {
    if (given.has(id)) continue;
    const pair = nodePort === null ? free() : freeLocal();
    if (pair !== undefined) {
      give(id, { local: pair.local, nodePort: nodePort ?? pair.nodePort, wanted: nodePort === null });
    }
  }
  return given;
}

interface Pair {
  readonly local: Port;
  readonly nodePort: Port;
}

function cursor(ranges: Ranges, fits: (local: Port, nodePort: Port) => boolean): () => Pair | undefined {
  const size = Math.min(rangeSize(ranges.local), rangeSize(ranges.nodePorts));
  let place = 0;
  return () => {
    for (; place < size; place++) {
      const [local, nodePort] = [port(ranges.local.first + place), port(ranges.nodePorts.first + place)];
      if (fits(local, nodePort)) return { local, nodePort };
    }
    return undefined;
  };
}
