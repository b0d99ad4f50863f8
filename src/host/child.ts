import type { ChildEnd } from "../model/child.ts";

const PASSED_SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a program with this process' own standard streams, and hands on the signals that this one gets. Not through the
 * shell of the other programs: that collects what they write, and ends them on its own terms.
 */
export async function runChild(
  argv: readonly string[],
  { env, isTerminal, begin }: {
    /** Laid over this process' environment. */
    readonly env: ReadonlyMap<string, string>;
    /** Ctrl+C on a terminal reaches the child by itself: it is not sent twice. */
    readonly isTerminal: boolean;
    /** As in `RunChild`. */
    readonly begin: () => void;
  },
): Promise<ChildEnd> {
  const [program = "", ...args] = argv;
  let child: Deno.ChildProcess | null = null;
  // Before there is a child: one that is quick may have somebody send a signal before we could listen for it.
  const listeners = PASSED_SIGNALS.map((signal) => {
    const listener = () => {
      if (signal === "SIGINT" && isTerminal) return;
      try {
        child?.kill(signal);
      } catch {
        // It has ended already.
      }
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  try {
    begin();
    // In the same turn: no listener is called between the two.
    const started = start(program, { args, env });
    if ("kind" in started) return started;
    child = started;
    const { code } = await started.status;
    return { kind: "exited", code };
  } finally {
    for (const detach of listeners) detach();
  }
}

function start(
  program: string,
  { args, env }: { readonly args: string[]; readonly env: ReadonlyMap<string, string> },
): Deno.ChildProcess | ChildEnd {
  try {
    return new Deno.Command(program, {
      args,
      env: Object.fromEntries(env),
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { kind: "not-found" };
    return { kind: "cannot-run", detail: error instanceof Error ? error.message : String(error) };
  }
}
