import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Meter } from "../model/meter.ts";
import type { ForwardState, ForwardStatus } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";

/** What the metrics of one process are made of. */
export interface MetricsSource {
  /** Asked at each scrape: what the metrics say is what status says in that moment. */
  readonly status: () => StatusDocument;
  readonly versions: { readonly version: string; readonly deno: string };
  /** This process: CPU time in seconds since its start, resident memory in bytes. */
  readonly process: () => { readonly cpuSeconds: number; readonly residentBytes: number };
}

/** The metrics of one process in Prometheus' text format, version 0.0.4. */
export interface Metrics {
  /** What cannot be read off status is told here. */
  readonly meter: Meter;
  readonly contentType: string;
  /** All metrics as text. */
  render(): Promise<string>;
}

/** Seconds. From a local dial to the longest `hold` that is usual. */
const CONNECT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds. From a pass that changes nothing to one that makes a k3d cluster. */
const PASS_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120];

const STATES: readonly ForwardState[] = ["Starting", "Active", "Reconnecting", "Failed", "Stopped"];

/**
 * Metrics by Prometheus' naming: base units, `_total` on counters, one meaning a name. The source of the rules is its documentation,
 * "Metric and label naming".
 */
export function createMetrics(source: MetricsSource): Metrics {
  const registry = new Registry();
  const registers = [registry];
  addForwards(registry, source);
  addRuntime(registry, source);

  const connect = new Histogram({
    name: "berth_forward_connect_duration_seconds",
    help: "Time from accepting a connection to a backend having taken it.",
    labelNames: ["forward"],
    buckets: CONNECT_BUCKETS,
    registers,
  });
  const restarts = new Counter({
    name: "berth_watch_restarts_total",
    help: "Watches of the Kubernetes API that were begun again after a failure.",
    labelNames: ["cluster", "kind"],
    registers,
  });
  const passes = new Histogram({
    name: "berth_reconcile_duration_seconds",
    help: "Duration of passes of the reconcile loop, by how they ended.",
    labelNames: ["result"],
    buckets: PASS_BUCKETS,
    registers,
  });
  const edits = new Counter({
    name: "berth_k3d_edits_total",
    help: "Edits of k3d clusters, each of which replaces the load balancer, by how they ended.",
    labelNames: ["cluster", "result"],
    registers,
  });
  return {
    meter: {
      connected: (forward, seconds) => connect.observe({ forward }, seconds),
      watchRestarted: (cluster, kind) => restarts.inc({ cluster, kind }),
      reconciled: (result, seconds) => passes.observe({ result }, seconds),
      k3dEdited: (cluster, result) => edits.inc({ cluster, result }),
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}

/** What status says of forwards and clusters. Series of a forward that is no longer there end. */
function addForwards(registry: Registry, { status }: MetricsSource): void {
  const registers = [registry];
  const ofForwards = (
    of: { readonly name: string; readonly help: string; readonly labels?: readonly string[] },
    tell: (forward: ForwardStatus, add: (value: number, labels?: Record<string, string>) => void) => void,
  ): void => {
    const labelNames = ["forward", "cluster", ...of.labels ?? []];
    const options = {
      name: of.name,
      help: of.help,
      labelNames,
      registers,
      collect(this: Counter | Gauge): void {
        this.reset();
        for (const one of status().forwards) {
          tell(one, (value, labels = {}) => this.inc({ forward: one.name, cluster: one.cluster, ...labels }, value));
        }
      },
    };
    if (of.name.endsWith("_total")) new Counter(options);
    else new Gauge(options);
  };

  new Gauge({
    name: "berth_forwards",
    help: "Forwards by status; reason is empty where there is none.",
    labelNames: ["status", "reason"],
    registers,
    collect() {
      this.reset();
      for (const state of STATES) this.set({ status: state, reason: "" }, 0);
      for (const { status: state, reason } of status().forwards) this.inc({ status: state, reason: reason ?? "" });
    },
  });
  ofForwards(
    { name: "berth_forward_active", help: "1 while a probe or a connection reaches a backend, else 0." },
    (of, add) => add(of.status === "Active" ? 1 : 0),
  );
  ofForwards(
    { name: "berth_forward_reconnects_total", help: "How often the forward was lost and became Active again." },
    (of, add) => add(of.reconnects),
  );
  ofForwards(
    { name: "berth_forward_connections_open", help: "Client connections that are open now." },
    (of, add) => add(of.connections.open),
  );
  ofForwards(
    { name: "berth_forward_connections_total", help: "Client connections that were accepted." },
    (of, add) => add(of.connections.total),
  );
  ofForwards({
    name: "berth_forward_connection_failures_total",
    help: "Client connections that no backend took or that a backend broke, by cause.",
    labels: ["cause"],
  }, (of, add) => {
    for (const [cause, count] of Object.entries(of.connections.causes)) add(count, { cause });
  });
  ofForwards({
    name: "berth_forward_bytes_total",
    help: "Bytes seen on the client's side: in from clients, out to clients.",
    labels: ["direction"],
  }, (of, add) => {
    add(of.bytes.in, { direction: "in" });
    add(of.bytes.out, { direction: "out" });
  });
  new Gauge({
    name: "berth_cluster_reachable",
    help: "1 where the API server answers, 0 where it does not; absent while that is not known.",
    labelNames: ["cluster", "kind"],
    registers,
    collect() {
      this.reset();
      for (const { name, kind, reachable } of status().clusters) {
        if (reachable !== null) this.set({ cluster: name, kind }, reachable ? 1 : 0);
      }
    },
  });
}

/** What is known of the program and of its process. */
function addRuntime(registry: Registry, { status, versions, process }: MetricsSource): void {
  const registers = [registry];
  new Gauge({
    name: "berth_build_info",
    help: "Versions; the value is always 1.",
    labelNames: ["version", "deno"],
    registers,
  }).set({ ...versions }, 1);
  new Gauge({
    name: "berth_workspace_revision",
    help: "How many versions of the file were put in force.",
    registers,
    collect() {
      this.set(status().revision);
    },
  });
  new Gauge({
    name: "berth_workspace_errors",
    help: "Errors in the file as it is now; above 0 the last good version stays in force.",
    registers,
    collect() {
      this.set(status().diagnostics.filter(({ severity }) => severity === "error").length);
    },
  });
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of this process.",
    registers,
    collect() {
      this.reset();
      this.inc(process().cpuSeconds);
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of this process.",
    registers,
    collect() {
      this.set(process().residentBytes);
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When this process took the workspace, in seconds since 1970.",
    registers,
    collect() {
      this.set(Date.parse(status().startedAt) / 1_000);
    },
  });
}
