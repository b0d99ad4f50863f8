import type { LiveWants, LiveWatch } from "./live_cluster.ts";
import type { Port } from "./port.ts";
import type { Selection, ServiceWriter } from "./service_writer.ts";
import type { ClusterStatus, Reason, SocketAddress } from "./status.ts";
import type { Duplex } from "./stream.ts";
import type { Protocol, Target, TargetPort } from "./workspace.ts";

/** A pod, exactly: a pod of the same name made later has another `uid`. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A Service by its name. */
export interface ServiceRef {
  /** Its namespace; the ECS cluster where the cluster runs KECS. */
  readonly group: string;
  readonly name: string;
}

/** One thing that answers for a target. */
export type Backend =
  | {
    readonly kind: "pod";
    readonly pod: PodRef;
    /** The container port, resolved from names and from the Service's targetPort. */
    readonly port: Port;
    /** Creation time, milliseconds since 1970: newest wins for tasks. */
    readonly createdAt: number;
  }
  /** An endpoint of a selector-less Service: no pod behind it that a tunnel could go to. */
  | { readonly kind: "address"; readonly address: SocketAddress };

/** What a target is now. Backends are Ready and not terminating, newest first. */
export type TargetState =
  /** Nothing is known: no first list yet (`connecting`), or the cluster does not answer or does not permit it. */
  | { readonly kind: "unknown"; readonly reason: Reason; readonly message: string }
  /** The object is not there, or has no such port. It may come. */
  | { readonly kind: "missing"; readonly reason: "not-found" | "port-not-found"; readonly message: string }
  | {
    readonly kind: "known";
    /** Empty: the object is there, nothing is ready behind it; `message` says what is there instead. */
    readonly backends: readonly Backend[];
    /** Node addresses with the Service port's nodePort; empty where the target has no NodePort. */
    readonly nodePorts: readonly SocketAddress[];
    /** Whether several backends are equal (round-robin) or the newest is meant (tasks). */
    readonly prefer: "newest" | "any";
    readonly message: string | null;
  };

/** A live view of one target. */
export interface TargetWatch {
  readonly state: TargetState;
  /** Calls `listener` after every change of `state`. Returns the way to stop that. */
  subscribe(listener: () => void): () => void;
  /** Lets go; the list+watch below is shared and ends with its last user. */
  close(): void;
}

/** One upgraded connection to a pod, carrying any number of streams. */
export interface Tunnel {
  readonly pod: PodRef;
  /** Streams open now. */
  readonly streams: number;
  /** Whether it takes another stream: not once it is closing (GOAWAY) or closed, nor until the peer is done with what a stream left behind. */
  readonly usable: boolean;
  /** Settles, never rejects, when the tunnel has ended; the reason is for people. */
  readonly closed: Promise<{ readonly message: string }>;
  /**
   * A stream to `port` of the pod. Resolves once the frames that open it are written: whether something listens there
   * shows at the first read, which rejects with `StreamError("refused")` if not.
   */
  open(port: Port, signal: AbortSignal): Promise<Duplex>;
  close(): void;
}

/** One cluster, as the data plane sees it. */
export interface ClusterAccess {
  readonly name: string;
  readonly status: ClusterStatus;
  subscribe(listener: () => void): () => void;
  /** `protocol`: whose ports are meant; absent: TCP. */
  watch(target: Target, port: TargetPort, options?: { readonly protocol: Protocol }): TargetWatch;
  /** Opens a tunnel to a pod. Rejects with `AccessError`. */
  openTunnel(pod: PodRef, signal: AbortSignal): Promise<Tunnel>;
  /** A live view of what forwards follow by themselves. Absent where nothing can be followed. */
  follow?(wants: LiveWants): LiveWatch;
  /** What a companion Service of a target must be like. Rejects with `AccessError`. Absent where nothing can be made. */
  select?(target: Target, port: TargetPort, signal: AbortSignal): Promise<Selection>;
  /** The TCP ports of a Service; none where there is no such Service. Rejects with `AccessError`. Absent where nothing can be looked at. */
  servicePorts?(service: ServiceRef, signal: AbortSignal): Promise<readonly Port[]>;
  /** Absent where nothing can be made. */
  readonly services?: ServiceWriter;
  /** Looks again at everything now: after sleep or a change of network. */
  refresh(): void;
  close(): Promise<void>;
}

/** An expected failure to reach a cluster, or to be let in. */
export class AccessError extends Error {
  override readonly name = "AccessError";
  readonly reason: Reason;

  constructor(reason: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
