import { profileFilter } from "../model/profiles.ts";
import { duration } from "../view/time_text.ts";
import { awaitActive } from "./await_active.ts";
import type { UpFlags } from "./commands/up.ts";
import type { Console, Failure } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliServices, GoodFile } from "./services.ts";

/** What `upInBackground` needs. */
export interface BackgroundOptions {
  readonly flags: UpFlags;
  readonly names: readonly string[];
  readonly services: CliServices;
  readonly console: Console;
  readonly signal: AbortSignal;
}

/** `up -d`: starts the process that goes on, says how to see it, and waits for what it was told to wait for. Returns the exit code. */
export async function upInBackground(good: GoodFile, options: BackgroundOptions): Promise<number> {
  const { flags, names, services, console, signal } = options;
  const { program, clock } = services;
  const began = new Date(clock.now()).toISOString();
  try {
    const start = await services.background(argumentsOf(good.file, flags, names), good.file, signal);
    if (start.kind === "ended") {
      // Its own words, whole: it has said where, why and what to do.
      console.err(start.stderr === "" ? `error: the new process ended at once (exit ${start.code})\n` : start.stderr);
      return start.code === EXIT.ok ? EXIT.failed : start.code;
    }
    const client = await services.connect(good.file, signal);
    try {
      if (client !== null && flags.replace === true) {
        const past = await client.history({ since: began }, signal);
        const taken = past.findLast(({ reason }) => reason === "took-over");
        if (taken !== undefined) console.say(`${taken.message}.`);
      }
      if (console.json) console.outJson({ formatVersion: 1, pid: start.pid, workspace: good.file });
      else if (flags.quiet !== true) {
        console.say(`berth is up in the background (PID ${start.pid}).`);
        if ((flags.dashboard ?? good.workspace.dashboard) !== undefined) {
          console.say(`  Its web page: '${program} dashboard' prints the link.`);
        }
        console.say(`  See it with '${program} status' or '${program} logs -f', stop it with '${program} down'.`);
      }
      if (flags.wait === undefined) return EXIT.ok;
      if (client === null) return console.fail(notActive(["the process has ended again"], options));
      const { workspace, profiles = [] } = good;
      const all = names.length === 0 && profiles.length === 0;
      const isMember = profileFilter(workspace, profiles);
      const asked = workspace.forwards.filter((spec) => all || names.includes(spec.name) || isMember(spec));
      const problems = await awaitActive(client, {
        names: asked.map(({ name }) => name),
        all,
        timeout: flags.wait,
        clock,
        signal,
      });
      return problems.length === 0 ? EXIT.ok : console.fail(notActive(problems, options));
    } finally {
      client?.close();
    }
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  }
}

function notActive(problems: readonly string[], { flags, services }: BackgroundOptions): Failure {
  return {
    code: "not-active",
    message: `Not all is Active within ${duration(flags.wait ?? 0)}: ${problems.join("; ")}`,
    help: `It goes on trying: see '${services.program} status', stop it with '${services.program} down'`,
    exit: EXIT.failed,
  };
}

/** The command line of the process in the background. */
function argumentsOf(file: string, flags: UpFlags, names: readonly string[]): readonly string[] {
  const on = (name: string, value: boolean | undefined) => value === true ? [name] : [];
  return [
    "up",
    "--daemon",
    `--file=${file}`,
    `--output=${flags.output}`,
    ...(flags.profile ?? []).map((name) => `--profile=${name}`),
    ...on("--replace", flags.replace),
    ...on("--yes", flags.yes),
    ...on("--allow-restart", flags.allowRestart),
    ...on("--allow-recreate", flags.allowRecreate),
    ...on("--takeover", flags.takeover),
    ...(flags.metrics === undefined ? [] : [`--metrics=${flags.metrics}`]),
    ...(flags.dashboard === undefined ? [] : [`--dashboard=${flags.dashboard}`]),
    ...on("--verbose", flags.verbose),
    ...names,
  ];
}
