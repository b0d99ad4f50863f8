import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { editedPath, editWorkspace, writtenForwards } from "../editing.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { entryOf, type TargetFlags } from "../forward_entry.ts";
import { awaitStarted } from "../starting.ts";

/** The flags of `add`. */
export interface AddFlags extends TargetFlags {
  readonly quiet?: boolean;
  readonly file?: string;
  readonly cluster?: string;
  readonly port: string;
  readonly local?: string;
  readonly team?: boolean;
  readonly output: "text" | "json";
}

/** `add NAME`: puts a forward to any target into the local file, or with `--team` into the one that is shared. */
export async function add(this: CliContext, flags: AddFlags, name: string): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: flags.output === "json", quiet: flags.quiet });
  const body = async (signal: AbortSignal): Promise<number> => {
    const { service, pod, deployment, statefulset, selector, task, tags } = flags;
    const target = defined({ service, pod, deployment, statefulset, selector, task, tags });
    const entry = entryOf({ cluster: flags.cluster, target, port: flags.port, local: flags.local, reconnect: true });
    if (typeof entry === "string") {
      return console.fail({
        code: "usage",
        message: `Cannot add ${name}: ${entry}`,
        help: "Use --service, --pod, --deployment, --statefulset, --selector or --task",
        exit: EXIT.usage,
      });
    }
    const good = await console.diagnose(await services.load(flags.file));
    if (good === null) return EXIT.badFile;
    const which = flags.team === true ? "team" : "local";
    const holder = (["team", "local"] as const).find((one) => writtenForwards(good, one).has(name));
    if (holder !== undefined || good.workspace.forwards.some((forward) => forward.name === name)) {
      return console.fail({
        code: "usage",
        message: `${name} is in ${good.show(editedPath(good, holder ?? "team"))} already`,
        help: `Choose another name, or take it out with '${services.program} remove ${name}${
          holder === "team" ? " --team" : ""
        }'`,
        exit: EXIT.usage,
      });
    }
    const edits = [{ op: "set", path: ["forwards", name], value: entry }] as const;
    const edited = await editWorkspace(services, { loaded: good, which, edits });
    if (edited.kind === "failed") return console.fail(edited.failure);
    console.say(`Added ${name} to ${edited.shown}.`);
    return await awaitStarted(name, { services, console, file: good.file, signal });
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

function defined(flags: { readonly [Key in keyof TargetFlags]: string | undefined }): TargetFlags {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}
