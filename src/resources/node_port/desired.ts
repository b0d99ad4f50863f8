import { KECS_TASK_NODE_PORTS } from "../../conventions/kecs_ports.ts";
import type { PortRange } from "../../model/port.ts";
import type { ExposeSpec, ForwardSpec, Target, TargetPort, Workspace } from "../../model/workspace.ts";

/** A NodePort Service that a forward asks for. */
export interface WantedNodePort {
  readonly cluster: string;
  readonly forward: string;
  readonly expose: ExposeSpec;
  /** What the forward leads to, without its companion. */
  readonly target: Target;
  readonly port: TargetPort;
  /** Present where the cluster runs KECS: these NodePorts are given to its tasks. */
  readonly tasks: PortRange | null;
}

/** What the kind looks at: a cluster, and what is wanted there. */
export interface DesiredNodePorts {
  readonly cluster: string;
  readonly wanted: readonly WantedNodePort[];
  /** False where more may be wanted: tasks ask for Services, and which there are was not known. Nothing is too many there. */
  readonly complete: boolean;
}

/** The Services that a workspace asks for, by cluster, in the order of their forwards. Every cluster is in it: what is ours and not wanted goes. */
export function desiredNodePorts(workspace: Workspace): readonly DesiredNodePorts[] {
  const wanted = new Map<string, WantedNodePort[]>([...workspace.clusters.keys()].map((cluster) => [cluster, []]));
  for (const spec of workspace.forwards) {
    if (spec.expose === undefined || spec.blocked !== undefined) continue;
    const { kecs, publicIp } = workspace.clusters.get(spec.cluster) ?? {};
    const tasks = publicIp?.nodePorts ?? (kecs === undefined ? null : KECS_TASK_NODE_PORTS);
    wanted.get(spec.cluster)?.push({
      cluster: spec.cluster,
      forward: spec.name,
      expose: spec.expose,
      target: plainTarget(spec),
      port: spec.port,
      tasks,
    });
  }
  return [...wanted].map(([cluster, wanted]) => ({
    cluster,
    wanted,
    complete: workspace.clusters.get(cluster)?.publicIp === undefined || (workspace.known?.has(cluster) ?? false),
  }));
}

function plainTarget({ target }: ForwardSpec): Target {
  return target.kind === "exposed" ? target.target : target;
}
