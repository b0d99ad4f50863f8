import { type Port, port, type PortRange } from "../model/port.ts";

/** A NodePort, or several, that KECS gives to parts of itself, and what for. */
export interface ReservedNodePorts extends PortRange {
  readonly what: string;
}

/** NodePorts of KECS itself, in order. Some lie inside the range of public IPs: whoever allots there must pass them over. */
const KECS_NODE_PORTS: readonly ReservedNodePorts[] = [
  { first: port(30080), last: port(30080), what: "API" },
  { first: port(30081), last: port(30081), what: "admin API" },
  { first: port(30443), last: port(30443), what: "ALB, HTTPS" },
  { first: port(30800), last: port(30899), what: "ALB listeners" },
];

/** The NodePorts that KECS gives to tasks with a public IP. */
export const KECS_TASK_NODE_PORTS: PortRange = { first: port(30000), last: port(30999) };

/** The local ports that go with them. 32768 and above are also given to outgoing connections on Linux. */
export const KECS_TASK_LOCAL_PORTS: PortRange = { first: port(32000), last: port(32999) };

/** The NodePorts that an API server gives out unless it is told otherwise (`--service-node-port-range`). */
export const NODE_PORTS: PortRange = { first: port(30000), last: port(32767) };

/** Whether KECS uses a NodePort for a part of itself. */
export function isKecsNodePort(value: Port): boolean {
  return KECS_NODE_PORTS.some(({ first, last }) => first <= value && value <= last);
}

/** KECS' own NodePorts inside a range, cut to it. */
export function reservedWithin(range: PortRange): readonly ReservedNodePorts[] {
  return KECS_NODE_PORTS.flatMap(({ first, last, what }) => {
    const cut = { first: first < range.first ? range.first : first, last: last > range.last ? range.last : last, what };
    return cut.first <= cut.last ? [cut] : [];
  });
}

/** Ports in words: `30080`, `30800-30899`. */
export function rangeWords({ first, last }: PortRange): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

/**
 * The NodePorts to try for a Service that may have any, best first: the static band, then upwards. With `kecs`, none that KECS uses or gives
 * to tasks (`tasks`; absent: by its own rule).
 */
export function* plainNodePorts(
  { used, kecs, tasks = KECS_TASK_NODE_PORTS }: {
    readonly used: ReadonlySet<Port>;
    readonly kecs: boolean;
    readonly tasks?: PortRange;
  },
): Generator<Port> {
  for (let value: number = NODE_PORTS.first; value <= NODE_PORTS.last; value++) {
    const candidate = port(value);
    if (used.has(candidate)) continue;
    if (kecs && (isKecsNodePort(candidate) || (tasks.first <= candidate && candidate <= tasks.last))) continue;
    yield candidate;
  }
}
