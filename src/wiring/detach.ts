import type { DetachedStart } from "../cli/services.ts";
import { connectControl } from "../control/client.ts";
import { ControlError } from "../control/control_error.ts";
import { type DetachedProcess, startDetached } from "../host/detached.ts";
import { MEMORY_TRIM } from "../host/memory_trim.ts";
import { baseDirectories } from "../state/paths.ts";
import type { Host } from "./host.ts";
import { statePaths } from "./locate.ts";

/** How long the new process may take until it serves its socket, in milliseconds. */
const LIMIT = 60_000;
/** How often it is looked for, in milliseconds. */
const LOOK_EVERY = 30;

/**
 * Starts this program anew with `args`, in a session of its own, and waits until it holds the workspace of `file` and answers on its
 * socket, or has ended. Rejects with the signal's reason, after it has asked the process to stop.
 */
export async function startBackground(
  host: Host,
  { args, file, signal }: {
    readonly args: readonly string[];
    readonly file: string;
    readonly signal: AbortSignal;
  },
): Promise<DetachedStart> {
  const { clock } = host;
  const { socket } = await statePaths(host, file);
  signal.throwIfAborted();
  const child = startDetached([...self(host), ...args], { cwd: host.cwd, env: { ...LASTING_ENV, INIT_CWD: host.cwd } });
  const until = clock.monotonic() + LIMIT;
  let end: { readonly code: number; readonly stderr: string } | null = null;
  void child.ended.then((ended) => end = ended);
  try {
    while (clock.monotonic() < until) {
      if (end !== null) return { kind: "ended", ...await child.ended };
      if (await serves(socket, { child, host, signal })) return { kind: "running", pid: child.pid };
      await clock.sleep(LOOK_EVERY, signal);
    }
    child.interrupt();
    return { kind: "ended", code: 1, stderr: `error: the new process did not come up within ${LIMIT / 1000}s\n` };
  } catch (error) {
    child.interrupt();
    throw error;
  } finally {
    child.release();
  }
}

async function serves(
  socket: string,
  { child, host, signal }: { readonly child: DetachedProcess; readonly host: Host; readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    const client = await connectControl(socket, { clock: host.clock, signal });
    if (client === null) return false;
    try {
      return (await client.status(signal)).pid === child.pid;
    } finally {
      client.close();
    }
  } catch (error) {
    // Who held the workspace before may end just now, or speak another version: the new process deals with that.
    if (error instanceof ControlError) return false;
    throw error;
  }
}

/** What a process that lasts is started with: Deno looks at it at its start. The task `up` has it too. */
export const LASTING_ENV = { [MEMORY_TRIM]: "1" } as const;

/** The command line of this program: one executable, or Deno with the permissions of the task `up` and no others. */
export function self(host: Pick<Host, "env" | "home">): readonly string[] {
  const program = Deno.execPath();
  if (Deno.build.standalone) return [program];
  const { state, runtime } = baseDirectories({ env: host.env, home: host.home });
  return [
    program,
    "run",
    "-q",
    "--frozen",
    `--config=${new URL("../../deno.json", import.meta.url).pathname}`,
    "--allow-read",
    "--allow-net",
    "--allow-env",
    "--allow-run",
    "--allow-sys",
    `--allow-write=${[...new Set([state, runtime])].join(",")}`,
    new URL("../main.ts", import.meta.url).pathname,
  ];
}
