import { buildCommand, type Command } from "@stricli/core";
import type { ImportFlags, ImportSource } from "../commands/import.ts";
import type { InitFlags } from "../commands/init.ts";
import type { CliContext } from "../context.ts";
import { off, oneOf, page, word } from "./shared.ts";

const SOURCES: readonly ImportSource[] = ["kecs", "nanoporter", "kportal", "kftray", "kubectl"];

/** Where a new file goes. */
const out = word("FILE", "Write it to this file; else to standard output");

/** `import SOURCE FILE`. */
export function importRoute(program: string): Command<CliContext> {
  return buildCommand<ImportFlags, [ImportSource, string], CliContext>({
    loader: async () => (await import("../commands/import.ts")).importFile,
    parameters: {
      flags: {
        out,
        force: off("Write over a file that is there"),
        instance: word("NAME", "kecs: the instance; else the one in FILE's path"),
        region: {
          kind: "parsed",
          parse: String,
          default: "us-east-1",
          brief: "kecs: the region of its clusters",
          placeholder: "REGION",
        },
        quiet: off("Do not say what was carried over and what not"),
      },
      aliases: { o: "out", q: "quiet" },
      positional: {
        kind: "tuple",
        parameters: [
          {
            brief: SOURCES.join(", "),
            parse: oneOf(SOURCES),
            placeholder: "SOURCE",
            proposeCompletions: (partial) => SOURCES.filter((source) => source.startsWith(partial)),
          },
          { brief: "The file of that tool; - for standard input", parse: String, placeholder: "FILE" },
        ],
      },
    },
    docs: {
      brief: "Make a forwards.yaml out of another tool's file",
      fullDescription: page([
        "Makes a forwards.yaml out of the file of another tool, and says what could not be carried over, and why.",
        "kubectl reads 'kubectl port-forward' and 'socat' commands out of a shell script. Talks to no cluster.",
        "Exits 65 where the file is not of that tool, 1 where nothing of it could be carried over.",
      ], [
        [`${program} import kportal .kportal.yaml --out forwards.yaml`, "to a file"],
        [`${program} import kubectl port-forwards.sh`, "out of a script"],
        [`${program} import kecs ~/.kecs/instances/dev/port-forwards/state.json`, "what KECS remembers"],
      ]),
    },
  });
}

/** `init`. */
export function initRoute(program: string): Command<CliContext> {
  return buildCommand<InitFlags, [], CliContext>({
    loader: async () => (await import("../commands/init.ts")).init,
    parameters: {
      flags: {
        context: word("NAME", "The context to look at; else the current one"),
        kubeconfig: word("FILE", "The kubeconfig; else $KUBECONFIG or ~/.kube/config"),
        sandbox: off("A simulated cluster, to try berth with"),
        namespace: word("NAME", "Only this namespace; else all but the system's"),
        all: off("Take all that is there, and do not ask"),
        out: { ...out, brief: "Write it to this file, - for standard output; else forwards.yaml" },
        input: { kind: "boolean", default: true, brief: "Whether to ask" },
      },
      aliases: { o: "out", n: "namespace" },
    },
    docs: {
      brief: "Make a forwards.yaml out of what runs in a cluster",
      fullDescription: page([
        "Looks once at what a cluster has (Services, and with KECS ECS services and tasks), asks which of them",
        "you want, and writes a forwards.yaml with a forward for each. It changes nothing in the cluster, and never",
        "writes over a file.",
      ], [
        [`${program} init`, "the current context, and ask"],
        [`${program} init --context staging -n shop --all`, "one namespace, all of it"],
        [`${program} init --sandbox --all --out -`, "a first look, without a cluster"],
      ]),
    },
  });
}
