/** How a command ended. */
export interface RunResult {
  /** The exit status; 127 for `not-found`, 124 for `timed-out`. */
  readonly code: number;
  /** `exited`: it ran to its own end. `not-found`: no such program. `timed-out`: it was ended. */
  readonly end: "exited" | "not-found" | "timed-out";
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command is run with. */
export interface RunOptions {
  readonly signal: AbortSignal;
  /** Milliseconds; absent: no limit. */
  readonly timeout?: number;
  /** Variables set for this command, over those passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told of each line of output as it comes, by runners that can. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs one program with its arguments; no shell reads them. The exit status is a value, not an error. Rejects with the signal's reason when
 * aborted; the program is ended then.
 */
export type Run = (argv: readonly string[], options: RunOptions) => Promise<RunResult>;
