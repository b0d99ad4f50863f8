import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { withForwards } from "../running.ts";

/** The flags of `restart`. */
export interface RestartFlags {
  readonly file?: string;
  readonly quiet?: boolean;
}

/** `restart`: looks for the backends of running forwards anew; one that was stopped starts. */
export async function restart(this: CliContext, flags: RestartFlags, ...names: readonly string[]): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false, quiet: flags.quiet });
  const fail = console.fail.bind(console);
  const body = (signal: AbortSignal): Promise<number> =>
    withForwards(services, {
      file: flags.file,
      names,
      signal,
      fail,
      use: async (client) => {
        if (names.length === 0) {
          return fail({ code: "usage", message: "Which forwards?", help: "Name them", exit: EXIT.usage });
        }
        let exit: number = EXIT.ok;
        for (const name of names) {
          const outcome = await client.control(name, "restart", signal);
          if (outcome.status === "done") console.say(`Restarted ${name}.`);
          else {
            const why = outcome.status === "cancelled" ? "berth is stopping" : outcome.message;
            exit = fail({ code: outcome.status, message: `${name} was not restarted: ${why}`, exit: EXIT.failed });
          }
        }
        return exit;
      },
    });
  this.exit(await guarded(services, { body, fail }));
}
