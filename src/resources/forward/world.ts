import type { Forwarders, ForwarderView } from "../../model/forwarders.ts";
import type { Route, SocketAddress } from "../../model/status.ts";
import type { ForwardSpec, Protocol } from "../../model/workspace.ts";

/** What can be said of a forward before it runs. Null where it is not known. */
export interface ForwardPreview {
  readonly route: Route | null;
  readonly routeReason: string | null;
  readonly backend: string | null;
  /** What would keep it from being Active now: "no pod is ready", "cluster staging does not answer". */
  readonly note: string | null;
}

/** A program that holds a local port. */
export interface PortHolder {
  /** In words: `nginx (PID 1234)`. */
  readonly words: string;
  /** Whether `onConflict: take-over` may have it let go. Absent: no. */
  readonly yields?: boolean;
  /** Null where the system does not tell. */
  readonly pid: number | null;
}

/** What the kind `forward` looks at and acts on. */
export interface ForwardWorld {
  /** What runs now, here or in the process that holds the workspace. */
  readonly view: ForwarderView;
  /** Absent where plans are only shown: `apply` is not called there. */
  readonly forwarders?: Forwarders;
  /** Absent where the answer would not be shown: looking costs a question to the cluster. */
  readonly preview?: (spec: ForwardSpec, signal: AbortSignal) => Promise<ForwardPreview>;
  /** The local port that a forward would get now; null when it cannot be said. */
  readonly localPort: (spec: ForwardSpec) => number | null;
  /** Who holds a local address; null when it is free. Absent where binding itself tells. */
  readonly holder?: (address: SocketAddress, protocol: Protocol) => Promise<PortHolder | null>;
  /** Every forward that insists on its port may take it over, as `onConflict: take-over` does. Absent: no. */
  readonly takeOver?: boolean;
}
