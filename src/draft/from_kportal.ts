import type { DraftCluster, DraftForward, DraftTarget, Note } from "./draft.ts";
import { parseLabels } from "./labels.ts";
import { readRows, type Row } from "./rows.ts";
import { type Source, UDP_HINT, unreadable } from "./source.ts";
import { strangers } from "./strangers.ts";

const CONTEXT = ["name", "namespaces"];
const NAMESPACE = ["name", "forwards"];
const FORWARD = ["resource", "selector", "protocol", "port", "localPort", "alias", "httpLog"];
const OWN_WAY: Readonly<Record<string, string>> = {
  healthCheck: "berth probes through to the backend by itself; see 'health' for its settings",
  reliability: "berth keeps connections alive by itself",
  mdns: "berth publishes no .local names",
};

/** Reads kportal's `.kportal.yaml` (github.com/lukaszraczylo/kportal, README "Configuration"). */
export function fromKportal(text: string): Source {
  const rows = readRows(text);
  if (rows.kind !== "map") return unreadable(rows, "a mapping with 'contexts'");
  const notes: Note[] = [];
  const clusters: DraftCluster[] = [];
  const forwards: DraftForward[] = [];
  for (const key of rows.row.keys) {
    const why = OWN_WAY[key];
    if (why !== undefined) notes.push({ kind: "lost", line: rows.row.lineOf(key), what: key, why });
  }
  strangers(rows.row, ["contexts", ...Object.keys(OWN_WAY)], notes);
  for (const context of rows.row.rows("contexts")) {
    strangers(context, CONTEXT, notes);
    const name = context.text("name") ?? "";
    clusters.push({ id: name, name, ...(name === "" ? {} : { context: name }) });
    for (const namespace of context.rows("namespaces")) {
      strangers(namespace, NAMESPACE, notes);
      for (const forward of namespace.rows("forwards")) {
        const read = readForward(forward, { cluster: name, namespace: namespace.text("name") ?? "" }, notes);
        if (read !== null) forwards.push(read);
      }
    }
  }
  return { kind: "draft", draft: { clusters, forwards, notes } };
}

function readForward(
  row: Row,
  { cluster, namespace }: { readonly cluster: string; readonly namespace: string },
  notes: Note[],
): DraftForward | null {
  strangers(row, FORWARD, notes);
  const [kind = "", own = ""] = (row.text("resource") ?? "").split("/");
  const name = row.text("alias") ?? (own === "" ? kind : own);
  const { line } = row;
  const leave = (why: string): null => {
    notes.push({ kind: "left-out", line, what: name, why });
    return null;
  };
  const protocol = row.text("protocol")?.toLowerCase() ?? "tcp";
  if (protocol !== "tcp") return leave(`its protocol is ${protocol}: ${UDP_HINT}`);
  const port = row.number("port");
  if (port === undefined) return leave("it has no port");
  const selector = row.text("selector") ?? "";
  let target: DraftTarget;
  if (kind === "service" || kind === "svc") target = { kind: "service", namespace, name: own };
  else if (kind !== "pod" && kind !== "po") return leave(`its resource is of the kind '${kind}'`);
  else if (selector !== "") {
    const labels = parseLabels(selector);
    if (labels === null) return leave(`its selector '${selector}' is more than labels with values`);
    target = { kind: "selector", namespace, labels };
  } else {
    if (own === "") return leave("it names no pod and has no selector");
    target = { kind: "pod", namespace, name: own };
    const why = `kportal takes '${own}' as the beginning of a pod's name, berth as the whole: ` +
      "where a Deployment makes the pods, write 'deployment' instead of 'pod'";
    notes.push({ kind: "changed", line, what: name, why });
  }
  const log = row.row("httpLog")?.flag("enabled") ?? row.flag("httpLog");
  if (log === true) {
    const why = "the forward is carried over, the log of its HTTP requests is not";
    notes.push({ kind: "lost", line: row.lineOf("httpLog"), what: "httpLog", why });
  }
  // kportal's 0 asks the system for any free port.
  const local = row.number("localPort") ?? 0;
  return { name, cluster, target, port, local: local === 0 ? "auto" : local, line };
}
