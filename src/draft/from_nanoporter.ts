import { parseDuration } from "../config/durations.ts";
import type { Draft, DraftCluster, DraftForward, Note } from "./draft.ts";
import { readRows, type Row } from "./rows.ts";
import { type Source, unreadable } from "./source.ts";
import { strangers } from "./strangers.ts";

const TOP = ["check_interval", "reconnect_delay", "clusters"];
const CLUSTER = ["name", "kubeconfig", "context", "forwards"];
const FORWARD = ["namespace", "service", "type", "local_port", "remote_port", "db_backup"];

/** Reads nanoporter's `config.yaml` (github.com/itegmark/nanoporter, README "Configuration Reference"). */
export function fromNanoporter(text: string): Source {
  const rows = readRows(text);
  if (rows.kind !== "map") return unreadable(rows, "a mapping with 'clusters'");
  const notes: Note[] = [];
  const clusters: DraftCluster[] = [];
  const forwards: DraftForward[] = [];
  strangers(rows.row, TOP, notes);
  const every = duration(rows.row, "check_interval", notes);
  const initial = duration(rows.row, "reconnect_delay", notes);
  for (const [index, row] of rows.row.rows("clusters").entries()) {
    strangers(row, CLUSTER, notes);
    const name = row.text("name") ?? `cluster-${index + 1}`;
    const kubeconfig = row.text("kubeconfig");
    const context = row.text("context");
    // Its own position: names need not differ in the source.
    const id = String(index);
    clusters.push({
      id,
      name,
      ...(kubeconfig === undefined || kubeconfig === "" ? {} : { kubeconfig }),
      ...(context === undefined || context === "" ? {} : { context }),
    });
    for (const forward of row.rows("forwards")) {
      const read = readForward(forward, id, notes);
      if (read !== null) forwards.push(read);
    }
  }
  const defaults = { ...(every === undefined ? {} : { every }), ...(initial === undefined ? {} : { initial }) };
  const draft: Draft = { clusters, forwards, defaults, notes };
  return { kind: "draft", draft };
}

function readForward(row: Row, cluster: string, notes: Note[]): DraftForward | null {
  strangers(row, FORWARD, notes);
  const name = row.text("service") ?? "";
  const type = row.text("type");
  const [local, port] = [row.number("local_port"), row.number("remote_port")];
  if (type !== "service" && type !== "pod") {
    notes.push({ kind: "left-out", line: row.line, what: name, why: `its type is '${type ?? ""}'` });
    return null;
  }
  if (local === undefined || port === undefined) {
    notes.push({ kind: "left-out", line: row.line, what: name, why: "it has no local_port or no remote_port" });
    return null;
  }
  if (row.keys.includes("db_backup")) {
    const why = "the forward is carried over, its database backup is not: berth makes no backups";
    notes.push({ kind: "lost", line: row.lineOf("db_backup"), what: "db_backup", why });
  }
  const target = { kind: type, namespace: row.text("namespace") ?? "", name } as const;
  return { name, cluster, target, port, local, line: row.line };
}

function duration(row: Row, key: string, notes: Note[]): string | undefined {
  const text = row.text(key);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return text;
  notes.push({
    kind: "lost",
    line: row.lineOf(key),
    what: key,
    why: `'${text}' is not a duration that berth reads`,
  });
  return undefined;
}
