import { k3dLoadBalancerContainer } from "../../conventions/k3d_names.ts";
import { type K3dClusterFacts, type K3dNode, nodesOfRole } from "../../model/k3d.ts";

/** What a cluster's load balancer is like. */
export type LoadBalancer =
  /** Made without one. */
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly node: K3dNode }
  /** Every published port and the API are down. */
  | { readonly kind: "stopped"; readonly node: K3dNode }
  /**
   * An edit was killed between its steps: `keep` is the container to go on with, whatever its name is; `remove` are the others. k3d would
   * take the wrong one for the load balancer at the next edit.
   */
  | { readonly kind: "cut-off"; readonly keep: K3dNode; readonly remove: readonly K3dNode[] };

/** Judges the load balancer from the containers that are there. */
export function judgeLoadBalancer(facts: K3dClusterFacts): LoadBalancer {
  const balancers = nodesOfRole(facts, "loadbalancer");
  const name = k3dLoadBalancerContainer(facts.name);
  const named = balancers.find((node) => node.name === name);
  const spares = balancers.filter((node) => node !== named);
  if (named !== undefined && spares.length === 0) {
    return { kind: named.state === "running" ? "running" : "stopped", node: named };
  }
  // An edit renames, creates, stops, starts, deletes. The new container is only good once it runs; until then the old one has everything.
  const old = spares.find((node) => node.state === "running") ?? spares[0];
  if (named !== undefined && (named.state === "running" || old === undefined)) {
    return { kind: "cut-off", keep: named, remove: spares };
  }
  if (old === undefined) return { kind: "none" };
  return { kind: "cut-off", keep: old, remove: balancers.filter((node) => node !== old) };
}

/** The container whose published ports count; null where there is no load balancer. */
export function balancerOf(facts: K3dClusterFacts): K3dNode | null {
  const found = judgeLoadBalancer(facts);
  return found.kind === "none" ? null : found.kind === "cut-off" ? found.keep : found.node;
}

/** Whether every node of a cluster runs, and its load balancer is the one and only. */
export function runs(facts: K3dClusterFacts): boolean {
  const { kind } = judgeLoadBalancer(facts);
  return (kind === "running" || kind === "none") && nodesOfRole(facts, "server").length > 0 &&
    facts.nodes.every((node) => node.role === "other" || node.state === "running");
}
