import type { Console } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import { heldFailure } from "./held.ts";
import type { CliServices } from "./services.ts";

/** What becomes of the k3d clusters that a workspace made. */
export type ClustersEnd = "stop" | "delete";

/** `down --clusters`: stops or deletes the k3d clusters that the workspace of `file` made, and no other. Asks first. Returns the exit code. */
export async function removeClusters(
  end: ClustersEnd,
  { file, yes, services, console, signal }: {
    readonly file: string;
    /** Do not ask. */
    readonly yes: boolean;
    readonly services: Pick<CliServices, "clusters" | "confirm" | "program" | "clock">;
    readonly console: Console;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const clusters = await services.clusters(file, signal);
  switch (clusters.kind) {
    case "unavailable":
      return console.fail({ code: clusters.reason, message: clusters.message, exit: EXIT.unavailable });
    case "held":
      return console.fail(heldFailure(clusters.by, { file, services }));
    case "found":
      break;
    default:
      return clusters satisfies never;
  }
  await using found = clusters;
  const names = found.names.join(", ");
  if (found.names.length === 0) {
    console.say("This workspace made no k3d cluster that is there.");
    return EXIT.ok;
  }
  const which = `k3d cluster${found.names.length === 1 ? "" : "s"} ${names}`;
  if (!yes) {
    const answer = services.confirm(
      end === "stop"
        ? `Stop ${which}? [y/N]`
        : `Delete ${which} and everything in ${found.names.length === 1 ? "it" : "them"}? [y/N]`,
    );
    if (answer === "cannot-ask") {
      return console.fail({
        code: "needs-yes",
        message: `This would ${end} ${which}: there is no terminal to ask on`,
        help: `Say so with '${services.program} down --clusters=${end} --yes'`,
        exit: EXIT.failed,
      });
    }
    if (answer === "gone") return EXIT.interrupted;
    if (answer === "no") {
      console.say(`Left ${which} as ${found.names.length === 1 ? "it is" : "they are"}.`);
      return EXIT.ok;
    }
  }
  let code: number = EXIT.ok;
  for (const name of found.names) {
    const outcome = await found.end(name, end, signal);
    signal.throwIfAborted();
    if (outcome.status === "done") {
      console.say(`${end === "stop" ? "Stopped" : "Deleted"} k3d cluster ${name}.`);
    } else if (outcome.status !== "cancelled") {
      code = console.fail({ code: outcome.reason, message: outcome.message, exit: EXIT.failed });
    }
  }
  return code;
}
