import type { RunOptions, RunResult } from "../model/run.ts";
import type { Clock } from "../model/world.ts";
import { setVariables } from "./variables.ts";

/** What a command is run with. */
export interface CommandOptions extends RunOptions {
  readonly cwd?: string;
  /** What the command reads; absent: nothing. */
  readonly stdin?: string;
}

/** `Run`, with a folder and an input. */
export type Shell = (argv: readonly string[], options: CommandOptions) => Promise<RunResult>;

/**
 * Names of the variables that commands get to see: what finds programs, homes, clusters, proxies and certificates. Credentials in other
 * variables are not passed on.
 */
const PASSED_ON: readonly string[] = [
  "PATH",
  "HOME",
  "USER",
  "LANG",
  "LC_ALL",
  "TMPDIR",
  "SSH_AUTH_SOCK",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "KUBECONFIG",
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_CONFIG",
  "DOCKER_CERT_PATH",
  "DOCKER_TLS_VERIFY",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
  "XDG_STATE_HOME",
];

/** How long the output of a program that was ended may stay open, in milliseconds, before it is given up. */
const GRACE = 250;

/** The real shell. `env` reads one variable of this process. The only file that imports dax, and only when a command is run. */
export function createShell({ clock, env }: {
  readonly clock: Clock;
  readonly env: (name: string) => string | undefined;
}): Shell {
  return async (argv, options) => {
    const { signal, timeout, cwd } = options;
    signal.throwIfAborted();
    const { default: $, KillController } = await import("dax");
    const variables = { ...setVariables(PASSED_ON, env), ...options.env };
    const [name = "", ...args] = argv;
    // The full path, so that a word such as `echo` is the program and not one that dax brings along.
    const program = await findProgram(name, {
      path: variables.PATH ?? "",
      cwd,
      which: (command, path) => $.which(command, { ...whichFiles, env: (key) => key === "PATH" ? path : undefined }),
    });
    signal.throwIfAborted();
    if (program === undefined) return { code: 127, end: "not-found", stdout: "", stderr: `${name}: command not found` };
    const kill = new KillController();
    const output = { stdout: new Collector(options.onLine), stderr: new Collector(options.onLine) };
    let command = $`${[program, ...args]}`.clearEnv().env(variables).noThrow().signal(kill.signal)
      .stdout(output.stdout.stream).stderr(output.stderr.stream);
    command = options.stdin === undefined ? command.stdin("null") : command.stdinText(options.stdin);
    if (cwd !== undefined) command = command.cwd(cwd);
    const ended = command.then((result): Ended => ({
      code: result.code,
      stdout: output.stdout.end(),
      stderr: output.stderr.end(),
    }));
    return await watchOver(ended, { clock, signal, timeout, kill: () => kill.kill("SIGKILL") });
  };
}

/** Runs a program that has the terminal to itself until it ends, with all of this process' variables. Resolves with its exit code; 127: not found. */
export async function runInForeground(argv: readonly string[]): Promise<number> {
  const { default: $ } = await import("dax");
  const [name = "", ...args] = argv;
  const program = name.includes("/") ? name : await $.which(name);
  if (program === undefined) return 127;
  const { code } = await $`${[program, ...args]}`.noThrow().stdin("inherit").stdout("inherit").stderr("inherit");
  return code;
}

/** Keeps what a command writes, and tells of each line as it comes. */
class Collector {
  readonly stream: WritableStream<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #onLine: ((line: string) => void) | undefined;
  #text = "";
  #told = 0;

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine;
    this.stream = new WritableStream({ write: (chunk) => this.#add(this.#decoder.decode(chunk, { stream: true })) });
  }

  /** All of it. A last line without its end is told now. */
  end(): string {
    this.#add(this.#decoder.decode());
    const rest = this.#text.slice(this.#told);
    this.#told = this.#text.length;
    if (rest !== "") this.#onLine?.(rest);
    return this.#text;
  }

  #add(text: string): void {
    this.#text += text;
    if (this.#onLine === undefined) return;
    for (let end = this.#text.indexOf("\n", this.#told); end >= 0; end = this.#text.indexOf("\n", this.#told)) {
      const line = this.#text.slice(this.#told, end);
      this.#told = end + 1;
      this.#onLine(line);
    }
  }
}

type Ended = Pick<RunResult, "code" | "stdout" | "stderr">;

const whichFiles = {
  isWindows: Deno.build.os === "windows",
  stat: (path: string) => Deno.stat(path),
  lstat: (path: string) => Deno.lstat(path),
  readLink: (path: string) => Deno.readLink(path),
};

async function findProgram(
  name: string,
  { path, cwd, which }: {
    readonly path: string;
    readonly cwd: string | undefined;
    readonly which: (command: string, path: string) => Promise<string | undefined>;
  },
): Promise<string | undefined> {
  if (!name.includes("/")) return await which(name, path);
  const full = name.startsWith("/") ? name : `${cwd ?? Deno.cwd()}/${name}`;
  try {
    return (await Deno.stat(full)).isFile ? full : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Ends the program when its time is over or the signal comes. At once and for good: Deno hands on only the first signal that is sent to
 * a child of this sort, and a program that ignored a polite one would be left behind.
 */
async function watchOver(
  ended: PromiseLike<Ended>,
  { clock, signal, timeout, kill }: {
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly timeout: number | undefined;
    readonly kill: () => void;
  },
): Promise<RunResult> {
  let timedOut = false;
  const cancel: (() => void)[] = [];
  let giveUp = () => {};
  // What the program itself started may hold its output open long after it is gone.
  const abandoned = new Promise<Ended>((resolve) => giveUp = () => resolve({ code: 124, stdout: "", stderr: "" }));
  const end = () => {
    kill();
    cancel.push(clock.after(GRACE, giveUp));
  };
  if (timeout !== undefined) {
    cancel.push(clock.after(timeout, () => {
      timedOut = true;
      end();
    }));
  }
  signal.addEventListener("abort", end, { once: true });
  try {
    const result = await Promise.race([ended, abandoned]);
    signal.throwIfAborted();
    return timedOut ? { ...result, code: 124, end: "timed-out" } : { ...result, end: "exited" };
  } finally {
    signal.removeEventListener("abort", end);
    for (const one of cancel) one();
  }
}
