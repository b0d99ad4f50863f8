import type { Daemon } from "../control/daemon_api.ts";
import type { PassReport } from "../engine/loop.ts";
import type { ForwardStatus } from "../model/status.ts";
import type { Clock } from "../model/world.ts";

/** How long `up --once` waits for forwards that say nothing yet, in milliseconds. */
const LIMIT = 15_000;
/** How long it waits for those that have said what keeps them from being Active: it may be over soon. Milliseconds. */
const PATIENCE = 4_000;

/**
 * Waits until every forward is Active or has Failed, for a bounded time, and says what the pass did not get done and what is not Active, a
 * line each. Null when the signal comes first.
 */
export async function onceProblems(
  daemon: Pick<Daemon, "status" | "subscribe">,
  { pass, clock, signal }: {
    readonly pass: Pick<PassReport, "results">;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<readonly string[] | null> {
  await new Promise<void>((resolve) => {
    let cancelPatience: (() => void) | null = null;
    const check = () => {
      const { forwards } = daemon.status();
      if (forwards.every(isSettled)) end();
      else if (!forwards.some(isSilent)) cancelPatience ??= clock.after(PATIENCE, () => end());
      else {
        cancelPatience?.();
        cancelPatience = null;
      }
    };
    const unsubscribe = daemon.subscribe(check);
    const cancel = clock.after(LIMIT, () => end());
    const end = () => {
      unsubscribe();
      cancel();
      cancelPatience?.();
      signal.removeEventListener("abort", end);
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    else check();
  });
  if (signal.aborted) return null;
  const problems = daemon.status().forwards.filter(({ status }) => status !== "Active").map(forwardProblem);
  const named = new Set(daemon.status().forwards.map(({ name }) => `forward:${name}`));
  for (const { action, outcome } of pass.results) {
    if (named.has(action.key) || (outcome.status !== "failed" && outcome.status !== "blocked")) continue;
    problems.push(`${action.key} is ${outcome.status}: ${outcome.message}`);
  }
  return problems;
}

function isSettled({ status }: ForwardStatus): boolean {
  return status === "Active" || status === "Failed";
}

/** It has not found out yet how it is. */
function isSilent({ status, reason }: ForwardStatus): boolean {
  return status === "Starting" && (reason === null || reason === "connecting");
}

function forwardProblem({ name, status, message, reason }: ForwardStatus): string {
  return `${name} is ${status}: ${message ?? reason ?? "no answer yet"}`;
}
