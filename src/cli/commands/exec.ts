import type { Daemon } from "../../control/daemon_api.ts";
import type { StatusDocument } from "../../model/status_document.ts";
import { variablesOf } from "../../view/forward_env.ts";
import { Console, type Failure } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { describeFailure } from "../failures.ts";
import { heldFailure } from "../held.ts";
import { unknownNames } from "../names.ts";
import type { CliServices, GoodFile, UpEnd } from "../services.ts";
import { allSettled, notActive, type StatusSource, waitFor } from "../wait_active.ts";
import { only } from "../watch_status.ts";

/** The flags of `exec`. */
export interface ExecFlags {
  readonly file?: string;
  /** Seconds. */
  readonly timeout: number;
}

/** What a shell says of a program that is not there, and of one that may not be run. */
const NOT_FOUND = 127;
const NOT_RUNNABLE = 126;

/**
 * `exec [NAME…] -- CMD…`: waits until the forwards are Active and runs a command with variables that say where they are.
 * Where nothing holds the workspace, it does so itself for as long as the command runs.
 */
export async function exec(this: CliContext, flags: ExecFlags, ...names: readonly string[]): Promise<void> {
  this.exit(await run(this, flags, names));
}

async function run({ services, rest }: CliContext, flags: ExecFlags, names: readonly string[]): Promise<number> {
  const console = new Console(services, { json: false });
  if (rest.length === 0) {
    return console.fail({
      code: "usage",
      message: "Say which command to run, behind --",
      help: `For example: ${services.program} exec web -- make test`,
      exit: EXIT.usage,
    });
  }
  // While we wait an interrupt ends us; once the command runs, it is the one to decide.
  const waiting = new AbortController();
  let detach = services.onInterrupt(() => waiting.abort());
  try {
    const good = await console.diagnose(await services.load(flags.file));
    if (good === null) return EXIT.badFile;
    const known = good.workspace.forwards.map(({ name }) => name);
    const unknown = unknownNames(names, { known, file: good.shown });
    if (unknown !== null) return console.fail(unknown);
    const wanted = names.length === 0 ? known : names;
    const task: Task = {
      services,
      console,
      wanted,
      timeout: flags.timeout * 1000,
      argv: rest,
      signal: waiting.signal,
      begin: () => {
        waiting.signal.throwIfAborted();
        detach();
        detach = () => {};
      },
    };
    const client = await services.connect(good.file, waiting.signal);
    if (client === null) return await withOwn(good, { task, names, file: flags.file });
    try {
      return await execute(client, task);
    } finally {
      client.close();
    }
  } catch (error) {
    return waiting.signal.aborted ? EXIT.interrupted : console.fail(describeFailure(error));
  } finally {
    detach();
  }
}

interface Task {
  readonly services: CliServices;
  readonly console: Console;
  readonly wanted: readonly string[];
  readonly timeout: number;
  readonly argv: readonly string[];
  readonly signal: AbortSignal;
  /** Called when the command is about to run, and gets the signals itself. Throws where an interrupt came before that. */
  readonly begin: () => void;
}

async function execute(source: StatusSource, task: Task): Promise<number> {
  const { services, console, wanted, timeout, signal } = task;
  const done = (document: StatusDocument) => allSettled(document, wanted);
  const document = await waitFor(source, { done, clock: services.clock, timeout, signal });
  const problems = notActive(document, wanted);
  if (problems.length > 0) {
    return console.fail({
      code: "not-active",
      message: problems.join("; "),
      help: "The command was not run. --timeout=2m waits longer",
      exit: EXIT.failed,
    });
  }
  const { variables } = variablesOf(only(document, wanted).forwards);
  const end = await services.runChild(task.argv, { env: variables, begin: task.begin });
  switch (end.kind) {
    case "exited":
      return end.code;
    case "not-found":
      return console.fail({
        code: "not-found",
        message: `Command '${task.argv[0] ?? ""}' not found`,
        exit: NOT_FOUND,
      });
    case "cannot-run":
      return console.fail({
        code: "cannot-run",
        message: `Cannot run '${task.argv[0] ?? ""}': ${end.detail}`,
        exit: NOT_RUNNABLE,
      });
    default:
      return end satisfies never;
  }
}

/** Holds the workspace for the time of the command. */
async function withOwn(
  loaded: GoodFile,
  { task, names, file }: {
    readonly task: Task;
    readonly names: readonly string[];
    readonly file: string | undefined;
  },
): Promise<number> {
  const { services, console } = task;
  const drain = new AbortController();
  let begun: (daemon: Pick<Daemon, "status" | "subscribe">) => void = () => {};
  const started = new Promise<Pick<Daemon, "status" | "subscribe">>((resolve) => begun = resolve);
  const up = services.up({
    loaded,
    file,
    names,
    once: false,
    metrics: null,
    dashboard: null,
    takeOver: false,
    replace: false,
    permissions: { allowRestart: false, allowRecreate: false, allowDelete: false },
    verbose: false,
    ui: { started: (daemon) => begun(daemon), reloaded: () => {}, note: (line) => console.say(line) },
    drain: drain.signal,
    now: drain.signal,
  });
  try {
    const first = await Promise.race([started, up]);
    if ("kind" in first) return console.fail(endedEarly(first, { file: loaded.shown, services }));
    return await execute(sourceOf(first), task);
  } finally {
    drain.abort();
    await up;
  }
}

/** A status source in this process: news of any kind is told as something. */
function sourceOf(daemon: Pick<Daemon, "status" | "subscribe">): StatusSource {
  return {
    status: () => Promise.resolve(daemon.status()),
    async *events(signal) {
      let wake = () => {};
      let told = true;
      const tell = () => {
        told = true;
        wake();
      };
      const unsubscribe = daemon.subscribe(tell);
      signal.addEventListener("abort", tell, { once: true });
      try {
        for (;;) {
          signal.throwIfAborted();
          if (told) {
            told = false;
            yield null;
          } else await new Promise<void>((resolve) => wake = resolve);
        }
      } finally {
        unsubscribe();
        signal.removeEventListener("abort", tell);
      }
    },
  };
}

function endedEarly(
  end: UpEnd,
  { file, services }: { readonly file: string; readonly services: CliServices },
): Failure {
  if (end.kind === "held") return heldFailure(end.by, { file, services });
  const message = end.kind === "failed" ? end.message : `berth ended before the command could run (${end.kind})`;
  return { code: "failed", message, exit: EXIT.failed };
}
