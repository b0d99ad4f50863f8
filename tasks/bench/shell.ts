/** Commands, ports and patience for the benchmark. */

/** What a command said; `code` 127 where there is no such program. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs a command to its end. */
export async function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<Ran> {
  const [program, ...args] = argv;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      env: { ...options.env },
      stdin: options.input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { code: 127, stdout: "", stderr: `${program}: not found` };
    throw error;
  }
  if (options.input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Runs a command that must succeed; its stdout. */
export async function must(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  const ran = await run(argv, options);
  if (ran.code !== 0) throw new Error(`${argv.join(" ")} ended with status ${ran.code}: ${ran.stderr.trim()}`);
  return ran.stdout;
}

const lasting = new Set<Deno.ChildProcess>();

/** Remembers a process that goes on until it is told to end, so that an interrupted run leaves none behind. */
export function lasts(child: Deno.ChildProcess): Deno.ChildProcess {
  lasting.add(child);
  void child.status.then(() => lasting.delete(child));
  return child;
}

/** Ends all that lasts. */
export async function endLasting(): Promise<void> {
  await Promise.all([...lasting].map((child) => {
    child.kill("SIGTERM");
    return child.status;
  }));
}

/** Below the range from which systems take the ports of outgoing connections: there one that is free now may be taken a moment later. */
const FIRST_PORT = 12_000;
const LAST_PORT = 19_999;
let nextPort = FIRST_PORT + Math.floor(Math.random() * 4_000);

/** Local ports that are free now; none is given out twice in a run. */
export function freePorts(count: number): readonly number[] {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = nextPort++;
    if (port > LAST_PORT) throw new Error(`no ${count} local ports are free in ${FIRST_PORT}-${LAST_PORT}`);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      ports.push(port);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  return ports;
}

/** Asks again and again until there is an answer. */
export async function until<T>(ask: () => Promise<T | null>, what: string, limit = 60_000): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    const got = await ask();
    if (got !== null) return got;
    if (performance.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
    await sleep(10);
  }
}

/** Waits for `ms` milliseconds; not at all where that is less than 0. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** Progress, for whoever watches. */
export function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`bench: ${line}\n`));
}

/** Results. */
export function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Whether an HTTP server answers on a local port. */
export async function answers(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const timer = setTimeout(() => {
      try {
        connection.close();
      } catch {
        // It was closed before.
      }
    }, 5_000);
    try {
      await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
      return await connection.read(new Uint8Array(512)) !== null;
    } finally {
      clearTimeout(timer);
    }
  } catch {
    return false;
  }
}
