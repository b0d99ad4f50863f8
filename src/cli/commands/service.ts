import { Console, type Failure, noFile } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import type { ServiceFile } from "../services.ts";

/** The flags of `service`. */
export interface ServiceFlags {
  readonly file?: string;
}

const WHAT = ["install", "uninstall", "show"] as const;

/** `service`: the file by which the system's service manager keeps a workspace up. It is written and shown; nothing is started or stopped. */
export async function service(this: CliContext, flags: ServiceFlags, what: string): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false });
  const fail = (failure: Failure): number => console.fail(failure);
  const body = async (): Promise<number> => {
    const asked = WHAT.find((one) => one === what);
    if (asked === undefined) {
      return fail({
        code: "usage",
        message: `No such thing: service ${what}`,
        help: `Say ${WHAT.join(", ")}`,
        exit: EXIT.usage,
      });
    }
    const file = await services.locate(flags.file);
    if (file === null) return fail(noFile());
    const made = await services.service(file);
    if (made === null) {
      return fail({
        code: "unsupported",
        message: "berth knows the service managers of Linux (systemd) and macOS (launchd) only",
        exit: EXIT.unavailable,
      });
    }
    switch (asked) {
      case "show":
        console.out(made.text);
        return EXIT.ok;
      case "install":
        return await install(made, { console, fail, file, load: () => services.load(file) });
      case "uninstall":
        return await uninstall(made, console);
      default:
        return asked satisfies never;
    }
  };
  this.exit(await guarded(services, { body, fail }));
}

async function install(
  made: ServiceFile,
  { console, fail, file, load }: {
    readonly console: Console;
    readonly fail: (failure: Failure) => number;
    readonly file: string;
    readonly load: () => Promise<Parameters<Console["diagnose"]>[0]>;
  },
): Promise<number> {
  if (await console.diagnose(await load()) === null) return EXIT.badFile;
  const there = await made.read();
  console.out(made.text);
  if (there === made.text) {
    console.say(`${made.path} is there already.`);
  } else {
    try {
      await made.write(made.text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return fail({ code: "failed", message: `Cannot write ${made.path}: ${why}`, exit: EXIT.failed });
    }
    console.say(`${there === null ? "Wrote" : "Replaced"} ${made.path}`);
  }
  console.say(`Nothing was started. To keep ${file} up from now on:`);
  for (const line of made.start) console.say(`  ${line}`);
  return EXIT.ok;
}

async function uninstall(made: ServiceFile, console: Console): Promise<number> {
  if (await made.read() === null) {
    console.say(`There is no ${made.path}.`);
    return EXIT.ok;
  }
  await made.remove();
  console.say(`Removed ${made.path}`);
  console.say("What it started goes on. To stop it:");
  for (const line of made.stop) console.say(`  ${line}`);
  return EXIT.ok;
}
