import { profileFilter } from "../../model/profiles.ts";
import type { StatusDocument } from "../../model/status_document.ts";
import { statusJson } from "../../view/status_json.ts";
import { statusNames, statusProblems, statusTable } from "../../view/status_table.ts";
import type { ColorChoice } from "../../view/theme.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { unknownNames, unknownProfiles } from "../names.ts";
import { withRunning } from "../running.ts";
import type { CliServices } from "../services.ts";
import { only, watchStatus } from "../watch_status.ts";

/** The flags of `status`. */
export interface StatusFlags {
  readonly file?: string;
  readonly profile?: readonly string[];
  readonly output: "table" | "wide" | "json" | "yaml" | "name";
  readonly watch?: boolean;
  readonly color: ColorChoice;
}

/** `status`: shows what a running `up` says about its forwards. */
export async function status(this: CliContext, flags: StatusFlags, ...names: readonly string[]): Promise<void> {
  const { services } = this;
  const console = new Console(services, { color: flags.color, json: flags.output === "json" });
  const body = async (signal: AbortSignal): Promise<number> => {
    const { output } = flags;
    if (flags.watch === true && (output === "yaml" || output === "name")) {
      return console.fail({
        code: "usage",
        message: `--watch does not go with -o ${output}`,
        help: "Use -o table, wide or json",
        exit: EXIT.usage,
      });
    }
    return await withRunning(services, {
      file: flags.file,
      signal,
      fail: (failure) => console.fail(failure),
      use: async (client, file) => {
        const document = await client.status(signal);
        const asked = await named(names, { document, flags, console, services });
        if (typeof asked === "number") return asked;
        const known = document.forwards.map(({ name }) => name);
        const unknown = unknownNames(asked, { known, file });
        if (unknown !== null) return console.fail(unknown);
        if (flags.watch === true && (output === "table" || output === "wide" || output === "json")) {
          return await watchStatus(services, { console, client, names: asked, output, file, signal });
        }
        return await show(only(document, asked), { flags, console, services });
      },
    });
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

interface Showing {
  readonly flags: StatusFlags;
  readonly console: Console;
  readonly services: CliServices;
}

/** The names that were given and those of the profiles; none for all. A number: it was said why not, and that is the exit code. */
async function named(
  names: readonly string[],
  { document, flags, console, services }: Showing & { readonly document: StatusDocument },
): Promise<readonly string[] | number> {
  const { profile: profiles = [] } = flags;
  if (profiles.length === 0) return names;
  const good = await console.diagnose(await services.load(flags.file));
  if (good === null) return EXIT.badFile;
  const { workspace } = good;
  const noProfile = unknownProfiles(profiles, { workspace, file: good.shown });
  if (noProfile !== null) return console.fail(noProfile);
  const members = document.forwards.filter(profileFilter(workspace, profiles)).map(({ name }) => name);
  if (names.length + members.length > 0) return [...new Set([...names, ...members])];
  return console.fail({
    code: "empty-profile",
    message: `Nothing of profile ${profiles.join(", ")} runs`,
    help: `'${services.program} status' shows what does`,
    exit: EXIT.failed,
  });
}

async function show(document: StatusDocument, { flags, console, services }: Showing): Promise<number> {
  switch (flags.output) {
    case "json":
      console.outJson(statusJson(document));
      break;
    case "yaml": {
      const { stringify } = await import("yaml");
      console.out(stringify(statusJson(document)));
      break;
    }
    case "name":
      console.out(statusNames(document));
      break;
    case "table":
    case "wide": {
      const now = services.clock.now();
      console.err(statusProblems(document, { theme: console.theme("stderr"), width: console.width("stderr") }));
      if (document.forwards.length === 0) console.say("It is up, and the file names no forwards.");
      console.out(
        statusTable(document, {
          format: flags.output,
          theme: console.theme("stdout"),
          now,
          width: console.width("stdout"),
        }),
      );
      break;
    }
    default:
      return flags.output satisfies never;
  }
  return EXIT.ok;
}
