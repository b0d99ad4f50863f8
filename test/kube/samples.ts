import type { FakeObject } from "./fake_api.ts";

/** The collection of `kind` in namespace `default`. */
export const at = {
  services: "/api/v1/namespaces/default/services",
  pods: "/api/v1/namespaces/default/pods",
  slices: "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
  deployments: "/apis/apps/v1/namespaces/default/deployments",
  statefulSets: "/apis/apps/v1/namespaces/default/statefulsets",
  nodes: "/api/v1/nodes",
  namespaces: "/api/v1/namespaces",
} as const;

/** How a pod differs from a ready one labelled `app=<name without its last part>`. */
export interface PodOptions {
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ready?: boolean;
  readonly terminating?: boolean;
  readonly created?: string;
  readonly ports?: readonly unknown[];
  readonly waiting?: string;
  readonly phase?: string;
}

/** A Pod in `default`. */
export function pod(name: string, options: PodOptions = {}): FakeObject {
  const {
    namespace = "default",
    uid = `uid-${name}`,
    labels = { app: name.replace(/-[^-]*$/, "") },
    created = "2026-01-01T00:00:00Z",
  } = options;
  return {
    metadata: {
      name,
      namespace,
      uid,
      labels,
      creationTimestamp: created,
      ...(options.terminating === true ? { deletionTimestamp: "2026-01-02T00:00:00Z" } : {}),
    },
    spec: { containers: [{ name: "c", ports: options.ports ?? [{ name: "http", containerPort: 8080 }] }] },
    status: {
      phase: options.phase ?? "Running",
      conditions: [{ type: "Ready", status: options.ready === false ? "False" : "True" }],
      containerStatuses: options.waiting === undefined ? [] : [{ state: { waiting: { reason: options.waiting } } }],
    },
  };
}

/** A Service in `default` for the pods `app=<name>`, port 80. */
export function service(
  name: string,
  spec: Readonly<Record<string, unknown>> = {},
  meta: Readonly<Record<string, unknown>> = {},
): FakeObject {
  return {
    metadata: { name, namespace: "default", uid: `uid-${name}`, ...meta },
    spec: {
      type: "ClusterIP",
      selector: { app: name },
      ports: [{ port: 80, targetPort: 8080, protocol: "TCP" }],
      ...spec,
    },
  };
}

/** An endpoint of a slice that is a pod. */
export function endpoint(
  podName: string,
  conditions: Readonly<Record<string, unknown>> = { ready: true },
): Readonly<Record<string, unknown>> {
  return {
    addresses: ["10.42.0.7"],
    conditions,
    nodeName: "node-a",
    targetRef: { kind: "Pod", name: podName, namespace: "default", uid: `uid-${podName}` },
  };
}

/** An EndpointSlice of a Service. */
export function slice(
  serviceName: string,
  endpoints: readonly unknown[],
  { ports = [{ name: "", port: 8080, protocol: "TCP" }], suffix = "abc" }: {
    readonly ports?: readonly unknown[];
    readonly suffix?: string;
  } = {},
): FakeObject {
  return {
    metadata: {
      name: `${serviceName}-${suffix}`,
      namespace: "default",
      labels: { "kubernetes.io/service-name": serviceName },
    },
    addressType: "IPv4",
    ports,
    endpoints,
  };
}

/** A Node with an address of each type. */
export function node(name: string, address: string, { ready = true }: { readonly ready?: boolean } = {}): FakeObject {
  return {
    metadata: { name },
    status: {
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      addresses: [{ type: "Hostname", address: name }, { type: "ExternalIP", address: "203.0.113.9" }, {
        type: "InternalIP",
        address,
      }],
    },
  };
}

/** A Deployment or StatefulSet of the pods `app=<name>`. */
export function workload(
  name: string,
  spec: Readonly<Record<string, unknown>> = {},
  namespace = "default",
): FakeObject {
  return {
    metadata: { name, namespace },
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, ...spec },
  };
}
