import { LABEL_CLUSTER, LABEL_REGION, LABEL_SERVICE, LEGACY_SERVICE_PREFIX } from "../conventions/kecs_labels.ts";
import type { Survey, SurveyPort } from "../model/survey.ts";
import type { Draft, DraftCluster, DraftForward, DraftTarget } from "./draft.ts";

/** Namespaces of Kubernetes' own, which nobody forwards to unless they say so. */
const SYSTEM = ["kube-system", "kube-public", "kube-node-lease", "kecs-system"];

/** Something that a cluster has and that a forward may lead to. */
export interface Candidate {
  /** For people: `service shop/web`. */
  readonly what: string;
  /** The port, with its name where it has one: `80 (http)`. */
  readonly port: string;
  readonly forward: DraftForward;
}

/** Which cluster was looked at, and where in it. */
export interface Looked {
  readonly cluster: Pick<DraftCluster, "name" | "kubeconfig" | "context" | "sandbox">;
  /** Only this namespace; undefined: all but those of the system. */
  readonly namespace?: string;
}

/** What can be forwarded to, in order of namespace and name, and the cluster it is in. */
export function candidatesOf(
  survey: Survey,
  { cluster, namespace }: Looked,
): { readonly cluster: DraftCluster; readonly candidates: readonly Candidate[] } {
  const ecs = new Map(
    survey.namespaces.flatMap(({ name, labels }) => {
      const [own, region] = [labels[LABEL_CLUSTER], labels[LABEL_REGION]];
      return own === undefined || region === undefined ? [] : [[name, { cluster: own, region }] as const];
    }),
  );
  const wanted = (name: string) => namespace === undefined ? !SYSTEM.includes(name) : name === namespace;
  const [first] = ecs.values();
  // A file's cluster stands for one region of one instance.
  const inKecs = (name: string) => ecs.get(name)?.region === first?.region ? ecs.get(name)?.cluster : undefined;
  const id = "cluster";
  const services = survey.services.filter((service) =>
    wanted(service.namespace) && !service.external &&
    !(service.namespace === "default" && service.name === "kubernetes")
  ).flatMap(({ namespace, name, labels, ports }) => {
    const ecsCluster = inKecs(namespace);
    if (first === undefined) return entries({ kind: "service", namespace, name }, { name, ports, id });
    // Where the cluster runs KECS, a file's Services are ECS services; those that KECS makes for tasks are none.
    if (ecsCluster === undefined || name.startsWith("task-")) return [];
    const service = labels[LABEL_SERVICE] ?? name.replace(new RegExp(`^${LEGACY_SERVICE_PREFIX}`), "");
    return entries({ kind: "ecsService", ecsCluster, name: service }, { name: service, ports, id });
  });
  const tasks = survey.tasks.filter(({ namespace }) => wanted(namespace)).flatMap(({ namespace, id: name, ports }) => {
    const ecsCluster = inKecs(namespace);
    return ecsCluster === undefined
      ? []
      : entries({ kind: "ecsTask", ecsCluster, name }, { name: `task-${name.slice(0, 8)}`, ports, id });
  });
  const kecs = first === undefined
    ? {}
    : { kecs: { instance: instanceOf(cluster.context ?? ""), region: first.region } };
  const candidates = [...services, ...tasks].toSorted((a, b) => compare(a.what, b.what));
  return { cluster: { id, ...cluster, ...kecs }, candidates };
}

/** The draft of a file with these of them. */
export function draftOf(cluster: DraftCluster, chosen: readonly Candidate[]): Draft {
  return { clusters: [cluster], forwards: chosen.map(({ forward }) => forward), notes: [] };
}

function entries(
  target: Exclude<DraftTarget, { kind: "selector" | "nodePort" }>,
  { name, ports, id }: { readonly name: string; readonly ports: readonly SurveyPort[]; readonly id: string },
): readonly Candidate[] {
  const tcp = ports.filter(({ protocol }) => protocol === "TCP");
  const words = target.kind === "ecsService" ? "service" : target.kind === "ecsTask" ? "task" : target.kind;
  const where = "namespace" in target ? target.namespace : target.ecsCluster;
  return tcp.map((port) => ({
    what: `${words} ${where}/${target.name}`,
    port: port.name === null ? String(port.port) : `${port.port} (${port.name})`,
    forward: {
      name: tcp.length === 1 ? name : `${name}-${port.name ?? port.port}`,
      cluster: id,
      target,
      port: port.port,
      // The same for every teammate, and free wherever it can be.
      local: "auto",
      line: null,
    },
  }));
}

/** KECS' name of the instance in the context that k3d writes for its cluster; else the context's own. */
function instanceOf(context: string): string {
  return context.replace(/^(?:k3d-)?(?:kecs-)?/, "").toLowerCase().replace(/[^a-z0-9-]+/g, "-").replace(
    /^-+|-+$/g,
    "",
  ) || "kecs";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
