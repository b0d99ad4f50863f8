import { type EnvFormat, envText, variablesOf } from "../../view/forward_env.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { withForwards } from "../running.ts";
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
    withForwards(services, {
      file: flags.file,
      names,
      signal,
      fail: (failure) => console.fail(failure),
      use: (_client, document) => {
        const { variables, shadowed } = variablesOf(only(document, names).forwards);
        for (const name of shadowed) console.say(`${name} is left out: another forward has the same variables.`);
        console.out(envText(variables, flags.output));
        return Promise.resolve(EXIT.ok);
      },
    });
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
