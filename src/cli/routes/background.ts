import { buildCommand, type Command } from "@stricli/core";
import type { DashboardFlags } from "../commands/dashboard.ts";
import type { EventsFlags } from "../commands/events.ts";
import type { LogsFlags } from "../commands/logs.ts";
import type { RestartFlags } from "../commands/restart.ts";
import type { ServiceFlags } from "../commands/service.ts";
import type { WaitFlags } from "../commands/wait.ts";
import type { CliContext } from "../context.ts";
import { color, durationOf, file, type Names, names, namesOf, off, page, quiet, textOrJson, word } from "./shared.ts";

const since = {
  kind: "parsed",
  parse: durationOf,
  optional: true,
  brief: "Only what is not older than this, as 1h",
  placeholder: "DURATION",
} as const;

/** The verbs about a berth in the background. */
export function backgroundRoutes(program: string): Readonly<Record<string, Command<CliContext>>> {
  return {
    wait: waitRoute(program),
    restart: restartRoute(program),
    events: eventsRoute(program),
    logs: logsRoute(program),
    service: serviceRoute(program),
    dashboard: dashboardRoute(program),
  };
}

function dashboardRoute(program: string): Command<CliContext> {
  return buildCommand<DashboardFlags, [], CliContext>({
    loader: async () => (await import("../commands/dashboard.ts")).dashboard,
    parameters: { flags: { file }, aliases: { f: "file" } },
    docs: {
      brief: "Print the link of the web page",
      fullDescription: page([
        "Prints the link of the web page that 'up --dashboard' serves. Whoever has the link can see and stop forwards:",
        "it is for this machine and for the person who runs it.",
      ], [[`${program} dashboard`, "the link"]]),
    },
  });
}

function waitRoute(program: string): Command<CliContext> {
  return buildCommand<WaitFlags, Names, CliContext>({
    loader: async () => (await import("../commands/wait.ts")).wait,
    parameters: {
      flags: {
        file,
        timeout: {
          kind: "parsed",
          parse: durationOf,
          default: "30s",
          brief: "How long at most",
          placeholder: "DURATION",
        },
      },
      aliases: { f: "file" },
      positional: names("Only these forwards; none for everything in the file"),
    },
    docs: {
      brief: "Wait until forwards are Active",
      fullDescription: page([
        "Returns once the forwards are Active. Exits 1 where they are not in time, and says which and why.",
      ], [
        [`${program} wait`, "everything in the file"],
        [`${program} wait web db --timeout=2m`, "two forwards, for two minutes"],
      ]),
    },
  });
}

function restartRoute(program: string): Command<CliContext> {
  return buildCommand<RestartFlags, Names, CliContext>({
    loader: async () => (await import("../commands/restart.ts")).restart,
    parameters: {
      flags: { file, quiet },
      aliases: { f: "file", q: "quiet" },
      positional: names("The forwards"),
    },
    docs: {
      brief: "Connect forwards anew",
      fullDescription: page([
        "Looks for the backends of running forwards anew, over fresh tunnels. Listeners and open connections stay.",
        "A forward that was stopped starts.",
      ], [[`${program} restart web`, "one forward"]]),
    },
  });
}

function eventsRoute(program: string): Command<CliContext> {
  return buildCommand<EventsFlags, [], CliContext>({
    loader: async () => (await import("../commands/events.ts")).events,
    parameters: {
      flags: {
        file,
        follow: off("Go on with what happens, also over restarts"),
        since,
        forward: { ...word("NAME", "Only those of this forward"), proposeCompletions: namesOf("forwards") },
        output: { kind: "enum", values: ["table", "json"], default: "table", brief: "json: one event a line" },
        color,
      },
      aliases: { f: "follow", o: "output" },
    },
    docs: {
      brief: "Show what happened",
      fullDescription: page([
        "Shows the events of this and earlier runs: changes of state with their reasons, switches, reconnects, edits.",
        "It needs no running up. -f follows; the file is given with --file.",
      ], [
        [`${program} events --since=1h --forward=web`, "one forward in the last hour"],
        [`${program} events -f -o json`, "all that happens, for tools"],
      ]),
    },
  });
}

function logsRoute(program: string): Command<CliContext> {
  return buildCommand<LogsFlags, [], CliContext>({
    loader: async () => (await import("../commands/logs.ts")).logs,
    parameters: {
      flags: { file, follow: off("Go on with what comes, also over restarts"), since, output: textOrJson },
      aliases: { f: "follow", o: "output" },
    },
    docs: {
      brief: "Show the log",
      fullDescription: page([
        "Shows the log of this and earlier runs. It holds no secrets, and is kept up to 4 MB.",
        "-f follows; the file is given with --file.",
      ], [
        [`${program} logs -f`, "all of it, and what comes"],
        [`${program} logs --since=10m -o json`, "the last ten minutes, for tools"],
      ]),
    },
  });
}

function serviceRoute(program: string): Command<CliContext> {
  return buildCommand<ServiceFlags, [string], CliContext>({
    loader: async () => (await import("../commands/service.ts")).service,
    parameters: {
      flags: { file },
      aliases: { f: "file" },
      positional: {
        kind: "tuple",
        parameters: [{ brief: "install, uninstall or show", parse: String, placeholder: "install|uninstall|show" }],
      },
    },
    docs: {
      brief: "Write the service file that keeps berth up",
      fullDescription: page([
        "Writes a systemd user unit (Linux) or a launchd agent (macOS) that keeps this workspace up, and shows it.",
        "Nothing is started or stopped: the command for that is printed.",
      ], [
        [`${program} service show`, "the file, without writing it"],
        [`${program} service install`, "write it"],
        [`${program} service uninstall`, "remove it"],
      ]),
    },
  });
}
