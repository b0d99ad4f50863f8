import type { K3dPortSpec } from "../../model/k3d_ports.ts";
import { bindingsOf, formatPortSpec } from "../../model/k3d_ports.ts";

/**
 * How many ports one load balancer may publish. Beyond about 180 with three nodes (280 with one) k3d hangs or fails on the one long line
 * in which the load balancer logs its configuration.
 */
const SAFE_PORTS = 180;

/** What publishing so many ports costs Docker: a proxy process a port and address family, about 4 MB each. */
function publishingCost(ports: number): { readonly processes: number; readonly megabytes: number } {
  return { processes: ports * 2, megabytes: ports * 2 * 4 };
}

/**
 * The largest flags that have to go so that no more than `SAFE_PORTS` are published; the others are accepted. `count` says how many ports a
 * flag would add, `staying` how many are there whatever is decided.
 */
export function refusedPorts(
  ports: readonly K3dPortSpec[],
  { staying, count }: { readonly staying: number; readonly count: (spec: K3dPortSpec) => number },
): readonly K3dPortSpec[] {
  const bySize = ports.map((spec) => ({ spec, count: count(spec), text: formatPortSpec(spec) }))
    .sort((a, b) => a.count - b.count || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  let total = staying;
  return bySize.flatMap((one) => {
    if (one.count === 0 || total + one.count <= SAFE_PORTS) {
      total += one.count;
      return [];
    }
    return [one.spec];
  });
}

/** The port flags that a creation takes. Ports that a node publishes itself do not count: the load balancer has no part in them. */
export function acceptedPorts(ports: readonly K3dPortSpec[]): readonly K3dPortSpec[] {
  const refused = new Set(
    refusedPorts(ports, { staying: 0, count: (spec) => isAllDirect(spec) ? 0 : bindingsOf(spec).length }),
  );
  return ports.filter((spec) => !refused.has(spec));
}

/** Why a flag is refused, what it would cost, and what to do instead. */
export function refusalWords(spec: K3dPortSpec): { readonly reason: string; readonly help: string } {
  const ports = bindingsOf(spec).length;
  const { processes, megabytes } = publishingCost(ports);
  return {
    reason: `publishing ${ports} ports on a k3d load balancer is not safe: more than ${SAFE_PORTS} hang k3d; ` +
      `Docker would run about ${processes} proxy processes with ${megabytes} MB`,
    help:
      "let berth listen instead, which binds only the ports in use: alb.range or publicIp of this cluster, or forwards",
  };
}

function isAllDirect(spec: K3dPortSpec): boolean {
  return spec.filters.length > 0 && spec.filters.every((filter) => filter.suffix === "direct");
}
