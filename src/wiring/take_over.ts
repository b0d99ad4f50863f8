import { connectControl } from "../control/client.ts";
import { ControlError } from "../control/control_error.ts";
import type { LockHolder, LockResult } from "../state/lock.ts";
import { takeLock } from "../state/lock.ts";
import type { WorkspacePaths } from "../state/paths.ts";
import type { Host } from "./host.ts";

/** How long the process before may take to let go, in milliseconds. It closes listeners and does not wait for connections. */
const LIMIT = 15_000;
/** How often the lock is tried while it is about to come free, in milliseconds. */
const TRY_EVERY = 5;

/** What `takeOver` came to. `from`: who let go for it, and the monotonic time at which it was asked to; null where nobody held the workspace. */
export type TakeOver =
  | (Extract<LockResult, { readonly kind: "taken" }> & {
    readonly from: { readonly pid: number | null; readonly asked: number } | null;
  })
  | Extract<LockResult, { readonly kind: "held" }>;

/** Takes the workspace, and asks who holds it to hand it over. Rejects with `ControlError`, `StateError`, or the signal's reason. */
export async function takeOver(
  host: Host,
  { paths, holder, signal }: {
    readonly paths: WorkspacePaths;
    readonly holder: LockHolder;
    readonly signal: AbortSignal;
  },
): Promise<TakeOver> {
  const { clock } = host;
  const first = await takeLock(paths.lock, holder);
  if (first.kind === "taken") return { ...first, from: null };
  const asked = clock.monotonic();
  const client = await connectControl(paths.socket, { clock, signal });
  // Without a socket it begins or ends just now: then the wait is all there is to do.
  await client?.handOver(holder.pid, signal).catch((error: unknown) => {
    if (!(error instanceof ControlError) || error.failure !== "gone") throw error;
  }).finally(() => client.close());
  for (;;) {
    const taken = await takeLock(paths.lock, holder);
    if (taken.kind === "taken") return { ...taken, from: { pid: first.by?.pid ?? null, asked } };
    if (clock.monotonic() - asked > LIMIT) return taken;
    await clock.sleep(TRY_EVERY, signal);
  }
}
