import type { ForwardDetails, ForwardVerb, HistoryQuery } from "../model/forward_details.ts";
import type { RunningForward } from "../model/forwarders.ts";
import type { Key } from "../model/key.ts";
import type { Port } from "../model/port.ts";
import type { Outcome, Plan } from "../model/plan.ts";
import type { Event } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";

/** The process that holds a workspace, as its faces in the same process and the control socket see it. No call throws. */
export interface Daemon {
  /** The state of this moment. */
  status(): StatusDocument;
  /** Calls `listener` at each event from now on. Returns the way to stop that. */
  subscribe(listener: (event: Event) => void): () => void;
  /** What runs, with the specs in force, so that another process can plan against it. */
  runningSpecs(): readonly RunningForward[];
  /** What a pass would do now. Reads only. Rejects with `AccessError` where it cannot be told, or with the signal's reason. */
  plan(signal: AbortSignal): Promise<Plan>;
  /** Lets the gated actions with these keys through in the next pass, once, and makes that pass. Returns at once. */
  approve(keys: readonly Key[]): void;
  /**
   * `stop`: closes the forward's listener; it stays stopped, over reloads too, until `start` or the end of the daemon. Open connections may
   * finish. `start`: undoes that. `restart`: starts it where it is stopped, else looks for its backends anew over fresh tunnels;
   * listener and open connections stay. Resolves when it is done; a name that is no forward fails with `unknown-forward`.
   */
  control(name: string, verb: ForwardVerb, reason?: ControlReason): Promise<Outcome>;
  /** All about one forward; null where there is none of that name. */
  details(name: string): ForwardDetails | null;
  /** Events of this and earlier runs, oldest first. */
  history(query: HistoryQuery): Promise<readonly Event[]>;
  /** The TCP ports of a Service (`NAMESPACE/NAME`, or `CLUSTER/NAME` with KECS); none where that is not known. Rejects with the signal's reason. */
  servicePorts(asked: ServiceQuery, signal: AbortSignal): Promise<readonly Port[]>;
  /** The link of the web page, with the token that opens it; null where none is served. */
  dashboard(): string | null;
  /** Begins to stop as one interrupt does: drains, closes, ends the process. The control socket is closed last. */
  down(): void;
  /**
   * Leaves the workspace to another process: closes the listeners, lets go of lock and socket, and ends once open connections have had
   * their time. `pid`: that process, for the event; null where it does not say.
   */
  handOver(pid: number | null): void;
  /** Looks at the file and at everything else again, as a saved file does. */
  reload(): void;
}

/** Why a forward is stopped, where it is not a person who wants it. */
export interface ControlReason {
  /** The root file of the workspace that takes its port over. */
  readonly to?: string | undefined;
}

/** Which Service is meant. */
export interface ServiceQuery {
  /** The cluster's name in the file. */
  readonly cluster: string;
  readonly service: string;
}

/** The path prefix of this version of the protocol. Another one is another prefix. */
export const API_PREFIX = "/v1";

/** What the event stream carries: first what is, then what happens. */
export type DaemonMessage =
  | { readonly kind: "snapshot"; readonly status: StatusDocument }
  | { readonly kind: "event"; readonly event: Event };
