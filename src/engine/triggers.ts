import type { Clock } from "../model/world.ts";

/** What woke the loop. It says only "look again": what is to be done is read from the file and the world. */
export type TriggerKind = "start" | "command" | "file" | "watch" | "probe" | "timer" | "wake" | "retry";

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

/** Fires `kind` at each call of the listener that `subscribe` is given: a file watch, a cluster's changes, a probe's results. */
export function subscriptionSource(
  kind: TriggerKind,
  { subscribe, detail }: {
    readonly subscribe: (listener: () => void) => () => void;
    readonly detail?: string;
  },
): TriggerSource {
  return (fire) => subscribe(() => fire({ kind, detail: detail ?? null }));
}

/** Fires `timer` every `every` milliseconds: the resync for what sends no events. */
export function timerSource(clock: Clock, every: number): TriggerSource {
  return (fire) => repeat(clock, { every, action: () => fire({ kind: "timer", detail: null }) });
}

/** Fires `wake` when the machine slept or was stopped. */
export function wakeSource(clock: Clock): TriggerSource {
  return (fire) => watchClock(clock, { onJump: (ms) => fire({ kind: "wake", detail: `${Math.round(ms / 1000)} s` }) });
}

/** How often the clocks are compared, in milliseconds: a process that sleeps less than a minute a time stays cheap. */
export const CLOCK_CHECK_EVERY = 10_000;

/** How much longer than asked for a wait may take before it counts as sleep, in milliseconds. */
export const CLOCK_JUMP = 5_000;

/**
 * Calls `onJump` with the lost milliseconds when time went by in which this process did not run: the machine slept, or the process was
 * stopped. Seen as a wait that took more than `CLOCK_JUMP` longer than asked for, by either clock: the monotonic one stands still
 * during sleep on Linux and macOS, and does not on others. A clock set back is no sleep. One of these serves the whole process.
 */
export function watchClock(clock: Clock, { onJump }: { readonly onJump: (ms: number) => void }): () => void {
  let [wall, monotonic] = [clock.now(), clock.monotonic()];
  return repeat(clock, {
    every: CLOCK_CHECK_EVERY,
    action: () => {
      const lost = Math.max(clock.now() - wall, clock.monotonic() - monotonic) - CLOCK_CHECK_EVERY;
      [wall, monotonic] = [clock.now(), clock.monotonic()];
      if (lost > CLOCK_JUMP) onJump(lost);
    },
  });
}

function repeat(clock: Clock, { every, action }: { readonly every: number; readonly action: () => void }): () => void {
  let cancel = () => {};
  const again = () => {
    cancel = clock.after(every, () => {
      again();
      action();
    });
  };
  again();
  return () => cancel();
}
