import { buildCommand, type Command } from "@stricli/core";
import type { AddFlags } from "../commands/add.ts";
import type { ListFlags } from "../commands/list.ts";
import type { RemoveFlags } from "../commands/remove.ts";
import type { StartFlags } from "../commands/start.ts";
import type { StopFlags } from "../commands/stop.ts";
import type { CliContext } from "../context.ts";
import { color, file, type Names, names, namesOf, off, page, profile, quiet, textOrJson, word } from "./shared.ts";

const cluster = {
  ...word("CLUSTER", "Which cluster, where there are several"),
  proposeCompletions: namesOf("clusters"),
};
const tags = word("k=v,…", "With a task: the newest ready one with these tags");

/** The verbs that KECS has for forwards, and those that do the same for any target. */
export function verbRoutes(program: string): Readonly<Record<string, Command<CliContext>>> {
  return {
    start: startRoute(program),
    stop: stopRoute(program),
    list: listRoute(program),
    add: addRoute(program),
    remove: removeRoute(program),
  };
}

function startRoute(program: string): Command<CliContext> {
  return buildCommand<StartFlags, Names, CliContext>({
    loader: async () => (await import("../commands/start.ts")).start,
    parameters: {
      flags: {
        file,
        cluster,
        tags,
        localPort: word("PORT", "Local port, a range, or auto; else auto"),
        targetPort: word("PORT", "Port of the target, or its name; else its only one, or 80"),
        noAutoReconnect: off("Fail at the first loss of its backend"),
        name: word("NAME", "What to call it; else it follows from the target"),
        output: textOrJson,
        quiet,
      },
      aliases: { f: "file", o: "output", q: "quiet" },
      positional: names("service TARGET, task TARGET, or the name of a stopped forward", ["service", "task"]),
    },
    docs: {
      brief: "Start a forward to a service or a task",
      fullDescription: page([
        "Starts a forward to a service or a task of KECS, and prints where it listens. It is kept in",
        "forwards.local.yaml, so it is there again after a restart; 'stop' takes it out. With a name alone it takes",
        "back what 'stop' did.",
        "Without a running up it is only written down.",
      ], [
        [`${program} start service default/web --local-port 3000 --target-port 80`, "a service"],
        [`${program} start task default --tags app=api,version=stable`, "the newest ready task with tags"],
        [`${program} start task default/abc123 --target-port 5005`, "one task by its id, or its ARN"],
        [`${program} start web`, "a forward that was stopped"],
      ]),
    },
  });
}

function stopRoute(program: string): Command<CliContext> {
  return buildCommand<StopFlags, Names, CliContext>({
    loader: async () => (await import("../commands/stop.ts")).stop,
    parameters: {
      flags: { file, all: off("All that were started on this machine"), quiet },
      aliases: { f: "file", q: "quiet" },
      positional: names("The forwards to stop"),
    },
    docs: {
      brief: "Stop a forward on this machine",
      fullDescription: page([
        "Stops forwards on this machine. What was started here is taken out of forwards.local.yaml; a forward of the",
        "team's file stays there, and forwards.local.yaml switches it off.",
      ], [
        [`${program} stop web`, "one forward"],
        [`${program} stop --all`, "all that were started here"],
      ]),
    },
  });
}

const LIST_OUTPUTS: readonly ListFlags["output"][] = ["table", "wide", "json", "yaml", "name"];

function listRoute(program: string): Command<CliContext> {
  return buildCommand<ListFlags, Names, CliContext>({
    loader: async () => (await import("../commands/list.ts")).list,
    parameters: {
      flags: {
        file,
        profile,
        output: { kind: "enum", values: LIST_OUTPUTS, default: "table", brief: "What to print; wide: more columns" },
        watch: off("Show it again at each change"),
        color,
      },
      aliases: { f: "file", o: "output", w: "watch" },
      positional: names("Only these forwards; none for all"),
    },
    docs: {
      brief: "List the forwards that are asked for, running or not",
      fullDescription: page([
        "Lists every forward that the files ask for, in the columns that KECS prints: also those that were stopped, and also",
        "where nothing runs. 'status' shows what a running up says of them.",
      ], [
        [`${program} list`, "a table"],
        [`${program} list -o wide`, "with uptime, reconnects, route and backend"],
        [`${program} list -o json --watch`, "a document a line, at each change"],
      ]),
    },
  });
}

function addRoute(program: string): Command<CliContext> {
  return buildCommand<AddFlags, [string], CliContext>({
    loader: async () => (await import("../commands/add.ts")).add,
    parameters: {
      flags: {
        file,
        cluster,
        service: word("NAMESPACE/NAME", "A Service; CLUSTER/NAME where the cluster runs KECS"),
        pod: word("NAMESPACE/NAME", "A pod"),
        deployment: word("NAMESPACE/NAME", "The pods of a Deployment"),
        statefulset: word("NAMESPACE/NAME", "The pods of a StatefulSet"),
        selector: word("NAMESPACE/k=v,…", "The pods with these labels"),
        task: word("CLUSTER/ID", "A task of KECS by id or ARN; CLUSTER alone with --tags"),
        tags,
        port: { kind: "parsed", parse: String, brief: "Port of the target, or its name", placeholder: "PORT" },
        local: word("PORT", "Local port, a range, or auto; else auto"),
        team: off("Write it to the file that is shared, not to forwards.local.yaml"),
        output: textOrJson,
        quiet,
      },
      aliases: { f: "file", o: "output", q: "quiet" },
      positional: {
        kind: "tuple",
        parameters: [{ brief: "What to call it", parse: String, placeholder: "NAME" }],
      },
    },
    docs: {
      brief: "Add a forward to any target",
      fullDescription: page([
        "Adds a forward to forwards.local.yaml, or with --team to forwards.yaml. Comments, order and layout of the",
        "file stay as they are; nothing is written that would not be valid. A running up takes it at once.",
      ], [
        [`${program} add web --service default/web --port 80 --local 3000`, "a Service"],
        [`${program} add nodes --selector jobs/app=node --port metrics`, "pods by their labels"],
        [`${program} add db --team --statefulset data/postgres --port 5432`, "for everybody"],
      ]),
    },
  });
}

function removeRoute(program: string): Command<CliContext> {
  return buildCommand<RemoveFlags, Names, CliContext>({
    loader: async () => (await import("../commands/remove.ts")).remove,
    parameters: {
      flags: { file, team: off("Take it out of the file that is shared"), quiet },
      aliases: { f: "file", q: "quiet" },
      positional: names("The forwards to remove"),
    },
    docs: {
      brief: "Take a forward out of the file",
      fullDescription: page([
        "Takes forwards out of forwards.local.yaml, or with --team out of forwards.yaml. Every other line stays as it is.",
      ], [
        [`${program} remove web`, "one that was added on this machine"],
        [`${program} remove web --team`, "one of everybody's"],
      ]),
    },
  });
}
