import type { ControlClient } from "../control/client.ts";
import type { StatusDocument } from "../model/status_document.ts";
import { type Failure, noFile } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import { unknownNames } from "./names.ts";
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

/** How a running `up` is reached. */
export interface Reach {
  /** As on the command line. */
  readonly file: string | undefined;
  readonly signal: AbortSignal;
  /** Says what went wrong; gives the exit code. */
  readonly fail: (failure: Failure) => number;
}

/** Calls `use` with the process that holds the workspace, and lets go of it afterwards; where there is none, says so through `fail`. */
export async function withRunning(
  services: CliServices,
  { file: given, signal, fail, use }: Reach & {
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

/** As `withRunning`, with the status of that process. A name that is none of its forwards is told through `fail`. */
export function withForwards(
  services: CliServices,
  { names, use, ...reach }: Reach & {
    readonly names: readonly string[];
    readonly use: (client: ControlClient, status: StatusDocument) => Promise<number>;
  },
): Promise<number> {
  return withRunning(services, {
    ...reach,
    use: async (client, file) => {
      const status = await client.status(reach.signal);
      const unknown = unknownNames(names, { known: status.forwards.map(({ name }) => name), file });
      return unknown === null ? await use(client, status) : reach.fail(unknown);
    },
  });
}
