import type { HttpRequest } from "./http1.ts";
import { endpointSlice, hasCondition, type KubeObject, pod, type ResourceType, service, workload } from "./objects.ts";

/** Whether a client asks for rows ready to print, as `kubectl get` does. */
export function wantsTable(request: HttpRequest): boolean {
  return (request.headers.get("accept") ?? "").includes("as=Table");
}

type Cell = string | number;

/** A list as a `Table` of meta.k8s.io/v1: the columns that people know from `kubectl get`. `now` in milliseconds since 1970. */
export function asTable(
  found: { readonly metadata?: unknown; readonly items: readonly KubeObject[] },
  options: { readonly type: ResourceType<KubeObject>; readonly now: number },
): Readonly<Record<string, unknown>> {
  const { names, cells } = columns[options.type.name] ?? { names: [], cells: () => [] };
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: found.metadata ?? {},
    columnDefinitions: ["Name", ...names, "Age"].map((name) => ({
      name,
      type: "string",
      format: name === "Name" ? "name" : "",
      description: "",
      priority: 0,
    })),
    rows: found.items.map((object) => ({
      cells: [object.metadata.name, ...cells(object), age(object.metadata.creationTimestamp ?? "", options.now)],
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata },
    })),
  };
}

const replicas = {
  names: ["Ready"],
  cells: (object: KubeObject) => {
    const { spec, status } = workload.parse(object);
    return [`${status?.readyReplicas ?? 0}/${spec.replicas}`];
  },
};

const columns: Readonly<
  Record<string, { readonly names: readonly string[]; readonly cells: (object: KubeObject) => readonly Cell[] }>
> = {
  pods: {
    names: ["Ready", "Status", "Restarts"],
    cells: (object) => {
      const { metadata, spec, status } = pod.parse(object);
      const count = spec.containers.length;
      const ready = hasCondition({ metadata, spec, status }, "Ready") ? count : 0;
      const phase = metadata.deletionTimestamp === undefined ? status?.phase ?? "Pending" : "Terminating";
      return [`${ready}/${count}`, phase, status?.containerStatuses?.[0]?.restartCount ?? 0];
    },
  },
  services: {
    names: ["Type", "Cluster-IP", "External-IP", "Port(s)"],
    cells: (object) => {
      const { spec } = service.parse(object);
      const ports = (spec.ports ?? []).map(({ port, nodePort, protocol }) =>
        `${port}${nodePort === undefined ? "" : `:${nodePort}`}/${protocol}`
      );
      return [
        spec.type,
        spec.clusterIP ?? "<none>",
        spec.type === "LoadBalancer" ? "<pending>" : "<none>",
        ports.join(",") || "<none>",
      ];
    },
  },
  endpointslices: {
    names: ["AddressType", "Ports", "Endpoints"],
    cells: (object) => {
      const { addressType, ports, endpoints } = endpointSlice.parse(object);
      const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
      return [
        addressType,
        (ports ?? []).map(({ port }) => port).join(",") || "<unset>",
        addresses.join(",") || "<unset>",
      ];
    },
  },
  nodes: { names: ["Status", "Roles", "Version"], cells: () => ["Ready", "control-plane", "sandbox"] },
  namespaces: {
    names: ["Status"],
    cells: ({ metadata }) => [metadata.deletionTimestamp === undefined ? "Active" : "Terminating"],
  },
  deployments: replicas,
  statefulsets: replicas,
  replicasets: replicas,
};

function age(created: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(created)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3600)}h`;
}
