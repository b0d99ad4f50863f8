import { type EnvFormat, envText, variablesOf } from "../../view/forward_env.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { unknownNames } from "../names.ts";
import { withRunning } from "../running.ts";
import { only } from "../watch_status.ts";

/** The flags of `env`. */
export interface EnvFlags {
  readonly file?: string;
  readonly output: EnvFormat;
}

/** `env`: the variables that say where the forwards listen, for a shell to read. */
export async function env(this: CliContext, flags: EnvFlags, ...names: readonly string[]): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: flags.output === "json" });
  const body = (signal: AbortSignal): Promise<number> =>
    withRunning(services, {
      file: flags.file,
      signal,
      fail: (failure) => console.fail(failure),
      use: async (client, file) => {
        const document = await client.status(signal);
        const unknown = unknownNames(names, { known: document.forwards.map(({ name }) => name), file });
        if (unknown !== null) return console.fail(unknown);
        const { variables, shadowed } = variablesOf(only(document, names).forwards);
        for (const name of shadowed) console.say(`${name} is left out: another forward has the same variables.`);
        console.out(envText(variables, flags.output));
        return EXIT.ok;
      },
    });
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
