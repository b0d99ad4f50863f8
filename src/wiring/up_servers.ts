import type { UpOptions } from "../cli/services.ts";
import { ControlError } from "../control/control_error.ts";
import type { Daemon } from "../control/daemon_api.ts";
import { type ControlServer, serveControl } from "../control/server.ts";
import { type Dashboard, openDashboard } from "./dashboard.ts";
import type { Host } from "./host.ts";
import type { ProcessMetrics } from "./metrics.ts";

/** Serves a daemon on the control socket at `path`. Rejects with `ControlError` where another program answers on it. */
export async function serveSocket({ clock, log }: Host, daemon: Daemon, path: string): Promise<ControlServer> {
  const server = await serveControl(daemon, { path, clock, log: log("control") });
  if (server !== null) return server;
  throw new ControlError("refused", `Another program answers on the control socket ${path}`);
}

/** Serves the metrics and the web page where they are asked for, and notes their addresses; `stack` closes them. Null: no web page. */
export async function servePages(
  { clock, log }: Host,
  { daemon, metrics, stack, options: { ui, dashboard } }: {
    readonly daemon: Daemon;
    readonly metrics: ProcessMetrics;
    readonly stack: AsyncDisposableStack;
    readonly options: Pick<UpOptions, "ui" | "dashboard">;
  },
): Promise<Dashboard | null> {
  const page = await metrics.serve();
  if (page !== null) {
    stack.defer(() => page.close());
    ui.note(`Metrics: ${page.url}`);
  }
  if (dashboard === null || metrics.page === null) return null;
  const opened = await openDashboard(daemon, { port: dashboard, metrics: metrics.page, clock, log: log("dashboard") });
  stack.defer(() => opened.close());
  ui.note(`Web page: ${opened.link}`);
  return opened;
}
