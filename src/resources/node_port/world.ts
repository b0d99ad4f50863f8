import type { LiveState } from "../../model/live_cluster.ts";
import type { Port } from "../../model/port.ts";
import type { Selection, ServiceWriter } from "../../model/service_writer.ts";
import type { Target, TargetPort } from "../../model/workspace.ts";

/** What the kind `node_port` looks at and acts on. */
export interface NodePortWorld {
  /** Tells this workspace from others; the same at every run. */
  readonly workspaceId: string;
  /** What a cluster holds now, waiting a short while for its first answer. */
  readonly live: (cluster: string, signal: AbortSignal) => Promise<LiveState>;
  /** What a companion of a target must be like. Rejects with `AccessError`. */
  readonly select: (
    of: { readonly cluster: string; readonly target: Target; readonly port: TargetPort },
    signal: AbortSignal,
  ) => Promise<Selection>;
  /** Writes in a cluster; undefined where it is not connected, or where plans are only shown. */
  readonly services?: (cluster: string) => ServiceWriter | undefined;
  /** The clusters where Services of ours may be, though nothing asks for one now. */
  readonly touched: ReadonlySet<string>;
  /** Called before the first Service is made in a cluster: it is to be looked at in later runs as well. */
  readonly touch?: (cluster: string) => Promise<void>;
  /** Told of a NodePort that was refused though it looked free: it is not to be allotted again soon. */
  readonly refused?: (of: { readonly cluster: string; readonly nodePort: Port }) => void;
}
