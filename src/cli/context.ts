import type { CommandContext } from "@stricli/core";
import type { CliServices } from "./services.ts";

/** What a command of the parser is called with. */
export interface CliContext extends CommandContext {
  readonly services: CliServices;
  /** Sets the exit code of this run. */
  exit(code: number): void;
}
