import type { ClusterAccess, TargetState, TargetWatch } from "../model/cluster_access.ts";
import type { Route, SocketAddress } from "../model/status.ts";
import type { ForwardSpec } from "../model/workspace.ts";
import type { Clock } from "../model/world.ts";
import { effectiveBalance, orderBackends } from "./endpoint_choice.ts";
import { limited } from "./limits.ts";
import { NetSocket } from "./net_socket.ts";
import { isNodeThere } from "./udp/node_check.ts";
import { addressDestination, podDestination, waysTo } from "./route_choice.ts";

/** The way that a forward would take now, as far as can be said. */
export interface Preview {
  readonly route: Route | null;
  readonly routeReason: string | null;
  readonly backend: string | null;
  /** What would keep it from being Active now. */
  readonly note: string | null;
}

/** What `previewForward` looks with. `timeout`: how long the cluster may take to say what the target is, in milliseconds. */
export interface PreviewOptions {
  readonly cluster: ClusterAccess;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeout: number;
}

/** How long a node may take to accept a dial, in milliseconds: as long as the first tries of a real connection together. */
const DIAL_TIMEOUT = 750;

/** Looks at the target, and dials a NodePort where that would be the way. Opens no tunnel. Never rejects but with the signal's reason. */
export async function previewForward(spec: ForwardSpec, options: PreviewOptions): Promise<Preview> {
  const watch = options.cluster.watch(spec.target, spec.port, { protocol: spec.protocol });
  try {
    return await preview(spec, await settled(watch, options), options);
  } finally {
    watch.close();
  }
}

async function preview(spec: ForwardSpec, state: TargetState, options: PreviewOptions): Promise<Preview> {
  const nothing = { route: null, routeReason: null, backend: null };
  if (state.kind !== "known") return { ...nothing, note: state.message };
  const ways = waysTo(state, spec);
  if ("unavailable" in ways) return { ...nothing, note: ways.unavailable };
  const balance = effectiveBalance(spec.balance, state.prefer);
  const ordered = orderBackends(state.backends, { balance, turn: 0, client: "" });
  const note = ordered.length === 0 ? state.message ?? "no pod is ready" : null;
  const [first] = ordered;
  if (first?.kind === "address") {
    return { route: "direct", routeReason: ways.reason, backend: addressDestination(first.address).backend, note };
  }
  const pod = first === undefined ? null : podDestination(first).backend;
  if (ways.nodePorts.length === 0) {
    return { route: ways.tunnel ? "tunnel" : null, routeReason: ways.reason, backend: pod, note };
  }
  const node = spec.protocol === "udp"
    ? await firstThatIsThere(ways.nodePorts, options)
    : await firstThatAnswers(ways.nodePorts, options);
  if (node !== null) {
    return { route: "direct", routeReason: ways.reason, backend: addressDestination(node).backend, note };
  }
  if (!ways.tunnel) return { ...nothing, note: note ?? `${ways.reason} does not answer` };
  return { route: "tunnel", routeReason: `${ways.reason} does not answer`, backend: pod, note };
}

async function firstThatAnswers(
  addresses: readonly SocketAddress[],
  { clock, signal }: PreviewOptions,
): Promise<SocketAddress | null> {
  for (const address of addresses) {
    const cut = limited(DIAL_TIMEOUT, { clock, signal });
    try {
      (await NetSocket.dial(address, cut.signal)).close();
      return address;
    } catch {
      signal.throwIfAborted();
    } finally {
      cut.end();
    }
  }
  return null;
}

async function firstThatIsThere(
  addresses: readonly SocketAddress[],
  { clock, signal }: PreviewOptions,
): Promise<SocketAddress | null> {
  for (const address of addresses) {
    if (await isNodeThere(address, { timeout: DIAL_TIMEOUT, clock, signal })) return address;
  }
  return null;
}

/** The state once it is known, or what is known when the time is over. */
function settled(watch: TargetWatch, { clock, signal, timeout }: PreviewOptions): Promise<TargetState> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (watch.state.kind !== "unknown" || watch.state.reason !== "connecting") end();
    };
    const end = () => {
      detach();
      if (signal.aborted) reject(signal.reason);
      else resolve(watch.state);
    };
    const unsubscribe = watch.subscribe(look);
    const cancel = clock.after(timeout, end);
    const detach = () => {
      unsubscribe();
      cancel();
      signal.removeEventListener("abort", end);
    };
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    else look();
  });
}
