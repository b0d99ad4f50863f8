import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { editedPath, editWorkspace, writtenForwards } from "../editing.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { unknownNames } from "../names.ts";
import { awaitGone } from "../starting.ts";

/** The flags of `remove`. */
export interface RemoveFlags {
  readonly quiet?: boolean;
  readonly file?: string;
  readonly team?: boolean;
}

/** `remove NAME…`: takes forwards out of the local file, or with `--team` out of the one that is shared. */
export async function remove(this: CliContext, flags: RemoveFlags, ...names: readonly string[]): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false, quiet: flags.quiet });
  const body = async (signal: AbortSignal): Promise<number> => {
    if (names.length === 0) {
      return console.fail({ code: "usage", message: "Say which forwards to remove", exit: EXIT.usage });
    }
    const good = await console.diagnose(await services.load(flags.file));
    if (good === null) return EXIT.badFile;
    const which = flags.team === true ? "team" : "local";
    const other = which === "team" ? "local" : "team";
    const here = [...writtenForwards(good, which).keys()];
    const elsewhere = writtenForwards(good, other);
    const file = good.show(editedPath(good, which));
    const misplaced = names.find((name) => !here.includes(name) && elsewhere.has(name));
    if (misplaced !== undefined) {
      return console.fail({
        code: "usage",
        message: `${misplaced} is not in ${file} but in ${good.show(editedPath(good, other))}`,
        help: which === "local"
          ? `Take it out for everybody with --team, or switch it off here with '${services.program} stop ${misplaced}'`
          : "Leave out --team",
        exit: EXIT.usage,
      });
    }
    const unknown = unknownNames(names, { known: here, file });
    if (unknown !== null) return console.fail(unknown);
    const edits = names.map((name) => ({ op: "remove", path: ["forwards", name], prune: which === "local" }) as const);
    const edited = await editWorkspace(services, { loaded: good, which, edits });
    if (edited.kind === "failed") return console.fail(edited.failure);
    const left = edited.loaded.workspace.forwards.map(({ name }) => name);
    await awaitGone(names.filter((name) => !left.includes(name)), { services, console, file: good.file, signal });
    for (const name of names) console.say(`Removed ${name} from ${edited.shown}.`);
    return EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
