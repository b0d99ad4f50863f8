import type { Requirement } from "../conventions/label_selector.ts";
import type { Port } from "../model/port.ts";

/** What every object here has. */
export interface Meta {
  /** Empty for objects of the whole cluster. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** One port of a Service. */
export interface ServicePort {
  readonly name: string | null;
  readonly port: Port;
  /** A number or the name of a container port. */
  readonly targetPort: Port | string;
  readonly nodePort: Port | null;
}

/** A Service. `ports` are its TCP ports. */
export interface ServiceObject extends Meta {
  readonly type: string;
  /** Null: selector-less, its endpoints are kept by someone else. */
  readonly selector: Readonly<Record<string, string>> | null;
  readonly externalName: string | null;
  /** Only traffic on nodes that hold an endpoint is served (externalTrafficPolicy: Local). */
  readonly localTraffic: boolean;
  readonly ports: readonly ServicePort[];
  /** Its UDP ports: `protocolView` puts them in the place of `ports`. */
  readonly udpPorts: readonly ServicePort[];
  /** Every NodePort that it holds: of any protocol, and the one for health checks. */
  readonly heldNodePorts: readonly Port[];
}

/** One endpoint of a slice. */
export interface Endpoint {
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly terminating: boolean;
  readonly node: string | null;
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string } | null;
}

/** A port of a slice. */
export interface SlicePort {
  readonly name: string | null;
  readonly port: Port;
}

/** An EndpointSlice. */
export interface EndpointSliceObject extends Meta {
  /** The Service it belongs to. */
  readonly service: string | null;
  /** Its TCP ports by the name of the Service's port (null where that has none). */
  readonly ports: readonly SlicePort[];
  /** The same of UDP. */
  readonly udpPorts: readonly SlicePort[];
  readonly endpoints: readonly Endpoint[];
}

/** A named port of a container. */
export interface ContainerPort {
  readonly name: string;
  readonly port: Port;
}

/** A Pod. */
export interface PodObject extends Meta {
  readonly ready: boolean;
  readonly terminating: boolean;
  readonly phase: string;
  /** Why a container does not run, as Kubernetes names it: `CrashLoopBackOff`, `ImagePullBackOff`. */
  readonly problem: string | null;
  /** Named TCP ports of its containers. */
  readonly ports: readonly ContainerPort[];
  /** The same of UDP. */
  readonly udpPorts: readonly ContainerPort[];
  /** Present where ECS is to give it a public IP: what its Service needs. */
  readonly publicIp?: { readonly arn: string | null; readonly ports: readonly Port[] };
}

/** A Node. */
export interface NodeObject extends Meta {
  readonly ready: boolean;
  /** Its address inside the cluster's network, else another one that is an IP address; null where there is none. */
  readonly address: string | null;
}

/** A Namespace: only its labels matter. */
export type NamespaceObject = Meta;

/** A Deployment or a StatefulSet: only its selector and size matter. */
export interface WorkloadObject extends Meta {
  readonly requirements: readonly Requirement[];
  readonly replicas: number;
}

/** An Ingress of a load balancer's listener in KECS; of any other one nothing is kept but its name. */
export interface IngressObject extends Meta {
  readonly alb: { readonly name: string; readonly dnsName: string; readonly listener: Port | null } | null;
}

/** The kinds that are watched, and what is kept of each. */
export interface KubeObjects {
  readonly services: ServiceObject;
  readonly endpointSlices: EndpointSliceObject;
  readonly pods: PodObject;
  readonly nodes: NodeObject;
  readonly namespaces: NamespaceObject;
  readonly deployments: WorkloadObject;
  readonly statefulSets: WorkloadObject;
  readonly ingresses: IngressObject;
}

/** A kind that is watched. */
export type Kind = keyof KubeObjects;
