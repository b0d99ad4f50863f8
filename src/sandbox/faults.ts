/** What the switches have set: read by the API at every request. */
export interface Faults {
  /** The bearer token that is let in. A secret. */
  token: string;
  /** Answers every request with 401. */
  refuseCredentials: boolean;
  /** Milliseconds that every answer waits. */
  delay: number;
  /** How many of the next watches begin with a 410. */
  expireWatches: number;
  /** Which kinds of upgrade are answered with a 400, as a proxy that does not pass them on would. */
  readonly refusedUpgrades: Set<Carrier>;
  readonly forbidden: Set<Forbidden>;
}

/** The two ways to a tunnel. */
export type Carrier = "spdy" | "websocket";

/** A permission that is missing. Absent: any. */
export interface Forbidden {
  readonly verb?: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";
  /** `pods`, `pods/portforward`, … */
  readonly resource?: string;
  readonly namespace?: string;
}
