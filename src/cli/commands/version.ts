import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";

/** The flags of `version`. */
export interface VersionFlags {
  readonly output: "text" | "json";
}

/** `version`: berth's version and what it runs on. */
export function version(this: CliContext, flags: VersionFlags): void {
  const console = new Console(this.services, { json: flags.output === "json" });
  const { version, deno, v8, typescript, os, arch } = this.services.versions();
  if (console.json) console.outJson({ formatVersion: 1, version, deno, v8, typescript, os, arch });
  else console.out(`berth ${version} (deno ${deno}, v8 ${v8}, typescript ${typescript}, ${os} ${arch})\n`);
  this.exit(EXIT.ok);
}
