import type { TargetState } from "../../model/cluster_access.ts";
import type { Port } from "../../model/port.ts";
import { EVERYWHERE } from "../watch_cache.ts";
import { nodeAddresses, serviceState } from "./service.ts";
import { notReady, objectsOf, type Snapshot, WAITING } from "./snapshot.ts";

/** The state of whichever Service has this NodePort: its nodes, and the endpoints behind it for where nodes cannot be dialled. */
export function nodePortState(snapshot: Snapshot, nodePort: Port): TargetState {
  const services = snapshot.read("services", EVERYWHERE);
  const waiting = notReady(services);
  if (waiting !== null) return waiting;
  for (const { namespace, name, ports } of objectsOf(services).values()) {
    const found = ports.find((one) => one.nodePort === nodePort);
    if (found !== undefined) return serviceState(snapshot, { namespace, name, port: found.port });
  }
  return { kind: "missing", reason: "not-found", message: `no Service of the cluster has NodePort ${nodePort}` };
}

/** `state`, which can also be dialled at every node's `nodePort`. */
export function exposedState(
  snapshot: Snapshot,
  { state, nodePort }: { readonly state: TargetState; readonly nodePort: Port },
): TargetState {
  if (state.kind !== "known") return state;
  const nodePorts = nodeAddresses(snapshot, nodePort);
  return nodePorts === null ? WAITING : { ...state, nodePorts };
}
