import { type K3dClusterFacts, type K3dNode, nodesOfRole } from "../../model/k3d.ts";
import type { NodeFilter } from "../../model/k3d_ports.ts";

/** The nodes that a filter means, the load balancer itself never among them: `loadbalancer` means all that it can lead to. */
export function nodesOfFilter({ group, nodes }: NodeFilter, facts: K3dClusterFacts): readonly K3dNode[] {
  const servers = nodesOfRole(facts, "server");
  const agents = nodesOfRole(facts, "agent");
  switch (group) {
    case "server":
    case "agent": {
      const pool = group === "server" ? servers : agents;
      return nodes === "*" ? pool : nodes.flatMap((index) => pool[index] ?? []);
    }
    case "loadbalancer":
    case "all":
      return [...servers, ...agents];
    default:
      return group satisfies never;
  }
}
