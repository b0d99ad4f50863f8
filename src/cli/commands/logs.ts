import { logLineJson, logLineText, parseLogLine } from "../../model/log_line.ts";
import { Console, noFile } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";

/** The flags of `logs`. */
export interface LogsFlags {
  readonly file?: string;
  readonly follow?: boolean;
  /** Milliseconds. */
  readonly since?: number;
  readonly output: "text" | "json";
}

/** `logs`: the log of this and earlier runs. */
export async function logs(this: CliContext, flags: LogsFlags): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: flags.output === "json" });
  const body = async (signal: AbortSignal): Promise<number> => {
    const file = await services.locate(flags.file);
    if (file === null) return console.fail(noFile());
    const since = flags.since === undefined ? "" : new Date(services.clock.now() - flags.since).toISOString();
    for await (const text of services.log(file, { follow: flags.follow === true, signal })) {
      const line = parseLogLine(text);
      if (line === undefined || line.time < since) continue;
      console.out(`${console.json ? logLineJson(line) : logLineText(line)}\n`);
    }
    return EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
