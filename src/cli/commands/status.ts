import type { StatusDocument } from "../../model/status_document.ts";
import { statusJson } from "../../view/status_json.ts";
import { statusNames, statusProblems, statusTable } from "../../view/status_table.ts";
import type { ColorChoice } from "../../view/theme.ts";
import { Console, noFile } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { unknownNames } from "../names.ts";
import { nothingRuns } from "../running.ts";
import type { CliServices } from "../services.ts";
import { only, watchStatus } from "../watch_status.ts";

/** The flags of `status`. */
export interface StatusFlags {
  readonly file?: string;
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
    const file = await services.locate(flags.file);
    if (file === null) return console.fail(noFile());
    const client = await services.connect(file, signal);
    if (client === null) return console.fail(nothingRuns(file, services));
    try {
      const document = await client.status(signal);
      const known = document.forwards.map(({ name }) => name);
      const unknown = unknownNames(names, { known, file });
      if (unknown !== null) return console.fail(unknown);
      if (flags.watch === true && (output === "table" || output === "wide" || output === "json")) {
        return await watchStatus(services, { console, client, names, output, file, signal });
      }
      return await show(only(document, names), { flags, console, services });
    } finally {
      client.close();
    }
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

async function show(
  document: StatusDocument,
  { flags, console, services }: {
    readonly flags: StatusFlags;
    readonly console: Console;
    readonly services: CliServices;
  },
): Promise<number> {
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
