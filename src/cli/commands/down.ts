import { Console, noFile } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import type { CliServices } from "../services.ts";
import { type ClustersEnd, removeClusters } from "../remove_clusters.ts";

/** The flags of `down`. */
export interface DownFlags {
  readonly file?: string;
  readonly clusters?: ClustersEnd;
  readonly yes?: boolean;
  readonly quiet?: boolean;
}

/** `down`: asks the process that holds the workspace to stop, and waits until it has; then, if told to, ends the clusters that it made. */
export async function down(this: CliContext, flags: DownFlags): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false, quiet: flags.quiet });
  const body = async (signal: AbortSignal): Promise<number> => {
    const file = await services.locate(flags.file);
    if (file === null) return console.fail(noFile());
    console.say(await stopRunning(file, { services, signal }));
    const { clusters, yes = false } = flags;
    return clusters === undefined ? EXIT.ok : await removeClusters(clusters, { file, yes, services, console, signal });
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

/** Stops the process that holds the workspace, waits for its end, and says how that went. */
async function stopRunning(
  file: string,
  { services, signal }: { readonly services: CliServices; readonly signal: AbortSignal },
): Promise<string> {
  const client = await services.connect(file, signal);
  if (client === null) return `Nothing runs for ${file}.`;
  try {
    // The stream is opened first: its end is how we learn that the other process is through.
    let asked = false;
    let pid: number | null = null;
    for await (const message of client.events(signal)) {
      if (message.kind === "snapshot") pid = message.status.pid;
      if (asked) continue;
      asked = true;
      await client.down(signal);
    }
    signal.throwIfAborted();
    if (!asked) await client.down(signal);
    // The stream ends a moment before the lock is let go of, and an `up` right after this is to have it.
    if (pid !== null) await services.released(file, { pid, signal });
    return `Stopped berth${pid === null ? "" : ` (PID ${pid})`}.`;
  } finally {
    client.close();
  }
}
