import { age } from "../view/time_text.ts";
import type { Failure } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliServices } from "./services.ts";

/** The failure of an `up` whose workspace another process holds: which one, since when, and what to do. */
export function heldFailure(
  by: { readonly pid: number; readonly since: string } | null,
  { file, services }: { readonly file: string; readonly services: Pick<CliServices, "program" | "clock"> },
): Failure {
  const { program } = services;
  const since = by === null ? null : age(by.since, services.clock.now());
  const who = by === null ? "another berth" : `berth with PID ${by.pid}`;
  return {
    code: "held",
    message: `${file} is already up: ${who} holds it${since === null ? "" : `, since ${since}`}`,
    help:
      `See it with '${program} status', stop it with '${program} down', take its place with --replace. It takes changes of the file by itself`,
    exit: EXIT.held,
  };
}
