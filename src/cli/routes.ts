import { buildCommand, type Command } from "@stricli/core";
import type { DownFlags } from "./commands/down.ts";
import type { PlanFlags } from "./commands/plan.ts";
import type { StatusFlags } from "./commands/status.ts";
import type { UpFlags } from "./commands/up.ts";
import type { ValidateFlags } from "./commands/validate.ts";
import type { VersionFlags } from "./commands/version.ts";
import type { CliContext } from "./context.ts";
import { configRoute } from "./routes/files.ts";
import { completionRoute, doctorRoute, explainRoute } from "./routes/help.ts";
import { importRoute, initRoute } from "./routes/moving_in.ts";
import { backgroundRoutes } from "./routes/background.ts";
import { topRoute } from "./routes/screens.ts";
import {
  color,
  durationOf,
  file,
  type Names,
  names,
  off,
  page,
  parsePort,
  profile,
  quiet,
  STOP_OR_DELETE,
  textOrJson,
  word,
} from "./routes/shared.ts";
import { scriptRoutes } from "./routes/scripts.ts";
import { verbRoutes } from "./routes/verbs.ts";

/** The verbs, for a program of this name. Each loads its code only when it is run. */
export function routes(program: string): Readonly<Record<string, Command<CliContext>>> {
  return {
    up: upRoute(program),
    plan: planRoute(program),
    status: statusRoute(program),
    top: topRoute(program),
    down: downRoute(program),
    ...backgroundRoutes(program),
    ...verbRoutes(program),
    ...scriptRoutes(program),
    validate: validateRoute(program),
    config: configRoute(program),
    doctor: doctorRoute(program),
    init: initRoute(program),
    import: importRoute(program),
    explain: explainRoute(program),
    completion: completionRoute(program),
    schema: schemaRoute(program),
    version: versionRoute(),
  };
}

function upRoute(program: string): Command<CliContext> {
  return buildCommand<UpFlags, Names, CliContext>({
    loader: async () => (await import("./commands/up.ts")).up,
    parameters: {
      flags: {
        file,
        detach: off("Go on in the background: return once it serves"),
        wait: {
          kind: "parsed",
          parse: durationOf,
          optional: true,
          brief: "With -d: return once all is Active (30s at most)",
          placeholder: "DURATION",
        },
        replace: off("Take over from the up that holds this workspace"),
        daemon: { ...off("Run as the other end of --detach"), hidden: true },
        profile,
        once: off("Converge once, say how it went, and end"),
        allowRestart: off("Allow to replace the load balancer of a k3d cluster"),
        allowRecreate: off("Allow to delete a k3d cluster of ours and make it anew"),
        takeover: off("Take ports from kubectl, socat or another workspace"),
        yes: off("Allow all that the plan names"),
        metrics: {
          kind: "parsed",
          parse: parsePort,
          optional: true,
          brief: "Serve metrics on this local port; 0: any",
          placeholder: "PORT",
        },
        dashboard: {
          kind: "parsed",
          parse: parsePort,
          optional: true,
          brief: "Serve a web page, on this local port if given",
          placeholder: "PORT",
        },
        output: { ...textOrJson, brief: "json: one event a line" },
        quiet: off("Show problems only"),
        verbose: off("Show the log too"),
        color,
      },
      aliases: { d: "detach", f: "file", o: "output", q: "quiet", v: "verbose" },
      positional: names("Only these forwards; none for all"),
    },
    docs: {
      brief: "Make this machine match forwards.yaml, and keep it so",
      fullDescription: page([
        "Makes this machine match forwards.yaml and keeps it so: it follows file and clusters until it is stopped.",
        "A changed file is put in force when it is saved; a broken one is shown, and the last good one stays in force.",
        "On a terminal it shows a screen with keys (? lists them), elsewhere a line for each event.",
        "",
        "Ctrl+C lets open connections finish; once more stops at once.",
      ], [
        [`${program} up`, "everything in the nearest forwards.yaml"],
        [`${program} up -d --wait`, "in the background, once all is Active"],
        [`${program} up web api`, "two forwards of it"],
        [`${program} up --profile backend`, "those of a profile"],
        [`${program} up -f team/forwards.yaml -o json`, "another file, events as JSON"],
      ]),
    },
  });
}

function planRoute(program: string): Command<CliContext> {
  return buildCommand<PlanFlags, [], CliContext>({
    loader: async () => (await import("./commands/plan.ts")).plan,
    parameters: {
      flags: {
        file,
        profile,
        output: textOrJson,
        takeover: off("Show what up --takeover would do"),
        detailedExitcode: off("Exit 2 where there are changes"),
        out: word("FILE", "Write the plan for tools to this file too"),
        color,
      },
      aliases: { f: "file", o: "output" },
    },
    docs: {
      brief: "Show what up would do, and do nothing",
      fullDescription: page([
        "Shows what up would do, why, and what it would disturb. It reads and changes nothing.",
        "Exits 1 where something is blocked.",
      ], [
        [`${program} plan`, "the plan as text"],
        [`${program} plan -o json`, "the plan for tools"],
        [`${program} plan --out plan.json`, "as text here, and for tools in a file"],
        [`${program} plan --detailed-exitcode`, "for scripts: has anything drifted?"],
      ]),
    },
  });
}

function statusRoute(program: string): Command<CliContext> {
  return buildCommand<StatusFlags, Names, CliContext>({
    loader: async () => (await import("./commands/status.ts")).status,
    parameters: {
      flags: {
        file,
        profile,
        output: {
          kind: "enum",
          values: ["table", "wide", "json", "yaml", "name"],
          default: "table",
          brief: "What to print; wide: more columns",
        },
        watch: off("Show it again at each change"),
        color,
      },
      aliases: { f: "file", o: "output", w: "watch" },
      positional: names("Only these forwards; none for all"),
    },
    docs: {
      brief: "Show how the forwards are",
      fullDescription: page([
        "Shows what a running up says about its forwards: where they listen, where they lead, and how they are.",
        "Exits 1 where nothing runs.",
      ], [
        [`${program} status`, "a table"],
        [`${program} status -o wide --watch`, "all columns, live"],
        [`${program} status -o json web`, "one forward, for tools"],
      ]),
    },
  });
}

function downRoute(program: string): Command<CliContext> {
  return buildCommand<DownFlags, [], CliContext>({
    loader: async () => (await import("./commands/down.ts")).down,
    parameters: {
      flags: {
        file,
        clusters: {
          kind: "enum",
          values: STOP_OR_DELETE,
          optional: true,
          brief: "What becomes of the k3d clusters that it made; else they stay",
        },
        yes: off("Do not ask about clusters"),
        quiet,
      },
      aliases: { f: "file", q: "quiet" },
    },
    docs: {
      brief: "Stop a running up",
      fullDescription: page([
        "Stops a running up and waits until it has ended. Open connections may finish for a bounded time.",
        "It is no error when nothing runs. Clusters stay, but for --clusters: that asks, and takes no cluster but those",
        "that this workspace made.",
      ], [
        [`${program} down`, "the one of the nearest forwards.yaml"],
        [`${program} down --clusters=stop`, "and stop the k3d clusters that it made"],
        [`${program} down --clusters=delete --yes`, "and delete them, without asking"],
      ]),
    },
  });
}

function validateRoute(program: string): Command<CliContext> {
  return buildCommand<ValidateFlags, [], CliContext>({
    loader: async () => (await import("./commands/validate.ts")).validate,
    parameters: {
      flags: {
        file,
        profile,
        output: textOrJson,
        quiet: off("Say nothing where the file is good"),
        color,
      },
      aliases: { f: "file", o: "output", q: "quiet" },
    },
    docs: {
      brief: "Check forwards.yaml without talking to a cluster",
      fullDescription: page([
        "Checks forwards.yaml and the files that belong to it, and shows every problem at once, with its place and what",
        "to do. Talks to no cluster.",
        "Exits 65 where the file has errors.",
      ], [
        [`${program} validate`, "the nearest forwards.yaml"],
        [`${program} validate -o json`, "the problems for tools"],
      ]),
    },
  });
}

function schemaRoute(program: string): Command<CliContext> {
  return buildCommand<Record<never, never>, [], CliContext>({
    loader: async () => (await import("./commands/schema.ts")).schema,
    parameters: {},
    docs: {
      brief: "Print the JSON Schema of forwards.yaml",
      fullDescription: page([
        "Prints the JSON Schema (draft-07) of forwards.yaml: with it, editors complete and explain each key.",
      ], [
        [`${program} schema > forwards.schema.json`, "a copy beside the file"],
      ]),
    },
  });
}

function versionRoute(): Command<CliContext> {
  return buildCommand<VersionFlags, [], CliContext>({
    loader: async () => (await import("./commands/version.ts")).version,
    parameters: { flags: { output: textOrJson }, aliases: { o: "output" } },
    docs: { brief: "Show the version, and what berth runs on" },
  });
}
