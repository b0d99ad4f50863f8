import type { NodePorts } from "./node_ports.ts";
import { nodePortRange } from "./node_ports.ts";
import type { KubeObject, Pod, Service, Workload } from "./objects.ts";
import { selectsOwnTemplate } from "./controller.ts";
import { type FieldProblem, invalid, type Subject } from "./status_error.ts";

/** What the API server checks and fills in before it stores an object. Throws a 422 `ApiError` that names every wrong field. */

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Checks the name of a new object. */
export function checkName(of: Subject, object: KubeObject): void {
  const { name } = object.metadata;
  const label = of.name === "services" || of.name === "namespaces";
  if ((label ? dnsLabel : dnsSubdomain).test(name)) return;
  const message = name === ""
    ? "Required value: name or generateName is required"
    : `Invalid value: "${name}": a lowercase RFC 1123 ${
      label ? "label" : "subdomain"
    } must consist of lower case alphanumeric characters${
      label ? "" : ", '-' or '.'"
    }, and must start and end with an alphanumeric character`;
  throw invalid(of, { name, problems: [{ field: "metadata.name", message }] });
}

/** A pod as it is stored first. */
export function admitPod(pod: Pod): Pod {
  return { ...pod, status: { phase: "Pending" } };
}

/** Checks a Deployment, StatefulSet or ReplicaSet; `before` is what it replaces. */
export function admitWorkload(
  of: Subject,
  options: { readonly workload: Workload; readonly before: Workload | undefined },
): Workload {
  const { workload, before } = options;
  const problems: FieldProblem[] = [];
  if (!selectsOwnTemplate(workload)) {
    const value = JSON.stringify(workload.spec.template.metadata?.labels ?? {});
    problems.push({
      field: "spec.template.metadata.labels",
      message: `Invalid value: ${value}: \`selector\` does not match template \`labels\``,
    });
  }
  if (before !== undefined && JSON.stringify(before.spec.selector) !== JSON.stringify(workload.spec.selector)) {
    problems.push({
      field: "spec.selector",
      message: `Invalid value: ${JSON.stringify(workload.spec.selector)}: field is immutable`,
    });
  }
  if (problems.length > 0) throw invalid(of, { name: workload.metadata.name, problems });
  return workload;
}

/** Checks a Service and gives it what it has not: cluster address, target ports, NodePorts. `before` is what it replaces. */
export async function admitService(
  of: Subject,
  options: {
    readonly service: Service;
    readonly before: Service | undefined;
    readonly nodePorts: NodePorts;
    readonly newClusterIp: () => string;
  },
): Promise<Service> {
  const { service, before } = options;
  const { spec } = service;
  const problems = checkPorts(service);
  const hasNodePorts = spec.type === "NodePort" || spec.type === "LoadBalancer";
  const taken = new Set<number>();
  const ports = [];
  for (const [index, port] of (spec.ports ?? []).entries()) {
    // A Service keeps the NodePort that it has for the same port.
    const kept = before?.spec.ports?.find(({ port: number, protocol }) =>
      number === port.port && protocol === port.protocol
    )?.nodePort;
    const { nodePort: asked = kept ?? 0, ...rest } = port;
    const filled = { ...rest, targetPort: port.targetPort ?? port.port };
    if (!hasNodePorts) {
      if (port.nodePort !== undefined && port.nodePort !== 0 && before === undefined) {
        problems.push({
          field: `spec.ports[${index}].nodePort`,
          message: `Forbidden: may not be used when \`type\` is '${spec.type}'`,
        });
      }
      ports.push(filled);
      continue;
    }
    const problem = asked === 0 ? undefined : await nodePortProblem(asked, { ...options, taken });
    if (problem !== undefined) {
      problems.push({ field: `spec.ports[${index}].nodePort`, message: `Invalid value: ${asked}: ${problem}` });
      continue;
    }
    const nodePort = asked === 0 ? await options.nodePorts.allot({ taken }) : asked;
    if (nodePort === undefined) {
      problems.push({
        field: `spec.ports[${index}].nodePort`,
        message: "failed to allocate a nodePort: range is full",
      });
      continue;
    }
    taken.add(nodePort);
    ports.push({ ...filled, nodePort });
  }
  if (problems.length > 0) throw invalid(of, { name: service.metadata.name, problems });
  const clusterIP = spec.type === "ExternalName"
    ? undefined
    : before?.spec.clusterIP ?? spec.clusterIP ?? options.newClusterIp();
  return {
    ...service,
    spec: {
      sessionAffinity: "None",
      ...spec,
      ...(spec.ports === undefined ? {} : { ports }),
      ...(clusterIP === undefined ? {} : { clusterIP, clusterIPs: [clusterIP], ipFamilies: ["IPv4"] }),
    },
    status: { loadBalancer: {} },
  };
}

async function nodePortProblem(
  port: number,
  options: { readonly before: Service | undefined; readonly nodePorts: NodePorts; readonly taken: ReadonlySet<number> },
): Promise<string | undefined> {
  if (port < nodePortRange.first || port > nodePortRange.last) {
    return `provided port is not in the valid range. The range of valid ports is ${nodePortRange.first}-${nodePortRange.last}`;
  }
  if (options.before?.spec.ports?.some(({ nodePort }) => nodePort === port)) return undefined;
  // A port that another program of this machine has is as good as allotted: the node could not listen on it.
  if (await options.nodePorts.allot({ preferred: port, taken: options.taken }) !== port) {
    return "provided port is already allocated";
  }
  return undefined;
}

function checkPorts({ spec }: Service): FieldProblem[] {
  const ports = spec.ports ?? [];
  if (ports.length === 0 && spec.type !== "ExternalName" && spec.clusterIP !== "None") {
    return [{ field: "spec.ports", message: "Required value" }];
  }
  const problems: FieldProblem[] = [];
  const names = new Set<string>();
  for (const [index, { name = "" }] of ports.entries()) {
    if (name === "" && ports.length > 1) {
      problems.push({ field: `spec.ports[${index}].name`, message: "Required value" });
    } else if (names.has(name)) {
      problems.push({ field: `spec.ports[${index}].name`, message: `Duplicate value: "${name}"` });
    }
    names.add(name);
  }
  return problems;
}
