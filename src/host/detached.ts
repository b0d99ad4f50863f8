/** A process of its own session: it outlives this one, and no terminal's hang-up or Ctrl+C reaches it. */
export interface DetachedProcess {
  readonly pid: number;
  /** Settles when it ends while it is held: its exit code and all it said on stderr. */
  readonly ended: Promise<{ readonly code: number; readonly stderr: string }>;
  /** Lets it go on without us. Repeated calls do nothing. */
  release(): void;
  /** Asks it to stop, as Ctrl+C would. */
  interrupt(): void;
}

/** Starts `argv` detached (setsid), reading nothing and writing nowhere but to `ended.stderr` while it is held. Throws where it cannot be started. */
export function startDetached(
  argv: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): DetachedProcess {
  const [program = "", ...args] = argv;
  const child = new Deno.Command(program, {
    args,
    cwd,
    env: { ...env },
    detached: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  child.unref();
  const reader = child.stderr.getReader();
  const decoder = new TextDecoder();
  let stderr = "";
  const reading = (async () => {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      stderr += decoder.decode(chunk.value, { stream: true });
    }
  })().catch(() => {});
  const ended = child.status.then(async ({ code }) => {
    await reading;
    return { code, stderr };
  });
  let released = false;
  return {
    pid: child.pid,
    ended,
    release: () => {
      if (released) return;
      released = true;
      void reader.cancel().catch(() => {});
    },
    interrupt: () => {
      try {
        child.kill("SIGINT");
      } catch {
        // It has ended by itself.
      }
    },
  };
}
