import { completionScript, type CompletionShell } from "../completion_scripts.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";

/** The flags of `completion`. */
export interface CompletionFlags {
  readonly name: string;
}

/** `completion`: the script that a shell reads. */
export function completion(this: CliContext, flags: CompletionFlags, shell: CompletionShell): void {
  const console = new Console(this.services, { json: false });
  if (!/^[A-Za-z0-9._-]+$/.test(flags.name)) {
    this.exit(console.fail({ code: "usage", message: `'${flags.name}' is no name of a program`, exit: EXIT.usage }));
    return;
  }
  console.out(completionScript(shell, flags.name));
  this.exit(EXIT.ok);
}
