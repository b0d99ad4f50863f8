import type { ForwardStatus } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";
import type { Clock } from "../model/world.ts";

/** A running `up`, as far as waiting needs it: in this process or in another one. */
export interface StatusSource {
  status(signal: AbortSignal): Promise<StatusDocument>;
  /** Something at once, and then at each change. */
  events(signal: AbortSignal): AsyncIterable<unknown>;
}

/**
 * Waits until `done` says so, for at most `timeout` milliseconds or until the process ends, and resolves with the last
 * status. Rejects with the signal's reason, or as the source does.
 */
export async function waitFor(
  source: StatusSource,
  { done, clock, timeout, signal }: {
    readonly done: (document: StatusDocument) => boolean;
    readonly clock: Clock;
    readonly timeout: number;
    readonly signal: AbortSignal;
  },
): Promise<StatusDocument> {
  const over = new AbortController();
  const cancel = clock.after(timeout, () => over.abort());
  let last: StatusDocument | null = null;
  try {
    const both = AbortSignal.any([signal, over.signal]);
    for await (const _ of source.events(both)) {
      last = await source.status(both);
      if (done(last)) return last;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!over.signal.aborted) throw error;
  } finally {
    cancel();
  }
  signal.throwIfAborted();
  return last ?? await source.status(signal);
}

/** Whether all of these forwards are there and Active, or one of them has Failed for good. */
export function allSettled(document: StatusDocument, names: readonly string[]): boolean {
  const found = names.map((name) => document.forwards.find((forward) => forward.name === name));
  return found.some((forward) => forward?.status === "Failed") ||
    found.every((forward) => forward?.status === "Active");
}

/** What is not Active among these forwards, a line each. */
export function notActive(document: StatusDocument, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const forward = document.forwards.find((each) => each.name === name);
    if (forward?.status === "Active") return [];
    return [`${name} is ${forward === undefined ? "not there yet" : stateWords(forward)}`];
  });
}

/** How a forward is that is not Active, and why. */
export function stateWords({ status, message, reason }: ForwardStatus): string {
  return `${status}: ${message ?? reason ?? "no answer yet"}`;
}
