import { buildCommand, type Command } from "@stricli/core";
import type { CompletionFlags } from "../commands/completion.ts";
import type { DoctorFlags } from "../commands/doctor.ts";
import type { CompletionShell } from "../completion_scripts.ts";
import type { CliContext } from "../context.ts";
import { color, file, oneOf, page, textOrJson } from "./shared.ts";

/** `doctor`. */
export function doctorRoute(program: string): Command<CliContext> {
  return buildCommand<DoctorFlags, [], CliContext>({
    loader: async () => (await import("../commands/doctor.ts")).doctor,
    parameters: { flags: { file, output: textOrJson, color }, aliases: { f: "file", o: "output" } },
    docs: {
      brief: "Look at all that berth needs, and say what is missing",
      fullDescription: page([
        "Looks at the tools and their versions, the machine, the file, the ports, and each cluster with your rights in it,",
        "all at once. It reads and changes nothing, and does not stop at what is broken.",
        "Exits 1 where something that is needed is broken.",
      ], [
        [`${program} doctor`, "a line each, with what to do"],
        [`${program} doctor -o json`, "the same for tools"],
      ]),
    },
  });
}

const SHELLS: readonly CompletionShell[] = ["bash", "zsh", "fish"];

/** `completion SHELL`. */
export function completionRoute(program: string): Command<CliContext> {
  return buildCommand<CompletionFlags, [CompletionShell], CliContext>({
    loader: async () => (await import("../commands/completion.ts")).completion,
    parameters: {
      flags: {
        name: {
          kind: "parsed",
          parse: String,
          default: "berth",
          brief: "What the program is called",
          placeholder: "NAME",
        },
      },
      positional: {
        kind: "tuple",
        parameters: [{
          brief: SHELLS.join(", "),
          parse: oneOf(SHELLS),
          placeholder: "SHELL",
          proposeCompletions: (partial) => SHELLS.filter((shell) => shell.startsWith(partial)),
        }],
      },
    },
    docs: {
      brief: "Print the completion script of a shell",
      fullDescription: page([
        "Prints the script with which a shell completes verbs, flags, their values, and the names of forwards.",
        "It is for berth as a program of its own: deno task completes only the names of tasks.",
      ], [
        [`source <(${program} completion bash)`, "in ~/.bashrc"],
        [`source <(${program} completion zsh)`, "in ~/.zshrc, after compinit"],
        [`${program} completion fish > ~/.config/fish/completions/berth.fish`, "once"],
      ]),
    },
  });
}

/** `explain CODE`. */
export function explainRoute(program: string): Command<CliContext> {
  return buildCommand<Record<never, never>, [string], CliContext>({
    loader: async () => (await import("../commands/explain.ts")).explain,
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [{
          brief: "The code: PF0012, or 12",
          parse: String,
          placeholder: "CODE",
          async proposeCompletions(partial): Promise<readonly string[]> {
            const { allCodes } = await import("../../diagnostics/catalogue.ts");
            return allCodes().filter((code) => code.startsWith(partial.toUpperCase()));
          },
        }],
      },
    },
    docs: {
      brief: "Explain the code of a problem in forwards.yaml",
      fullDescription: page([
        "Says what a problem means, why it matters, how to get rid of it, and shows the smallest one.",
      ], [
        [`${program} explain PF0012`, "the code in brackets of an error"],
      ]),
    },
  });
}
