import { buildCommand, type Command } from "@stricli/core";
import type { ConfigFlags } from "../commands/config.ts";
import type { CliContext } from "../context.ts";
import { color, file, off, page, profile } from "./shared.ts";

const YAML_OR_JSON: readonly ("yaml" | "json")[] = ["yaml", "json"];

/** `config`. */
export function configRoute(program: string): Command<CliContext> {
  return buildCommand<ConfigFlags, [], CliContext>({
    loader: async () => (await import("../commands/config.ts")).config,
    parameters: {
      flags: {
        file,
        profile,
        output: { kind: "enum", values: YAML_OR_JSON, default: "yaml", brief: "What to print" },
        showOrigin: off("Say where each value was written"),
        showValues: off("Show what variables hold, not their names"),
        color,
      },
      aliases: { f: "file", o: "output" },
    },
    docs: {
      brief: "Print what forwards.yaml and its other files come to",
      fullDescription: page([
        "Prints the workspace with all its files merged and its templates filled in. Values made of variables are marked,",
        "and show the variables' names: what these hold may be secret. Talks to no cluster.",
      ], [
        [`${program} config`, "as YAML"],
        [`${program} config --show-origin`, "with file and line behind each value"],
        [`${program} config -o json --show-values`, "for tools, with the values of variables"],
      ]),
    },
  });
}
