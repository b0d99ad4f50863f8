import { controlHandler } from "../control/control_handler.ts";
import type { Daemon } from "../control/daemon_api.ts";
import type { MetricsPage } from "../dashboard/metrics_server.ts";
import type { Clock, Log } from "../model/world.ts";

/** A served web page. */
export interface Dashboard {
  /** With the token: for the person who runs this, and for no log. */
  readonly link: string;
  close(): Promise<void>;
}

/** Serves the web page of a daemon on `port` of 127.0.0.1; 0: any that is free. Its code is loaded here and nowhere else. */
export async function openDashboard(
  daemon: Daemon,
  { port, metrics, clock, log }: {
    readonly port: number;
    readonly metrics: MetricsPage;
    readonly clock: Clock;
    readonly log: Log;
  },
): Promise<Dashboard> {
  const { newToken, serveDashboard } = await import("../dashboard/server.ts");
  const api = controlHandler(daemon, { clock, log });
  const server = await serveDashboard({ port, token: newToken(), api: api.handle, metrics });
  return {
    link: server.link,
    close: async () => {
      api.end();
      await server.close();
    },
  };
}
