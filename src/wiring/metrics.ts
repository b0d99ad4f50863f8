import { cpuUsage } from "node:process";
import type { MetricsPage, MetricsServer } from "../dashboard/metrics_server.ts";
import type { LoopHooks } from "../engine/loop.ts";
import { type Meter, NO_METER } from "../model/meter.ts";
import type { StatusDocument } from "../model/status_document.ts";
import { VERSION } from "../version.ts";

/** The metrics of this process; where nobody asked for them, nothing is loaded or measured. */
export interface ProcessMetrics {
  readonly meter: Meter;
  /** What `/metrics` shows; null where nobody asked. */
  readonly page: MetricsPage | null;
  /** Begins to serve them on a port of 127.0.0.1, 0 for any; null where nobody asked. */
  readonly serve: ((port: number) => Promise<MetricsServer>) | null;
}

/** `wanted`: somebody asked, for a server of their own or another of ours. `status` is not called before somebody asks for the metrics. */
export async function processMetrics(
  { wanted }: { readonly wanted: boolean },
  status: () => StatusDocument,
): Promise<ProcessMetrics> {
  if (!wanted) return { meter: NO_METER, page: null, serve: null };
  const [{ createMetrics }, { serveMetrics }] = await Promise.all([
    import("../telemetry/metrics.ts"),
    import("../dashboard/metrics_server.ts"),
  ]);
  const metrics = createMetrics({
    status,
    versions: { version: VERSION, deno: Deno.version.deno },
    process: () => {
      const { user, system } = cpuUsage();
      return { cpuSeconds: (user + system) / 1e6, residentBytes: Deno.memoryUsage().rss };
    },
  });
  return {
    meter: metrics.meter,
    page: metrics,
    serve: (port) => serveMetrics(metrics, { port }),
  };
}

/** The hooks of a loop whose passes are measured as well. */
export function meteredHooks(hooks: LoopHooks, meter: Meter): LoopHooks {
  return {
    ...hooks,
    onPassEnd: (report) => {
      const { error, converged, duration } = report;
      meter.reconciled(error !== null ? "bug" : converged ? "converged" : "incomplete", duration / 1_000);
      hooks.onPassEnd?.(report);
    },
  };
}
