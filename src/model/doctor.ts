/**
 * How something is. `note`: worth knowing. `warn`: berth works, something is not as good as it could be. `broken`: something that is
 * needed is not there.
 */
export type FindingLevel = "ok" | "note" | "warn" | "broken";

/** What one check found. */
export interface Finding {
  /** Stable, for tools: `docker`, `cluster-rights`. */
  readonly check: string;
  readonly level: FindingLevel;
  /** What it is about, for people: `docker`, `cluster staging`. */
  readonly subject: string;
  /** How it is, in one line. */
  readonly message: string;
  /** What to do, or what it means. */
  readonly help?: string;
}
