import type { YamlEdit } from "../../config/edit/yaml_edit.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { editedPath, editWorkspace, writtenForwards } from "../editing.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { unknownNames } from "../names.ts";
import { awaitGone } from "../starting.ts";

/** The flags of `stop`. */
export interface StopFlags {
  readonly quiet?: boolean;
  readonly file?: string;
  readonly all?: boolean;
}

/**
 * `stop NAME`: takes a forward out of the local file that was started there, and switches one off in it that comes from the
 * team's file. `--all`: all that were started locally.
 */
export async function stop(this: CliContext, flags: StopFlags, ...names: readonly string[]): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false, quiet: flags.quiet });
  const body = async (signal: AbortSignal): Promise<number> => {
    if ((names.length === 0) !== (flags.all === true)) {
      return console.fail({
        code: "usage",
        message: "Say which forwards to stop, or --all for those that were started locally",
        exit: EXIT.usage,
      });
    }
    const good = await console.diagnose(await services.load(flags.file));
    if (good === null) return EXIT.badFile;
    // What is there without the local file belongs to the team, whatever the local file says about it.
    const { workspace: team } = await services.files.check(good.file, {
      path: editedPath(good, "local"),
      text: null,
    });
    const teamNames = new Set([
      ...team?.forwards.map(({ name }) => name) ?? [],
      ...writtenForwards(good, "team").keys(),
    ]);
    const local = [...writtenForwards(good, "local").keys()].filter((name) => !teamNames.has(name));
    const running = good.workspace.forwards.map(({ name }) => name);
    const unknown = unknownNames(names, {
      known: [...new Set([...running, ...teamNames, ...local])],
      file: good.shown,
    });
    if (unknown !== null) return console.fail(unknown);
    const asked = flags.all === true ? local : [...new Set(names)];
    if (asked.length === 0) {
      console.say("Nothing was started locally.");
      return EXIT.ok;
    }
    const edits = asked.map((name): YamlEdit =>
      local.includes(name)
        ? { op: "remove", path: ["forwards", name], prune: true }
        : { op: "set", path: ["forwards", name, "enabled"], value: false }
    );
    const changed = edits.filter((edit) => edit.op === "remove" || running.includes(edit.path[1] ?? ""));
    const edited = await editWorkspace(services, { loaded: good, which: "local", edits: changed });
    if (edited.kind === "failed") return console.fail(edited.failure);
    await awaitGone(asked, { services, console, file: good.file, signal });
    for (const name of asked) {
      if (local.includes(name)) console.say(`Stopped ${name}: it is no longer in ${edited.shown}.`);
      else if (!running.includes(name)) console.say(`${name} was stopped already.`);
      else {
        console.say(
          `Stopped ${name} on this machine: it is in ${good.shown}, and ${edited.shown} switches it off. ` +
            `'${services.program} start ${name}' brings it back.`,
        );
      }
    }
    return EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
