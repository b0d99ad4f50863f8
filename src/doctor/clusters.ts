import { AccessError } from "../model/cluster_access.ts";
import type { Finding } from "../model/doctor.ts";
import type { ClusterSpec, Target, Workspace } from "../model/workspace.ts";
import type { Machine, Right } from "./machine.ts";

/** Rights that are asked for in at most this many namespaces of a cluster: each is a request. */
const MOST_NAMESPACES = 5;

/** Whether the API server of a cluster answers, and lets us do what its forwards need. */
export async function checkCluster(
  machine: Machine,
  { spec, workspace, signal }: {
    readonly spec: ClusterSpec;
    readonly workspace: Workspace;
    readonly signal: AbortSignal;
  },
): Promise<readonly Finding[]> {
  const subject = `cluster ${spec.name}`;
  const reach = { check: "cluster", subject } as const;
  if (spec.access.kind === "sandbox") return [{ ...reach, level: "ok", message: "simulated, in berth's own process" }];
  let facts;
  try {
    facts = await machine.cluster(spec, rightsFor(spec, workspace), signal);
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    // One on k3d that is not there yet is no fault: up makes it.
    const level = spec.access.kind === "k3d" && error.reason === "cluster-unreachable" ? "warn" : "broken";
    return [{ ...reach, level, message: error.message, help: helpFor(error, spec) }];
  }
  const { server, version, note, lacks } = facts;
  const found: Finding[] = [
    { ...reach, level: "ok", message: `${server}${version === null ? "" : `, Kubernetes ${version}`}` },
  ];
  if (note !== null) found.push({ check: "cluster-address", subject, level: "note", message: note });
  const rights = { check: "cluster-rights", subject } as const;
  if (lacks === null) {
    found.push({ ...rights, level: "note", message: "the server does not say what you may do in it" });
  } else if (lacks.length === 0) found.push({ ...rights, level: "ok", message: "all rights that the forwards need" });
  else {
    const needed = lacks.some((right) => !isOptional(right));
    found.push({
      ...rights,
      level: needed ? "broken" : "warn",
      message: `you may not ${lacks.map(words).join(", ")}`,
      help: needed
        ? "ask for a Role with these; forwards of the tunnel route need all but nodes"
        : "without nodes the direct route cannot be taken: the tunnel is",
    });
  }
  return found;
}

/** What the forwards of a cluster need of it: to watch where they lead, and to forward a port of a pod. */
export function rightsFor(spec: ClusterSpec, { forwards }: Workspace): readonly Right[] {
  const own = forwards.filter(({ cluster }) => cluster === spec.name);
  // Names of ECS say no namespace.
  const known = own.flatMap(({ target }) => namespaceOf(target) ?? []);
  const namespaces = spec.kecs === undefined && known.length > 0
    ? [...new Set(known)].toSorted().slice(0, MOST_NAMESPACES)
    : [null];
  return [
    ...namespaces.flatMap((namespace) => [
      { verb: "create", resource: "pods/portforward", namespace },
      ...["pods", "services", "endpointslices.discovery.k8s.io"].flatMap((resource) =>
        ["list", "watch"].map((verb) => ({ verb, resource, namespace }))
      ),
    ]),
    { verb: "list", resource: "nodes", namespace: null },
  ];
}

function namespaceOf(target: Target): string | undefined {
  if (target.kind === "exposed") return namespaceOf(target.target);
  return "namespace" in target ? target.namespace : undefined;
}

function isOptional({ resource }: Right): boolean {
  return resource === "nodes";
}

function words({ verb, resource, namespace }: Right): string {
  return `${verb} ${resource}${namespace === null ? "" : ` in ${namespace}`}`;
}

function helpFor({ reason }: AccessError, { access }: ClusterSpec): string {
  if (reason === "kubeconfig-invalid") {
    return "see kubectl config get-contexts, and kubeconfig and context of this cluster";
  }
  if (reason === "unauthorized") return "log in again: the credentials of this context are not accepted";
  if (access.kind === "k3d") return "up makes or starts the cluster";
  return "is it running, and is this machine on its network or VPN?";
}
