import type { Event, ForwardStatus } from "./status.ts";

/** One thing that answers for a forward's target. */
export interface BackendDetails {
  /** `pod default/web-0:8080`, or `10.0.0.7:8080` where no pod is behind it. */
  readonly address: string;
  /** `default/web-0`; null where no pod is behind it. */
  readonly pod: string | null;
  /** Whether new connections may go to it. */
  readonly ready: boolean;
  /** Whether the last connection or probe went to it. */
  readonly inUse: boolean;
}

/** How one probe ended. */
export interface ProbeRecord {
  /** ISO 8601 in UTC: when it ended. */
  readonly time: string;
  readonly ok: boolean;
  /** Milliseconds from its start to its end. */
  readonly latency: number;
  /** Null where it went through. */
  readonly error: string | null;
}

/** The bytes of one second, seen by the client side as in `ForwardStatus.bytes`. */
export interface ThroughputSample {
  /** ISO 8601 in UTC: the end of that second. */
  readonly time: string;
  readonly in: number;
  readonly out: number;
}

/** What the data plane knows of one forward beyond its status. */
export interface ForwardInside {
  /** What stands behind the target now; empty where that is not known. */
  readonly backends: readonly BackendDetails[];
  /** The last probes, oldest first, at most `PROBES_KEPT`. */
  readonly probes: readonly ProbeRecord[];
}

/** How many probes are remembered of each forward. */
export const PROBES_KEPT = 20;

/** Everything about one forward, for a page of its own: `GET /v1/forwards/NAME`. */
export interface ForwardDetails extends ForwardInside {
  readonly formatVersion: 1;
  readonly status: ForwardStatus;
  /**
   * A sample a second, oldest first, at most those of the last minute. They are taken only while somebody asks: the first answer has none,
   * and they go on for a minute after the last question.
   */
  readonly throughput: readonly ThroughputSample[];
  /** The forward's last events, oldest first. */
  readonly events: readonly Event[];
}

/** Which events of the history are asked for. */
export interface HistoryQuery {
  /** Only those at or after this time; ISO 8601 in UTC. */
  readonly since?: string;
  /** Only those of the forward of this name. */
  readonly forward?: string;
  /** At most so many, the newest ones; absent: 1,000. */
  readonly limit?: number;
}

/** What can be done to one forward while its daemon runs. None of it is written in a file. */
export type ForwardVerb = "stop" | "start" | "restart";

/** Every `ForwardVerb`. */
export const FORWARD_VERBS: readonly ForwardVerb[] = ["stop", "start", "restart"];
