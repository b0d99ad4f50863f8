import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { withRunning } from "../running.ts";

/** The flags of `dashboard`. */
export interface DashboardFlags {
  readonly file?: string;
}

/** `dashboard`: prints the link of the running web page. */
export async function dashboard(this: CliContext, { file }: DashboardFlags): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false });
  const fail = console.fail.bind(console);
  const body = (signal: AbortSignal): Promise<number> =>
    withRunning(services, {
      file,
      signal,
      fail,
      use: async (client) => {
        const link = await client.dashboard(signal);
        if (link === null) {
          return fail({
            code: "no-dashboard",
            message: "The running berth serves no web page",
            help:
              `'${services.program} status' says whether its port was taken; '${services.program} up --replace --dashboard' serves it`,
            exit: EXIT.failed,
          });
        }
        console.out(`${link}\n`);
        return EXIT.ok;
      },
    });
  this.exit(await guarded(services, { body, fail }));
}
