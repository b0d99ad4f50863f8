/** Time, as everything here sees it, so that tests can turn it. */
export interface Clock {
  /** Milliseconds since 1970. Jumps when the machine slept or the clock was set. */
  now(): number;
  /** Milliseconds that never go back. Only differences mean something. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `action` once after `ms`, unless the returned function is called first. Does not keep the process alive. */
  after(ms: number, action: () => void): () => void;
}

/** A number in [0, 1). */
export type Random = () => number;

/** Where structured messages go. Constant messages, variables as fields; never a secret. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
