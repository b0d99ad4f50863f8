import type { Clock } from "../model/world.ts";
import { type ProcessFacts, readProcess } from "./processes.ts";
import type { Shell } from "./shell.ts";

/** How long a program that was asked to end may take, in milliseconds. */
const PATIENCE = 5_000;
/** How long to wait between two looks, in milliseconds. */
const STEP = 50;

/**
 * Asks a forwarder to end (SIGTERM), and waits until it has. Looks again just before: only the very process that `facts` tell of, by its PID,
 * owner, beginning and words, and only one of this user. Resolves with why not, or null when it has ended.
 */
export async function endForwarder(
  facts: ProcessFacts,
  { shell, clock, signal }: { readonly shell: Shell; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string | null> {
  if (facts.uid !== Deno.uid()) return "it is another user's";
  const isSame = async () => {
    const now = await readProcess(facts.pid, { shell, signal });
    return now !== null && now.uid === facts.uid && now.started === facts.started && now.args === facts.args;
  };
  if (!await isSame()) return "it is not there any more";
  try {
    Deno.kill(facts.pid, "SIGTERM");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  for (const end = clock.monotonic() + PATIENCE; clock.monotonic() < end;) {
    if (!await isSame()) return null;
    await clock.sleep(STEP, signal);
  }
  return "it does not end";
}
