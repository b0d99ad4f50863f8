/** What the measuring client is asked and answers: one JSON object a line. */

/** Where a way is reached. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One measurement. Times are in milliseconds; `from` and `until` are by `Date.now`, so that processes can share them. */
export type Job =
  /** New connections one after the other, each to the first byte of an HTTP answer. */
  | { readonly kind: "latency"; readonly at: Address; readonly count: number; readonly limit: number }
  /** Bytes that move in the window; transfers begin at once and are given up at its end. */
  | {
    readonly kind: "down" | "up";
    readonly at: Address;
    readonly streams: number;
    readonly from: number;
    readonly until: number;
  }
  /** `count` connections at once, each asking for an answer that the server takes a second over. */
  | { readonly kind: "burst"; readonly at: Address; readonly count: number; readonly limit: number }
  | { readonly kind: "behaviour"; readonly which: Behaviour; readonly at: Address; readonly limit: number };

/** How a transport treats what is unlike a plain request and answer. */
export type Behaviour = "halfClose" | "reset" | "banner" | "echo";

/** The answer to each kind of job. */
export interface Answers {
  latency: { readonly samples: readonly number[]; readonly failed: number };
  down: Moved;
  up: Moved;
  burst: {
    readonly ok: number;
    /** Until the last answer was there; NaN goes as null: there was none. */
    readonly answered: number | null;
    /** Until the last of the answered connections was at its end of stream. */
    readonly closed: number | null;
    readonly failures: Readonly<Record<string, number>>;
  };
  behaviour: { readonly seen: string };
}

/** Bytes moved in the window, and streams that broke before its end. */
export interface Moved {
  readonly bytes: number;
  readonly broken: number;
}

/** A job's answer, or why there is none. */
export type Reply<K extends Job["kind"]> =
  | { readonly answer: Answers[K] }
  | { readonly failed: string };
