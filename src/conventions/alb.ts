import type { AlbListener, AlbRange, AlbSpec } from "../model/alb.ts";
import type { K3dPortSpec } from "../model/k3d_ports.ts";
import { asPort, type Port, port, type PortRange, rangeSize } from "../model/port.ts";
import { rangeWords } from "./kecs_ports.ts";

/** The namespace of KECS' own parts: its ingress and the Ingresses of load balancers. */
export const KECS_NAMESPACE = "kecs-system";
/** On Ingresses: which part of KECS they are. */
export const LABEL_COMPONENT = "kecs.io/component";
/** Its value on the Ingress of a load balancer's listener. */
export const COMPONENT_ALB_LISTENER = "elbv2-listener";
/** On those, as annotation and label: the load balancer's name. */
export const ALB_NAME = "kecs.io/elbv2-load-balancer";
/** On those: the DNS name that the listener answers to. */
export const ANNOTATION_ALB_DNS_NAME = "kecs.io/elbv2-dns-name";

/** The range of listeners that KECS' own documentation maps one to one. */
export const ALB_RANGE: AlbRange = {
  local: { first: port(9000), last: port(9099) },
  nodePorts: { first: port(30800), last: port(30899) },
};

/**
 * Where a listener's port leads by KECS' rule: 80 to 8080 and NodePort 30880, 443 to 8443 and 30443, 8080 to 8088 and 30880. A port of `range`
 * stays itself and takes its place in the range's NodePorts; any other port p goes to 8000 + p mod 100 and 30800 + p mod 100.
 */
export function albListener(listener: Port, range: AlbRange | null = ALB_RANGE): AlbListener {
  if (listener === 80) return { listener, local: port(8080), nodePort: port(30880) };
  if (listener === 443) return { listener, local: port(8443), nodePort: port(30443) };
  if (range !== null && range.local.first <= listener && listener <= range.local.last) {
    return { listener, local: listener, nodePort: port(range.nodePorts.first + listener - range.local.first) };
  }
  const local = listener === 8080 ? 8088 : 8000 + listener % 100;
  return { listener, local: port(local), nodePort: port(30800 + listener % 100) };
}

/** The listener of a range that a NodePort serves; undefined outside it. */
export function albListenerOf(nodePort: Port, { local, nodePorts }: AlbRange): AlbListener | undefined {
  if (nodePort < nodePorts.first || nodePort > nodePorts.last) return undefined;
  const own = asPort(local.first + nodePort - nodePorts.first);
  return own === undefined ? undefined : { listener: own, local: own, nodePort };
}

/** Two listeners that cannot both be had. */
export interface AlbCollision {
  readonly first: AlbListener;
  readonly second: AlbListener;
  /** `local`: one port of this machine for both. `nodePort`: both reach the same thing in the cluster. */
  readonly on: "local" | "nodePort";
  readonly message: string;
}

/** The collisions among listeners of one cluster, in their order; the first of them has the port. */
export function albCollisions(listeners: readonly AlbListener[]): readonly AlbCollision[] {
  const collisions: AlbCollision[] = [];
  const locals = new Map<Port, AlbListener>();
  const nodePorts = new Map<Port, AlbListener>();
  for (const second of listeners) {
    const sameLocal = locals.get(second.local);
    const sameNodePort = nodePorts.get(second.nodePort);
    if (sameLocal !== undefined) {
      const message = `listeners ${sameLocal.listener} and ${second.listener} both lead to local port ${second.local}`;
      collisions.push({ first: sameLocal, second, on: "local", message });
    } else if (sameNodePort !== undefined) {
      const message = `listeners ${sameNodePort.listener} and ${second.listener} share NodePort ${second.nodePort}: ` +
        "both local ports reach the same listener";
      collisions.push({ first: sameNodePort, second, on: "nodePort", message });
    }
    if (sameLocal === undefined) locals.set(second.local, second);
    if (sameNodePort === undefined) nodePorts.set(second.nodePort, second);
  }
  return collisions;
}

/** What is wrong with a range, or null. */
export function albRangeProblem({ local, nodePorts }: AlbRange): string | null {
  return rangeSize(local) === rangeSize(nodePorts)
    ? null
    : `${rangeSize(local)} local ports (${rangeWords(local)}) do not fit ${rangeSize(nodePorts)} NodePorts ` +
      `(${rangeWords(nodePorts)}): both ranges must have the same size`;
}

/** The name that leads to a load balancer on this machine: `<alb>.localhost`. */
export function albOfHost(host: string): string | null {
  const match = /^([a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)\.localhost(?::\d{1,5})?$/i.exec(host);
  return match?.[1]?.toLowerCase() ?? null;
}

/** The port flags with which k3d publishes the listeners when it makes the cluster: one each, and one for the whole range. */
export function albPortSpecs({ listeners, range }: Pick<AlbSpec, "listeners" | "range">): readonly K3dPortSpec[] {
  const flag = (host: PortRange, container: PortRange): K3dPortSpec => ({
    hostIp: "",
    host,
    container,
    protocol: "tcp",
    filters: [{ group: "loadbalancer", nodes: "*" }],
  });
  const one = (of: Port): PortRange => ({ first: of, last: of });
  const explicit = listeners.map(({ local, nodePort }) => flag(one(local), one(nodePort)));
  return range === undefined ? explicit : [...explicit, flag(range.local, range.nodePorts)];
}
