import { cannotWrite, type Console } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliServices } from "./services.ts";

/**
 * Puts a new `forwards.yaml` where it was asked for: standard output, or a file that is not there yet, or may be written over. Returns the
 * exit code.
 */
export async function putText(
  text: string,
  { services, console, out, force }: {
    readonly services: CliServices;
    readonly console: Console;
    readonly out?: string;
    /** Absent: there is no such flag. */
    readonly force?: boolean;
  },
): Promise<number> {
  if (out === undefined || out === "-") {
    console.out(text);
    return EXIT.ok;
  }
  const written = await services.texts.write(out, text, { replace: force ?? false });
  switch (written.kind) {
    case "written":
      console.say(`Wrote ${written.shown}.`);
      return EXIT.ok;
    case "exists":
      return console.fail({
        code: "file-exists",
        message: `${written.shown} is there already, and is left as it is`,
        help: force === undefined
          ? "Name another one with --out"
          : "Name another one with --out, or write over it with --force",
        exit: EXIT.failed,
      });
    case "failed":
      return console.fail(cannotWrite(written.message));
    default:
      return written satisfies never;
  }
}
