import type { Backend, TargetState } from "../../model/cluster_access.ts";
import type { SocketAddress } from "../../model/status.ts";
import type { Protocol, TargetPort } from "../../model/workspace.ts";
import type { EndpointSliceObject, NodeObject, PodObject, ServiceObject, ServicePort } from "../objects.ts";
import { hasLabels, isUp, newestFirst, podSummary } from "./pods.ts";
import { notReady, objectsOf, type Snapshot, WAITING } from "./snapshot.ts";

/** Node addresses kept for one Service: any of them serves, and a dial tries few. */
const MOST_NODES = 8;

/** The state of Service `namespace/name` at `port`, a number or name among its ports. */
export function serviceState(
  snapshot: Snapshot,
  { namespace, name, port, protocol = "tcp" }: {
    readonly namespace: string;
    readonly name: string;
    readonly port: TargetPort;
    /** What the snapshot's ports are of, for messages. */
    readonly protocol?: Protocol;
  },
): TargetState {
  const services = snapshot.read("services", namespace);
  const slices = snapshot.read("endpointSlices", namespace);
  const pods = snapshot.read("pods", namespace);
  const waiting = notReady(services);
  if (waiting !== null) return waiting;
  const service = objectsOf(services).get(name);
  if (service === undefined) {
    return { kind: "missing", reason: "not-found", message: `service ${namespace}/${name} does not exist` };
  }
  if (service.type === "ExternalName") return externalName(service);
  const found = service.ports.find((one) => one.port === port || one.name === port);
  if (found === undefined) return noSuchPort(service, { port, protocol });
  const reading = notReady(slices) ?? (pods.state === "pending" ? WAITING : null);
  if (reading !== null) return reading;
  const own = [...objectsOf(slices).values()].filter((slice) => slice.service === name);
  const nodePorts = nodePortsOf(service, { port: found, slices: own, snapshot });
  if (nodePorts === null) return WAITING;
  // Pods may be forbidden while endpoints are not: then their age is not known, and nothing else is lost.
  const backends = endpointBackends(own, { port: found, pods: objectsOf(pods) });
  return {
    kind: "known",
    backends,
    nodePorts,
    prefer: "any",
    message: backends.length === 0
      ? nothingReady(service, { slices: own, pods: pods.state === "ready" ? pods.objects : null })
      : null,
  };
}

/** A Service's port in words: `80 (http)`. */
function portWords({ port, name }: ServicePort): string {
  return name === null ? String(port) : `${port} (${name})`;
}

function noSuchPort(
  { namespace, name, ports }: ServiceObject,
  { port, protocol }: { readonly port: TargetPort; readonly protocol: Protocol },
): TargetState {
  const kind = protocol === "tcp" ? "" : "UDP ";
  const has = ports.length === 0
    ? `it has no ${protocol.toUpperCase()} ports`
    : `its ${kind}ports are ${ports.map(portWords).join(", ")}`;
  return {
    kind: "missing",
    reason: "port-not-found",
    message: `service ${namespace}/${name} has no ${kind}port ${port}: ${has}`,
  };
}

function externalName({ namespace, name, externalName }: ServiceObject): TargetState {
  const message = `service ${namespace}/${name} is only another name for ${externalName ?? "a host"} (ExternalName): ` +
    "nothing in this cluster answers for it";
  return { kind: "missing", reason: "not-found", message };
}

/** Endpoints of `port`: ready and not terminating, each once, newest pod first. */
function endpointBackends(
  slices: readonly EndpointSliceObject[],
  { port, pods }: { readonly port: ServicePort; readonly pods: ReadonlyMap<string, PodObject> },
): readonly Backend[] {
  // Dual-stack Services have a slice per address family that name the same pods.
  const backends = new Map<string, Backend>();
  for (const slice of slices) {
    const target = slice.ports.find((one) => one.name === port.name)?.port;
    if (target === undefined) continue;
    for (const { addresses, ready, terminating, pod } of slice.endpoints) {
      if (!ready || terminating) continue;
      if (pod === null) {
        const [host] = addresses;
        if (host !== undefined) backends.set(`${host} ${target}`, { kind: "address", address: { host, port: target } });
        continue;
      }
      const known = pods.get(pod.name);
      // The pod's own news comes before the slice's: one that terminates, or another of its name, is no backend.
      if (known !== undefined && (known.terminating || (pod.uid !== "" && known.uid !== pod.uid))) continue;
      const uid = pod.uid === "" ? known?.uid ?? "" : pod.uid;
      backends.set(`${pod.name} ${target}`, {
        kind: "pod",
        pod: { namespace: pod.namespace, name: pod.name, uid },
        port: target,
        createdAt: known?.createdAt ?? 0,
      });
    }
  }
  return [...backends.values()].sort(newestFirst);
}

/** What is there instead of a ready endpoint. `pods`: null where they may not be listed. */
function nothingReady(
  { namespace, name, selector }: ServiceObject,
  { slices, pods }: {
    readonly slices: readonly EndpointSliceObject[];
    readonly pods: ReadonlyMap<string, PodObject> | null;
  },
): string {
  const what = `service ${namespace}/${name}`;
  if (selector === null) return `${what} has no selector and no ready endpoint`;
  if (pods === null) return `${what} has no ready endpoint`;
  const behind = [...pods.values()].filter((pod) => hasLabels(pod.labels, selector));
  if (behind.length === 0) {
    const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`).join(",");
    return `${what} has no pods: none is labelled ${labels}`;
  }
  if (!behind.some(isUp)) return `${what} has no ready pod: ${podSummary(behind)}`;
  // The slices follow the pods within some milliseconds, unless the port's name leads nowhere.
  const listed = slices.some((slice) => slice.endpoints.some((endpoint) => endpoint.ready && !endpoint.terminating));
  return listed
    ? `${what} has ready pods, but none of them has the port that it leads to`
    : `${what} has ready pods that are not among its endpoints yet`;
}

/**
 * Where the Service's NodePort can be dialled; empty where it has none or nodes may not be listed; null before nodes are known.
 * Nodes that are ready come first. With externalTrafficPolicy Local only nodes that hold an endpoint answer.
 */
export function nodePortsOf(
  service: ServiceObject,
  { port, slices, snapshot }: {
    readonly port: ServicePort;
    readonly slices: readonly EndpointSliceObject[];
    readonly snapshot: Snapshot;
  },
): readonly SocketAddress[] | null {
  const { nodePort } = port;
  if (nodePort === null || (service.type !== "NodePort" && service.type !== "LoadBalancer")) return [];
  const holding = new Set(slices.flatMap((slice) => slice.endpoints.map((endpoint) => endpoint.node)));
  return nodeAddresses(snapshot, nodePort, (node) => !service.localTraffic || holding.has(node));
}

/** `port` of the nodes that are served, those that are ready first; none where nodes may not be listed; null before they are known. */
export function nodeAddresses(
  snapshot: Snapshot,
  port: SocketAddress["port"],
  serves: (node: string) => boolean = () => true,
): readonly SocketAddress[] | null {
  const nodes = snapshot.read("nodes", "");
  if (nodes.state === "pending") return null;
  return [...objectsOf(nodes).values()]
    .filter((node) => serves(node.name))
    .sort((a, b) => Number(b.ready) - Number(a.ready) || (a.name < b.name ? -1 : 1))
    .flatMap((node) => addressOf(node, port))
    .slice(0, MOST_NODES);
}

function addressOf({ address }: NodeObject, port: SocketAddress["port"]): readonly SocketAddress[] {
  return address === null ? [] : [{ host: address, port }];
}
