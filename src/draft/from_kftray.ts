import { clusterOf } from "./cluster_of.ts";
import type { DraftCluster, DraftForward, DraftTarget, Note } from "./draft.ts";
import { parseLabels } from "./labels.ts";
import { readRows, type Row } from "./rows.ts";
import { type Source, UDP_HINT, unreadable } from "./source.ts";
import { strangers } from "./strangers.ts";

const KNOWN = [
  "id",
  "service",
  "namespace",
  "local_port",
  "remote_port",
  "context",
  "workload_type",
  "protocol",
  "remote_address",
  "local_address",
  "auto_loopback_address",
  "alias",
  "kubeconfig",
  "target",
];
/** Keys that say something only when they are true, with why they cannot be carried over. */
const SWITCHES: Readonly<Record<string, string>> = {
  domain_enabled: "berth writes no hosts file: the forward is at localhost",
  auto_loopback_address: "the forward listens on 127.0.0.1 and ::1",
  http_logs_enabled: "the forward is carried over, the log of its HTTP requests is not",
};
/** Settings of what the switches turn on. */
const SETTINGS = ["http_logs_max_file_size", "http_logs_retention_days", "http_logs_auto_cleanup"];

/** Reads the JSON that kftray and kftui export (github.com/hcavarsan/kftray, `examples/`): a list of configs. */
export function fromKftray(text: string): Source {
  const rows = readRows(text);
  if (rows.kind !== "list") return unreadable(rows, "a list of configs");
  const notes: Note[] = [];
  const clusters: DraftCluster[] = [];
  const forwards: DraftForward[] = [];
  for (const row of rows.rows) {
    const [context = "", kubeconfig = ""] = [row.text("context"), row.text("kubeconfig")];
    const cluster = clusterOf({
      context: context || undefined,
      kubeconfig: kubeconfig === "default" ? undefined : kubeconfig || undefined,
    });
    const read = readForward(row, cluster.id, notes);
    if (read === null) continue;
    clusters.push(cluster);
    forwards.push(read);
  }
  return { kind: "draft", draft: { clusters, forwards, notes } };
}

function readForward(row: Row, cluster: string, notes: Note[]): DraftForward | null {
  const service = row.text("service") ?? "";
  const selector = row.text("target") ?? "";
  const name = row.text("alias") || service || selector || "forward";
  const { line } = row;
  const leave = (why: string): null => {
    notes.push({ kind: "left-out", line, what: name, why });
    return null;
  };
  const type = row.text("workload_type") ?? "service";
  if (type === "proxy") return leave("it reaches a host behind the cluster through a relay pod: berth makes none");
  if (type === "expose") return leave("it leads from the cluster to this machine: berth leads the other way only");
  if (type !== "service" && type !== "pod") return leave(`its workload_type is '${type}'`);
  const protocol = row.text("protocol")?.toLowerCase() || "tcp";
  if (protocol !== "tcp") return leave(`its protocol is ${protocol}: ${UDP_HINT}`);
  const namespace = row.text("namespace") || "default";
  let target: DraftTarget = { kind: "service", namespace, name: service };
  if (type === "pod") {
    const labels = parseLabels(selector);
    if (labels === null) return leave(`its target '${selector}' is more than labels with values`);
    target = { kind: "selector", namespace, labels };
  }
  for (const [key, why] of Object.entries(SWITCHES)) {
    if (row.flag(key) === true) notes.push({ kind: "lost", line: row.lineOf(key), what: `${name}: ${key}`, why });
  }
  strangers(row, [...KNOWN, ...Object.keys(SWITCHES), ...SETTINGS], notes);
  const address = row.text("local_address") ?? "";
  const bind = ["", "localhost"].includes(address) ? {} : { bind: [address] };
  const remote = row.number("remote_port");
  const local = row.number("local_port");
  const port = remote ?? local;
  if (port === undefined) return leave("it has no port");
  // kftray's 0 asks for any free port.
  return { name, cluster, target, port, local: local === undefined || local === 0 ? "auto" : local, ...bind, line };
}
