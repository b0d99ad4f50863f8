/** What woke the loop. It says only "look again": what is to be done is read from the file and the world. */
export type TriggerKind = "start" | "command" | "file" | "watch" | "wake" | "retry";

/** One wake-up. */
export interface Trigger {
  readonly kind: TriggerKind;
  /** What it was about, for the log: a path, a cluster, a verb. */
  readonly detail: string | null;
}

/** Feeds wake-ups to `fire` until the returned function is called. */
export type TriggerSource = (fire: (trigger: Trigger) => void) => () => void;

/** Wake-ups after which everything is tried at once, also what waits for its next attempt: a person acted, or the world is new. */
export function isUrgent({ kind }: Trigger): boolean {
  return kind === "start" || kind === "command" || kind === "file" || kind === "wake";
}

/** Fires `kind` at each call of the listener that `subscribe` is given, with what it is told. */
export function subscriptionSource(
  kind: TriggerKind,
  subscribe: (listener: (detail: string) => void) => () => void,
): TriggerSource {
  return (fire) => subscribe((detail) => fire({ kind, detail }));
}
