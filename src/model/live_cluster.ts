import type { Port } from "./port.ts";
import type { Reason } from "./status.ts";

/** A Service that has NodePorts, belongs to a task, or carries berth's labels. */
export interface LiveService {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  /** Its TCP ports. */
  readonly ports: readonly {
    readonly name: string | null;
    readonly port: Port;
    readonly targetPort: Port | string;
    readonly nodePort: Port | null;
  }[];
}

/** A running or coming task that is to have a public IP. */
export interface LiveTask {
  readonly namespace: string;
  /** The task's id: the pod's label, else its name. */
  readonly id: string;
  /** The task's ARN; null where the pod does not say it. */
  readonly arn: string | null;
  /** The name of its pod. */
  readonly pod: string;
  /** What selects its pod and no other. */
  readonly selector: Readonly<Record<string, string>>;
  /** The TCP ports of its containers, without repetition, smallest first. */
  readonly ports: readonly Port[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** A listener of a load balancer, as its Ingress tells. */
export interface LiveAlb {
  /** The load balancer's name, small letters. */
  readonly name: string;
  readonly dnsName: string;
  /** The listener's port, where the Ingress says it: each may have a DNS name of its own. */
  readonly listener: Port | null;
}

/** What one cluster holds that forwards follow by themselves. Plain data; lists are sorted. */
export interface LiveCluster {
  /** Every NodePort in use, of any protocol. */
  readonly nodePorts: ReadonlySet<Port>;
  readonly services: readonly LiveService[];
  /** Oldest first. */
  readonly tasks: readonly LiveTask[];
  readonly albs: readonly LiveAlb[];
}

/** What is known of a cluster. What was known stays known while the cluster is out of reach. */
export type LiveState =
  | { readonly kind: "unknown"; readonly reason: Reason; readonly message: string }
  | { readonly kind: "known"; readonly live: LiveCluster };

/** What to look at beyond Services: each costs a list and a watch of the whole cluster (load balancers: of one namespace). */
export interface LiveWants {
  readonly tasks: boolean;
  readonly albs: boolean;
}

/** A live view of a cluster. */
export interface LiveWatch {
  readonly state: LiveState;
  /** Calls `listener` after every change of `state`. Returns the way to stop that. */
  subscribe(listener: () => void): () => void;
  close(): void;
}
