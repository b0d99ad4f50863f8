import { buildCommand, type Command } from "@stricli/core";
import type { EnvFormat } from "../../view/forward_env.ts";
import type { EnvFlags } from "../commands/env.ts";
import type { ExecFlags } from "../commands/exec.ts";
import type { AddressFlags } from "../commands/port.ts";
import type { CliContext } from "../context.ts";
import { durationOf, file, type Names, names, namesOf, page } from "./shared.ts";

/** The verbs for scripts. */
export function scriptRoutes(program: string): Readonly<Record<string, Command<CliContext>>> {
  return {
    exec: execRoute(program),
    env: envRoute(program),
    port: portRoute(program),
    open: openRoute(program),
  };
}

function execRoute(program: string): Command<CliContext> {
  return buildCommand<ExecFlags, Names, CliContext>({
    loader: async () => (await import("../commands/exec.ts")).exec,
    parameters: {
      flags: {
        file,
        timeout: {
          kind: "parsed",
          parse: seconds,
          default: "60s",
          brief: "How long the forwards may take to be Active",
          placeholder: "DURATION",
        },
      },
      aliases: { f: "file" },
      positional: names("Only these forwards; none for all. The command follows behind --"),
    },
    docs: {
      brief: "Run a command with the forwards up, and their addresses in its environment",
      fullDescription: page([
        "Waits until the forwards are Active and runs the command behind -- with BERTH_<NAME>_URL, _HOST and _PORT for each.",
        "It gets our input, output and signals; its exit code is ours. 127: there is no such command.",
        "Where no up runs, the forwards are up for as long as the command is.",
      ], [
        [`${program} exec -- make test`, "with all forwards"],
        [`${program} exec web -- sh -c 'curl $BERTH_WEB_URL'`, "with one"],
      ]),
    },
  });
}

const ENV_FORMATS: readonly EnvFormat[] = ["sh", "fish", "json", "dotenv"];

function envRoute(program: string): Command<CliContext> {
  return buildCommand<EnvFlags, Names, CliContext>({
    loader: async () => (await import("../commands/env.ts")).env,
    parameters: {
      flags: {
        file,
        output: { kind: "enum", values: ENV_FORMATS, default: "sh", brief: "Who is to read it" },
      },
      aliases: { f: "file", o: "output" },
      positional: names("Only these forwards; none for all"),
    },
    docs: {
      brief: "Print the addresses of the forwards as variables",
      fullDescription: page([
        "Prints BERTH_<NAME>_URL, _HOST and _PORT for each forward of a running up. Exits 1 where nothing runs.",
      ], [
        [`eval "$(${program} env)"`, "in a shell"],
        [`${program} env -o fish | source`, "in fish"],
        [`${program} env -o dotenv > .env.berth`, "for a tool"],
      ]),
    },
  });
}

function portRoute(program: string): Command<CliContext> {
  return buildCommand<AddressFlags, [string], CliContext>({
    loader: async () => (await import("../commands/port.ts")).port,
    parameters: { flags: { file }, aliases: { f: "file" }, positional: NAME },
    docs: {
      brief: "Print the local port of a forward",
      fullDescription: page(["Prints the number of the port that a forward of a running up listens on."], [
        [`curl localhost:$(${program} port web)`, "in a command"],
      ]),
    },
  });
}

function openRoute(program: string): Command<CliContext> {
  return buildCommand<AddressFlags, [string], CliContext>({
    loader: async () => (await import("../commands/port.ts")).open,
    parameters: { flags: { file }, aliases: { f: "file" }, positional: NAME },
    docs: {
      brief: "Show a forward in the browser",
      fullDescription: page([
        "Opens the forward's URL with $BROWSER, else with the system's own program. Prints the URL where none can be opened.",
      ], [
        [`${program} open web`, "http://127.0.0.1:3000, for example"],
      ]),
    },
  });
}

const NAME = {
  kind: "tuple",
  parameters: [{ brief: "The forward", parse: String, placeholder: "NAME", proposeCompletions: namesOf("forwards") }],
} as const;

function seconds(text: string): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : durationOf(text) / 1_000;
  if (value <= 0) throw new Error(`'${text}' is no time to wait: say 30s or 2m`);
  return value;
}
