import type { CommandContext } from "@stricli/core";
import type { CliServices } from "./services.ts";

/** What a command of the parser is called with. */
export interface CliContext extends CommandContext {
  readonly services: CliServices;
  /** The words behind `--`, where the verb takes a command there. */
  readonly rest: readonly string[];
  /** Sets the exit code of this run. */
  exit(code: number): void;
}
