import type { Port } from "./port.ts";
import type { Protocol } from "./workspace.ts";

/**
 * State of a forward as every face shows it. Active only after a probe or a connection went through to a backend. UDP has no connection that
 * could be tried: there, while endpoints are ready and their node answers, or once a datagram has come back.
 */
export type ForwardState = "Starting" | "Active" | "Reconnecting" | "Failed" | "Stopped";

/** Why a forward is not Active, or why its last connection failed. Stable codes: tools match on them. */
export type Reason =
  | "no-endpoints"
  | "not-found"
  | "port-not-found"
  | "backend-refused"
  | "backend-timeout"
  | "backend-reset"
  | "probe-failed"
  | "cluster-unreachable"
  | "unauthorized"
  | "forbidden"
  | "kubeconfig-invalid"
  | "port-in-use"
  | "port-forbidden"
  | "address-unavailable"
  | "route-unavailable"
  | "connecting";

/** The route in use. */
export type Route = "direct" | "tunnel";

/** A place to listen on or to dial. */
export interface SocketAddress {
  readonly host: string;
  readonly port: Port;
}

/** The connections of one forward since it was started. */
export interface ConnectionCounts {
  readonly open: number;
  readonly total: number;
  /** Those that no backend took, or that a backend broke. */
  readonly failed: number;
  /** `failed` by cause; causes that did not occur are absent. */
  readonly causes: Readonly<Partial<Record<Reason, number>>>;
}

/** One forward's status: the record of the JSON contract (`status -o json`). Times are ISO 8601 in UTC. */
export interface ForwardStatus {
  readonly name: string;
  readonly cluster: string;
  /** `describeTarget(spec.target)`. */
  readonly target: string;
  readonly targetPort: string;
  readonly protocol: Protocol;
  readonly listen: readonly SocketAddress[];
  readonly status: ForwardState;
  readonly reason: Reason | null;
  readonly message: string | null;
  readonly route: Route | null;
  /** Why this route: "NodePort 30080 answers on 172.18.0.2", "no NodePort". */
  readonly routeReason: string | null;
  /** The backend in use: `172.18.0.2:30080` or `pod default/web-0`. */
  readonly backend: string | null;
  readonly lastCheck: string | null;
  readonly nextRetry: string | null;
  readonly attempt: number;
  /** How often it was lost and came back since it was started. */
  readonly reconnects: number;
  readonly since: string;
  readonly connections: ConnectionCounts;
  /** Bytes seen by the client side: `in` from the client, `out` to the client. */
  readonly bytes: { readonly in: number; readonly out: number };
}

/** One cluster's status. */
export interface ClusterStatus {
  readonly name: string;
  readonly kind: "kubeconfig" | "k3d" | "sandbox";
  /** Null: not known yet. False: it does not answer, or does not let us in; `reason` says which. */
  readonly reachable: boolean | null;
  readonly reason: Reason | null;
  readonly message: string | null;
  /** The API server's version, for example `v1.31.4`. */
  readonly version: string | null;
}

/** One line of the event stream and of the history. */
export interface Event {
  /** ISO 8601 in UTC. */
  readonly time: string;
  /** `status`, `switch`, `reload`, `diagnostic`, `action`, `cluster`, `daemon`, `command`, `approve`, `progress`, `note`. */
  readonly type: string;
  /** The key concerned, or null for the workspace as a whole. */
  readonly key: string | null;
  readonly status: string | null;
  readonly reason: string | null;
  readonly message: string;
}
