import type { ColorChoice } from "../../view/theme.ts";
import { Console, type Failure } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { describeFailure } from "../failures.ts";
import { heldFailure } from "../held.ts";
import { unknownNames, unknownProfiles } from "../names.ts";
import type { CliServices, GoodFile, UpEnd } from "../services.ts";
import { lineFace, noFace, screenFace } from "../up_ui.ts";

/** The flags of `up`. */
export interface UpFlags {
  readonly file?: string;
  readonly detach?: boolean;
  /** Milliseconds. */
  readonly wait?: number;
  readonly replace?: boolean;
  /** The other end of `--detach`: this is the process in the background. */
  readonly daemon?: boolean;
  readonly profile?: readonly string[];
  readonly once?: boolean;
  readonly yes?: boolean;
  readonly allowRestart?: boolean;
  readonly allowRecreate?: boolean;
  readonly takeover?: boolean;
  readonly output: "text" | "json";
  readonly metrics?: number;
  readonly dashboard?: number;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: ColorChoice;
}

/** `up`: makes the machine match the file and keeps it so, until it is interrupted or told to stop. */
export async function up(this: CliContext, flags: UpFlags, ...names: readonly string[]): Promise<void> {
  this.exit(await runUp(this.services, flags, names));
}

async function runUp(services: CliServices, flags: UpFlags, names: readonly string[]): Promise<number> {
  const console = new Console(services, { color: flags.color, json: flags.output === "json" });
  const interrupts = new Interrupts(services);
  try {
    const valid = await console.diagnose(await services.load(flags.file));
    if (valid === null) return EXIT.badFile;
    const { profile: profiles = [] } = flags;
    const good: GoodFile = { ...valid, profiles };
    const known = good.workspace.forwards.map(({ name }) => name);
    const unknown = unknownNames(names, { known, file: good.shown });
    if (unknown !== null) return console.fail(unknown);
    const noProfile = unknownProfiles(profiles, { workspace: good.workspace, file: good.shown });
    if (noProfile !== null) return console.fail(noProfile);
    if (interrupts.drain.aborted) return EXIT.interrupted;
    const misuse = misuseOf(flags);
    if (misuse !== null) return console.fail(misuse);
    if (flags.detach === true) {
      const { upInBackground } = await import("../up_background.ts");
      return await upInBackground(good, { flags, names, services, console, signal: interrupts.drain });
    }

    const { file, once = false, yes = false, quiet = false, verbose = false, replace = false } = flags;
    const permissions = {
      allowRestart: yes || flags.allowRestart === true,
      allowRecreate: yes || flags.allowRecreate === true,
      allowDelete: yes,
    };
    const live = console.live && !quiet;
    const ui = flags.daemon === true
      ? noFace()
      : live
      ? screenFace(services, { console, file, interrupt: () => interrupts.interrupt() })
      : lineFace(services, { console, quiet });
    interrupts.onFirst = () => ui.draining();
    let end: UpEnd;
    try {
      const { drain, now } = interrupts;
      const { metrics = null } = flags;
      const { dashboard = once ? null : good.workspace.dashboard ?? null } = flags;
      end = await services.up({
        loaded: good,
        file,
        names,
        once,
        permissions,
        metrics,
        dashboard,
        verbose,
        takeOver: flags.takeover === true,
        replace,
        ui,
        drain,
        now,
      });
    } finally {
      await ui.end();
    }
    return conclude(end, { console, file: good.shown, services });
  } catch (error) {
    return console.fail(describeFailure(error));
  } finally {
    interrupts.detach();
  }
}

function conclude(
  end: UpEnd,
  { console, file, services }: { readonly console: Console; readonly file: string; readonly services: CliServices },
): number {
  switch (end.kind) {
    case "stopped":
      return EXIT.ok;
    case "replaced":
      console.say(`Another berth has taken over ${file}`);
      return EXIT.ok;
    case "interrupted":
      return EXIT.interrupted;
    case "once":
      if (end.problems.length === 0) return EXIT.ok;
      return console.fail({
        code: "not-converged",
        message: end.problems.join("; "),
        exit: end.missingTool ? EXIT.unavailable : EXIT.failed,
      });
    case "held":
      return console.fail(heldFailure(end.by, { file, services }));
    case "failed":
      return console.fail({
        code: "failed",
        message: end.message,
        ...(end.help === undefined ? {} : { help: end.help }),
        exit: EXIT.failed,
      });
    default:
      return end satisfies never;
  }
}

function misuseOf({ detach, wait, once }: UpFlags): Failure | null {
  if (detach === true && once === true) {
    return { code: "usage", message: "--once does not go with -d", help: "--once ends by itself", exit: EXIT.usage };
  }
  if (wait !== undefined && detach !== true) {
    const help = once === true ? "--once waits by itself" : "Use 'up -d --wait', or 'wait' in another shell";
    return { code: "usage", message: "--wait goes with -d only", help, exit: EXIT.usage };
  }
  return null;
}

/** The first interrupt drains, the second stops at once. */
class Interrupts {
  readonly #drain = new AbortController();
  readonly #now = new AbortController();
  readonly detach: () => void;
  onFirst: () => void = () => {};

  constructor(services: CliServices) {
    this.detach = services.onInterrupt(() => this.interrupt());
  }

  /** What Ctrl+C does. */
  interrupt(): void {
    if (this.#drain.signal.aborted) {
      this.#now.abort();
    } else {
      this.#drain.abort();
      this.onFirst();
    }
  }

  get drain(): AbortSignal {
    return this.#drain.signal;
  }

  get now(): AbortSignal {
    return this.#now.signal;
  }
}
