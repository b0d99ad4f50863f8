import type { ControlClient } from "../control/client.ts";
import { ControlError } from "../control/control_error.ts";
import type { Clock } from "../model/world.ts";
import { stateWords } from "./wait_active.ts";

/** What is waited for, and how long. */
export interface AwaitOptions {
  /** These forwards must be there and Active; with `all` also every other one that runs. */
  readonly names: readonly string[];
  /** Whether everything the file asks for is meant: then nothing may be left in the plan either. */
  readonly all: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Waits until what is asked for is Active. Returns what is not after `timeout`, a line each with why; empty: all is well. A forward that
 * has Failed for good is not waited for. Rejects with `ControlError` or the signal's reason.
 */
export async function awaitActive(client: ControlClient, options: AwaitOptions): Promise<readonly string[]> {
  const { clock, signal, timeout } = options;
  const limit = new AbortController();
  const cancel = clock.after(timeout, () => limit.abort());
  const inTime = AbortSignal.any([signal, limit.signal]);
  try {
    for await (const _ of client.events(inTime)) {
      const { done, problems } = await look(client, { ...options, signal: inTime });
      if (done) return problems;
    }
    throw new ControlError("gone", "The running berth ended while it was waited for");
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.signal.aborted) throw error;
    return (await look(client, options)).problems;
  } finally {
    cancel();
    limit.abort();
  }
}

async function look(
  client: ControlClient,
  { names, all, signal }: AwaitOptions,
): Promise<{ readonly done: boolean; readonly problems: readonly string[] }> {
  const { forwards } = await client.status(signal);
  const wanted = all ? forwards : forwards.filter(({ name }) => names.includes(name));
  const not = wanted.filter(({ status }) => status !== "Active");
  const missing = names.filter((name) => !forwards.some((one) => one.name === name));
  const problems = [
    ...not.map((one) => `${one.name} is ${stateWords(one)}`),
    ...missing.map((name) => `${name} is not running`),
  ];
  if (problems.length > 0) {
    const over = missing.length === 0 && not.every(({ status }) => status === "Failed" || status === "Stopped");
    return { done: over, problems };
  }
  if (!all) return { done: true, problems: [] };
  const { actions } = await client.plan(signal);
  const left = actions.map(({ key, op, reason, gate }) =>
    `${key} is not done (${op}): ${reason}${gate === "none" ? "" : `; needs --${gate}`}`
  );
  return { done: left.length === 0, problems: left };
}
