import { type K3dClusterFacts, nodesOfRole } from "../../model/k3d.ts";
import { formatBinding, formatNodeFilter, type NodeFilter, type PortBinding } from "../../model/k3d_ports.ts";
import type { PortEdit } from "./port_edit.ts";

/** What `--port-delete` is given: each binding exactly as it is there, with a filter for all the nodes it leads to. */
export function deletions(edit: PortEdit, facts: K3dClusterFacts): readonly string[] {
  return [...edit.remove, ...edit.again.map((one) => one.binding)]
    .map((binding) => `${formatBinding(binding)}@${filterOfUpstream(binding, facts)}`).sort();
}

/** What `--port-add` is given. */
export function additions(edit: PortEdit): readonly string[] {
  return [...edit.add, ...edit.again].map(({ binding, filters }) => `${formatBinding(binding)}@${editFilters(filters)}`)
    .sort();
}

/** An edit takes no suffix, and wants a filter. */
function editFilters(filters: readonly NodeFilter[]): string {
  if (filters.length === 0 || filters.some((filter) => filter.group === "loadbalancer")) return "loadbalancer";
  return [...new Set(filters.map(({ group, nodes }) => formatNodeFilter({ group, nodes })))].join(";");
}

/** A filter for exactly the nodes that a port leads to, so that no upstream stays behind; where those are not known, for all. */
function filterOfUpstream(binding: PortBinding, facts: K3dClusterFacts): string {
  const upstream = facts.upstreams?.[`${binding.containerPort}/${binding.protocol}`] ?? [];
  const parts = (["server", "agent"] as const).flatMap((role) => {
    const nodes = nodesOfRole(facts, role);
    const led = nodes.flatMap((node, index) => upstream.includes(node.name) ? [index] : []);
    return led.length === 0 ? [] : led.length === nodes.length ? [`${role}:*`] : led.map((index) => `${role}:${index}`);
  });
  return parts.length === 0 ? "loadbalancer" : parts.join(";");
}
