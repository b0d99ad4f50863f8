import type { UpOptions } from "../cli/services.ts";
import { ControlError } from "../control/control_error.ts";
import type { Daemon } from "../control/daemon_api.ts";
import { type ControlServer, serveControl } from "../control/server.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { port as asPort } from "../model/port.ts";
import { type Dashboard, openDashboard } from "./dashboard.ts";
import type { Host } from "./host.ts";
import { notServed, openServer, type OpenServerOptions, type ServerProblem } from "./local_servers.ts";
import { openTelemetry } from "./open_telemetry.ts";
import type { UpWorld } from "./up_world.ts";

/** Serves a daemon on the control socket at `path`. Rejects with `ControlError` where another program answers on it. */
export async function serveSocket({ clock, log }: Host, daemon: Daemon, path: string): Promise<ControlServer> {
  const server = await serveControl(daemon, { path, clock, log: log("control") });
  if (server !== null) return server;
  throw new ControlError("refused", `Another program answers on the control socket ${path}`);
}

/**
 * Serves the metrics and the web page where they are asked for, and notes their addresses; `stack` closes them. One that cannot be served
 * is a problem for `failed`, and stops nothing else. Null: no web page.
 */
export async function servePages(
  { clock, log, env }: Host,
  { daemon, world: { metrics, holderOf }, stack, options, failed }: {
    readonly daemon: Daemon;
    readonly world: Pick<UpWorld, "metrics" | "holderOf">;
    readonly stack: AsyncDisposableStack;
    readonly options: Pick<UpOptions, "ui" | "metrics" | "dashboard">;
    readonly failed: (problem: Diagnostic) => void;
  },
): Promise<Dashboard | null> {
  const { ui } = options;
  const { page, serve } = metrics;
  const refuse = (problem: ServerProblem): void => {
    failed(problem);
    ui.note(`${problem.message} (${problem.help})`);
  };
  const open = async <T extends { close(): Promise<void> }>(
    port: number,
    how: Omit<OpenServerOptions<T>, "whoHolds">,
  ): Promise<T | null> => {
    const opened = await openServer(port, {
      ...how,
      whoHolds: async (taken) => (await holderOf({ host: "127.0.0.1", port: asPort(taken) }, "tcp"))?.words ?? null,
    });
    if (opened.kind === "failed") {
      refuse(opened.problem);
      return null;
    }
    stack.defer(() => opened.server.close());
    return opened.server;
  };
  if (options.metrics !== null && serve !== null) {
    const served = await open(options.metrics, { what: "The metrics", flag: "--metrics", open: serve });
    if (served !== null) ui.note(`Metrics: ${served.url}`);
  }
  if (options.dashboard === null || page === null) return null;
  if (openTelemetry(env).spans) {
    const why = "OpenTelemetry's spans would carry the token that opens it";
    refuse(notServed("The web page", { why, help: "OTEL_DENO_TRACING=false keeps OpenTelemetry's metrics and logs" }));
    return null;
  }
  const dashboard = await open(options.dashboard, {
    what: "The web page",
    flag: "--dashboard",
    open: (port) => openDashboard(daemon, { port, metrics: page, clock, log: log("dashboard") }),
  });
  if (dashboard !== null) ui.note(`Web page: ${dashboard.link}`);
  return dashboard;
}
