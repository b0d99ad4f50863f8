import { duration } from "../../view/time_text.ts";
import { awaitActive } from "../await_active.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { unknownNames } from "../names.ts";
import { withRunning } from "../running.ts";

/** The flags of `wait`. */
export interface WaitFlags {
  readonly file?: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** `wait`: returns once forwards are Active. */
export async function wait(this: CliContext, flags: WaitFlags, ...names: readonly string[]): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false });
  const fail = console.fail.bind(console);
  const body = (signal: AbortSignal): Promise<number> =>
    withRunning(services, {
      file: flags.file,
      signal,
      fail,
      use: async (client, file) => {
        const loaded = await services.load(file);
        const { forwards } = await client.status(signal);
        const written = loaded.workspace?.forwards.map(({ name }) => name) ?? [];
        const known = [...new Set([...forwards.map(({ name }) => name), ...written])];
        const unknown = unknownNames(names, { known, file });
        if (unknown !== null) return fail(unknown);
        const { timeout } = flags;
        const problems = await awaitActive(client, {
          names,
          // What the process was started for, which may be less than the file: its plan says what is not there yet.
          all: names.length === 0,
          timeout,
          clock: services.clock,
          signal,
        });
        if (problems.length === 0) return EXIT.ok;
        return fail({
          code: "not-active",
          message: `Not Active within ${duration(timeout)}: ${problems.join("; ")}`,
          exit: EXIT.failed,
        });
      },
    });
  this.exit(await guarded(services, { body, fail }));
}
