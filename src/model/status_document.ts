import type { ClusterStatus, ForwardStatus } from "./status.ts";
import type { Where } from "./source.ts";

/** A diagnostic as status carries it: plain data, so that a reader need not know today's catalogue of codes. */
export interface ReportedDiagnostic {
  readonly code: string;
  readonly severity: "error" | "warning";
  /** What is wrong, in one line. */
  readonly message: string;
  /** The exact token, or null where there is no file to point at. */
  readonly where: Where | null;
  /** Said under the caret, after the token: `also used by forward web`. */
  readonly label?: string;
  /** Other places or facts, each a line. */
  readonly notes?: readonly { readonly message: string; readonly where?: Where }[];
  /** What to do about it. */
  readonly help?: string;
}

/**
 * All that a running `up` says about itself: the one record behind every face. Serialized by `view/status_json.ts` as
 * the contract `status -o json`; fields are added, never changed, without raising `formatVersion`.
 */
export interface StatusDocument {
  readonly formatVersion: 1;
  /** Path of the root file. */
  readonly workspace: string;
  readonly pid: number;
  /** ISO 8601 in UTC: since when this process holds the workspace. */
  readonly startedAt: string;
  /** Counts the versions of the file that were put in force; 0 before the first one. */
  readonly revision: number;
  /** Problems of the file as it is now. With an error among them the last good version stays in force. */
  readonly diagnostics: readonly ReportedDiagnostic[];
  readonly clusters: readonly ClusterStatus[];
  readonly forwards: readonly ForwardStatus[];
}
