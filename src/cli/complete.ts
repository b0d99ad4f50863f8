import { type Application, proposeCompletions } from "@stricli/core";
import type { CliContext } from "./context.ts";

/**
 * What the last of `words` may become, a line each for the completion scripts, with what it is behind a tab. Never fails: a word that cannot
 * be completed has no candidates.
 */
export async function completionLines(
  app: Application<CliContext>,
  { words, context }: { readonly words: readonly string[]; readonly context: CliContext },
): Promise<string> {
  try {
    const { process } = context;
    const found = await proposeCompletions(app, [...words], { ...context, process });
    const flagBegun = words.at(-1)?.startsWith("-") === true;
    // A value's words would be those of its flag, once for each.
    const lines = found.filter(({ kind, completion }) =>
      // Flags come when one is begun: before that they would hide the names. The escape is no flag, and this one is for berth itself.
      kind !== "argument:flag" || (flagBegun && completion !== "--" && completion !== "--daemon")
    ).map(({ kind, completion, brief }) =>
      kind === "argument:value" ? completion : `${completion}\t${brief.split("\n")[0] ?? ""}`
    );
    return [...new Set(lines)].map((line) => `${line}\n`).join("");
  } catch {
    // Half a command line is no command line: there is nothing to say to it, and nowhere to say it.
    return "";
  }
}
