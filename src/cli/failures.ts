import { ControlError } from "../control/control_error.ts";
import { AccessError } from "../model/cluster_access.ts";
import type { Failure } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliServices } from "./services.ts";

/**
 * Runs the body of a verb with a signal that an interrupt fires, and turns its expected failures into exit codes.
 * A bug comes out as one line too: the trace is for the log, not for the terminal.
 */
export async function guarded(
  services: CliServices,
  { body, fail }: {
    readonly body: (signal: AbortSignal) => Promise<number>;
    readonly fail: (failure: Failure) => number;
  },
): Promise<number> {
  const abort = new AbortController();
  const detach = services.onInterrupt(() => abort.abort());
  try {
    return await body(abort.signal);
  } catch (error) {
    if (abort.signal.aborted) return EXIT.interrupted;
    return fail(describeFailure(error));
  } finally {
    detach();
  }
}

/** What a caught error is to the person: expected ones by their kind, others as the bugs they are. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof ControlError) {
    const exit = error.failure === "protocol" || error.failure === "refused" ? EXIT.failed : EXIT.unavailable;
    return { code: `control-${error.failure}`, message: error.message, exit };
  }
  if (error instanceof AccessError) return { code: error.reason, message: error.message, exit: EXIT.failed };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: "internal-error",
    message: `Unexpected: ${message}`,
    help: "This is a bug of berth. Please report it with this line and what you did.",
    exit: EXIT.failed,
  };
}
