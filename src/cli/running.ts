import type { ControlClient } from "../control/client.ts";
import { type Failure, noFile } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliServices } from "./services.ts";

/** The failure of a verb that needs a running `up` where there is none. */
export function nothingRuns(file: string, { program }: Pick<CliServices, "program">): Failure {
  return {
    code: "nothing-runs",
    message: `Nothing runs for ${file}`,
    help: `Start it with '${program} up'`,
    exit: EXIT.failed,
  };
}

/** Calls `use` with the process that holds the workspace, and lets go of it afterwards; where there is none, says so through `fail`. */
export async function withRunning(
  services: CliServices,
  { file: given, signal, fail, use }: {
    /** As on the command line. */
    readonly file: string | undefined;
    readonly signal: AbortSignal;
    readonly fail: (failure: Failure) => number;
    readonly use: (client: ControlClient, file: string) => Promise<number>;
  },
): Promise<number> {
  const file = await services.locate(given);
  if (file === null) return fail(noFile());
  const client = await services.connect(file, signal);
  if (client === null) return fail(nothingRuns(file, services));
  try {
    return await use(client, file);
  } finally {
    client.close();
  }
}
