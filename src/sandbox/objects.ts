import { z } from "zod";

/**
 * The Kubernetes objects that the sandbox knows, as far as it looks into them; all other fields are kept as they came.
 * Source: the Kubernetes API reference, v1.31.
 */

const labels = z.record(z.string(), z.string());
const portNumber = z.int().min(1).max(65535);
const targetPort = z.union([portNumber, z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)]);

const metadata = z.looseObject({
  name: z.string().default(""),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().default(""),
  resourceVersion: z.string().default(""),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().optional(),
  labels: labels.optional(),
  annotations: labels.optional(),
  ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string(), uid: z.string() })).optional(),
});

const podSpec = z.looseObject({
  nodeName: z.string().optional(),
  containers: z.array(z.looseObject({
    name: z.string().min(1),
    env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).optional(),
    ports: z.array(z.looseObject({
      name: z.string().optional(),
      containerPort: portNumber,
      protocol: z.enum(["TCP", "UDP", "SCTP"]).default("TCP"),
    })).optional(),
  })).min(1),
});

const condition = z.looseObject({ type: z.string(), status: z.string() });

const selector = z.looseObject({
  matchLabels: labels.optional(),
  matchExpressions: z.array(z.looseObject({
    key: z.string(),
    operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
    values: z.array(z.string()).optional(),
  })).optional(),
});

const workloadSpec = z.looseObject({
  replicas: z.int().min(0).default(1),
  selector,
  template: z.looseObject({
    metadata: z.looseObject({ labels: labels.optional(), annotations: labels.optional() }).optional(),
    spec: podSpec,
  }),
});

const anyObject = z.looseObject({});

const servicePort = z.looseObject({
  name: z.string().optional(),
  protocol: z.enum(["TCP", "UDP", "SCTP"]).default("TCP"),
  port: portNumber,
  targetPort: targetPort.optional(),
  nodePort: z.int().min(0).max(65535).optional(),
});

/** What the sandbox reads of a Pod; all else of it is kept as it came. */
export const pod = z.looseObject({
  metadata,
  spec: podSpec,
  status: z.looseObject({
    phase: z.string().optional(),
    containerStatuses: z.array(z.looseObject({ restartCount: z.int() })).optional(),
    podIP: z.string().optional(),
    conditions: z.array(condition).optional(),
  }).optional(),
});

/** As `pod`, of a Service. */
export const service = z.looseObject({
  metadata,
  spec: z.looseObject({
    type: z.enum(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]).default("ClusterIP"),
    selector: labels.optional(),
    clusterIP: z.string().optional(),
    ports: z.array(servicePort).optional(),
  }),
});

/** As `pod`, of an EndpointSlice. */
export const endpointSlice = z.looseObject({
  metadata,
  addressType: z.string().default("IPv4"),
  endpoints: z.array(z.looseObject({
    addresses: z.array(z.string()).min(1),
    conditions: z.looseObject({
      ready: z.boolean().optional(),
      serving: z.boolean().optional(),
      terminating: z.boolean().optional(),
    }).optional(),
    targetRef: z.looseObject({ kind: z.string(), name: z.string(), uid: z.string().optional() }).optional(),
  })).nullable().default([]),
  ports: z.array(z.looseObject({
    name: z.string().optional(),
    port: portNumber.optional(),
    protocol: z.string().optional(),
  })).nullable().default([]),
});

/** As `pod`, of what makes pods: a Deployment, a StatefulSet, a ReplicaSet. */
export const workload = z.looseObject({ metadata, spec: workloadSpec, status: anyObject.optional() });
const plain = z.looseObject({ metadata, spec: anyObject.optional(), status: anyObject.optional() });

/** A Pod that has passed `pod`. */
export type Pod = z.infer<typeof pod>;
/** A Service that has passed `service`. */
export type Service = z.infer<typeof service>;
/** One port of a Service. */
export type ServicePort = z.infer<typeof servicePort>;
/** An EndpointSlice that has passed `endpointSlice`. */
export type EndpointSlice = z.infer<typeof endpointSlice>;
/** What makes pods, and has passed `workload`. */
export type Workload = z.infer<typeof workload>;
/** Which labels are meant: all of `matchLabels` and of `matchExpressions`. */
export type LabelSelector = z.infer<typeof selector>;
/** An object of which only the metadata matter. */
export type Plain = z.infer<typeof plain>;
/** The metadata of any object. */
export type Metadata = z.infer<typeof metadata>;

/** What every object has. */
export interface KubeObject {
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

/** One type of object of the API. */
export interface ResourceType<T extends KubeObject> {
  /** The plural name in the URL. */
  readonly name: ResourceName;
  /** The API group; empty for the core. */
  readonly group: "" | "apps" | "discovery.k8s.io" | "networking.k8s.io";
  readonly kind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly subresources: readonly string[];
  readonly schema: z.ZodType<T>;
}

/** The types of objects that the sandbox has, by their plural names. */
export type ResourceName =
  | "pods"
  | "services"
  | "nodes"
  | "namespaces"
  | "endpointslices"
  | "deployments"
  | "statefulsets"
  | "replicasets"
  | "ingresses";

/** The resource types, by plural name. */
export const resourceTypes = {
  pods: type({ name: "pods", kind: "Pod", shortNames: ["po"], subresources: ["portforward"], schema: pod }),
  services: type({ name: "services", kind: "Service", shortNames: ["svc"], schema: service }),
  nodes: type({ name: "nodes", kind: "Node", shortNames: ["no"], namespaced: false, schema: plain }),
  namespaces: type({ name: "namespaces", kind: "Namespace", shortNames: ["ns"], namespaced: false, schema: plain }),
  endpointslices: type({
    name: "endpointslices",
    kind: "EndpointSlice",
    group: "discovery.k8s.io",
    schema: endpointSlice,
  }),
  deployments: type({
    name: "deployments",
    kind: "Deployment",
    group: "apps",
    shortNames: ["deploy"],
    subresources: ["scale"],
    schema: workload,
  }),
  statefulsets: type({
    name: "statefulsets",
    kind: "StatefulSet",
    group: "apps",
    shortNames: ["sts"],
    subresources: ["scale"],
    schema: workload,
  }),
  replicasets: type({
    name: "replicasets",
    kind: "ReplicaSet",
    group: "apps",
    shortNames: ["rs"],
    subresources: ["scale"],
    schema: workload,
  }),
  ingresses: type({
    name: "ingresses",
    kind: "Ingress",
    singular: "ingress",
    group: "networking.k8s.io",
    shortNames: ["ing"],
    schema: plain,
  }),
} as const;

function type<T extends KubeObject>(of: {
  readonly name: ResourceName;
  readonly kind: string;
  readonly singular?: string;
  readonly group?: ResourceType<T>["group"];
  readonly shortNames?: readonly string[];
  readonly namespaced?: boolean;
  readonly subresources?: readonly string[];
  readonly schema: z.ZodType<T>;
}): ResourceType<T> {
  return { group: "", shortNames: [], namespaced: true, subresources: [], singular: of.kind.toLowerCase(), ...of };
}

/** `apiVersion` of a type: `v1`, `apps/v1`. */
export function apiVersion(of: { readonly group: string }): string {
  return of.group === "" ? "v1" : `${of.group}/v1`;
}

/** Whether a pod is Ready and not on its way out. */
export function isReady(of: Pod): boolean {
  return of.metadata.deletionTimestamp === undefined && hasCondition(of, "Ready");
}

/** Whether a condition of a pod is True. */
export function hasCondition(of: Pod, name: string): boolean {
  return of.status?.conditions?.some(({ type, status }) => type === name && status === "True") ?? false;
}
