import type { Backend } from "../model/cluster_access.ts";
import type { Route, SocketAddress } from "../model/status.ts";
import { describeTarget, type ForwardSpec } from "../model/workspace.ts";
import { effectiveBalance, type KnownState } from "./endpoint_choice.ts";

/** A backend that a tunnel can reach. */
export type PodBackend = Extract<Backend, { readonly kind: "pod" }>;

/** The ways that a connection may take, from what is known of the target. */
export interface Ways {
  /** Node addresses with the Service's nodePort; empty where that is not allowed or not there. */
  readonly nodePorts: readonly SocketAddress[];
  /** Whether pods may be reached through a tunnel. */
  readonly tunnel: boolean;
  /** Why the one that comes first does, in words. */
  readonly reason: string;
}

/** Why UDP has no tunnel. */
const TCP_ONLY = "Kubernetes port-forward carries TCP only";

/** The ways open to a forward, or why there is none. */
export function waysTo(state: KnownState, spec: ForwardSpec): Ways | { readonly unavailable: string } {
  const pods = state.backends.some(({ kind }) => kind === "pod");
  const addresses = state.backends.some(({ kind }) => kind === "address");
  const why = whyNotNodePort(state, spec);
  const udp = spec.protocol === "udp";
  if (udp && spec.route === "tunnel") return { unavailable: TCP_ONLY };
  if (spec.route === "direct" || udp) {
    if (addresses) return { nodePorts: [], tunnel: false, reason: "an address of its own" };
    if (why !== null) return { unavailable: udp ? `${why}; ${TCP_ONLY}` : why };
    return { nodePorts: state.nodePorts, tunnel: false, reason: nodePortReason(state) };
  }
  if (spec.route === "tunnel") {
    if (!pods) return { unavailable: `${describeTarget(spec.target)} has no pods that a tunnel could go to` };
    return { nodePorts: [], tunnel: true, reason: "asked for" };
  }
  if (!pods) return { nodePorts: [], tunnel: false, reason: "an address of its own" };
  if (why !== null) return { nodePorts: [], tunnel: true, reason: why };
  return { nodePorts: state.nodePorts, tunnel: true, reason: nodePortReason(state) };
}

/** A NodePort spreads over the pods by itself: it is no way to one of several. */
function whyNotNodePort(state: KnownState, spec: ForwardSpec): string | null {
  if (state.nodePorts.length === 0) {
    return spec.route === "auto" && spec.protocol === "tcp"
      ? "no NodePort"
      : `${describeTarget(spec.target)} does not have a NodePort`;
  }
  const balance = effectiveBalance(spec.balance, state.prefer);
  if (balance === "round-robin" || state.backends.length < 2) return null;
  return balance === "newest"
    ? "a NodePort does not pick the newest pod"
    : "a NodePort does not keep a client at its pod";
}

function nodePortReason(state: KnownState): string {
  const first = state.nodePorts[0];
  return first === undefined ? "no NodePort" : `NodePort ${first.port} on ${first.host}`;
}

/** Where a connection went. */
export interface Destination {
  readonly route: Route;
  /** `172.18.0.2:30080` or `pod default/web-0`. */
  readonly backend: string;
  /** What tells one backend from another: a pod of the same name made later is another one. */
  readonly id: string;
}

/** The destination of a dial to an address. */
export function addressDestination({ host, port }: SocketAddress): Destination {
  const backend = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return { route: "direct", backend, id: backend };
}

/** The destination of a stream to a pod. */
export function podDestination({ pod }: PodBackend): Destination {
  return { route: "tunnel", backend: `pod ${pod.namespace}/${pod.name}`, id: pod.uid };
}
