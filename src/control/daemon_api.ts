import type { RunningForward } from "../model/forwarders.ts";
import type { Event } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";

/** What the control socket needs from the process that holds a workspace. Every call returns at once and never throws. */
export interface Daemon {
  /** The state of this moment. */
  status(): StatusDocument;
  /** Calls `listener` at each event from now on. Returns the way to stop that. */
  subscribe(listener: (event: Event) => void): () => void;
  /** What runs, with the specs in force, so that another process can plan against it. */
  runningSpecs(): readonly RunningForward[];
  /** Begins to stop as one interrupt does: drains, closes, ends the process. The control socket is closed last. */
  down(): void;
  /** Looks at the file and at everything else again, as a saved file does. */
  reload(): void;
}

/** The path prefix of this version of the protocol. Another one is another prefix. */
export const API_PREFIX = "/v1";

/** What the event stream carries: first what is, then what happens. */
export type DaemonMessage =
  | { readonly kind: "snapshot"; readonly status: StatusDocument }
  | { readonly kind: "event"; readonly event: Event };
