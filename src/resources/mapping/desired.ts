import type { K3dEdits, K3dSpec } from "../../model/k3d.ts";
import { bindingName, bindingsOf, type K3dPortSpec, type NodeFilter, type PortBinding } from "../../model/k3d_ports.ts";
import type { Workspace } from "../../model/workspace.ts";
import { desiredClusters, knowsAllPorts } from "../cluster/desired.ts";

/** The ports that one k3d cluster is to publish. */
export interface DesiredPorts {
  /** The cluster's name in the file; k3d's own is `k3dName`. */
  readonly cluster: string;
  readonly k3dName: string;
  readonly spec: K3dSpec;
  readonly edits: K3dEdits;
  readonly ports: readonly K3dPortSpec[];
  /** Whether the file names all the ports that it wants: only then is a port of our own cluster that it does not name too many. */
  readonly closed: boolean;
}

/** One published port that the file asks for. */
export interface WantedBinding {
  readonly binding: PortBinding;
  /** The flag it comes from: a range stands for many. */
  readonly from: K3dPortSpec;
  /** Where it leads: the filters of all flags that name it. */
  readonly filters: readonly NodeFilter[];
}

/** The ports of every k3d cluster of a workspace. */
export function desiredPorts(workspace: Workspace): readonly DesiredPorts[] {
  return desiredClusters(workspace).map(({ cluster, spec }) => portsOfSpec(cluster, spec));
}

/** The ports that one cluster is to publish. */
function portsOfSpec(cluster: string, spec: K3dSpec): DesiredPorts {
  return { cluster, k3dName: spec.name, spec, edits: spec.edits, ports: spec.ports, closed: knowsAllPorts(spec) };
}

/** The single bindings of all flags, each name once, in the order of their names. */
export function wantedBindings(ports: readonly K3dPortSpec[]): readonly WantedBinding[] {
  const wanted = new Map<string, WantedBinding>();
  for (const from of ports) {
    for (const binding of bindingsOf(from)) {
      const name = bindingName(binding);
      const before = wanted.get(name);
      // The same port through two filters is one port that leads to the nodes of both.
      wanted.set(
        name,
        before === undefined
          ? { binding, from, filters: from.filters }
          : { ...before, filters: [...before.filters, ...from.filters] },
      );
    }
  }
  return [...wanted].sort(([a], [b]) => a < b ? -1 : 1).map(([, one]) => one);
}
