import { k3dClusterOfInstance, k3dContext } from "../conventions/k3d_names.ts";
import type { DraftForward, Note } from "./draft.ts";
import { readRows, type Row } from "./rows.ts";
import { type Source, unreadable } from "./source.ts";
import { strangers } from "./strangers.ts";

/** What KECS' state file does not say itself. */
export interface KecsPlace {
  readonly instance: string;
  readonly region: string;
}

const KNOWN = [
  "id",
  "type",
  "cluster",
  "targetName",
  "localPort",
  "targetPort",
  "status",
  "createdAt",
  "updatedAt",
  "error",
  "autoReconnect",
  "retryCount",
  "lastHealthCheck",
];

/** The instance that a state file belongs to, by its path `…/instances/<instance>/port-forwards/state.json`; undefined elsewhere. */
export function instanceOf(path: string): string | undefined {
  return /(?:^|\/)instances\/([^/]+)\/port-forwards\/[^/]+$/.exec(path)?.[1];
}

/**
 * Reads KECS' `~/.kecs/instances/<instance>/port-forwards/state.json`: a list, or `null` for none. Only forwards that were active are
 * carried over, as KECS itself does when it starts.
 */
export function fromKecs(text: string, { instance, region }: KecsPlace): Source {
  const rows = text.trim() === "null" ? { kind: "list", rows: [] } as const : readRows(text);
  if (rows.kind !== "list") return unreadable(rows, "a list of forwards");
  const notes: Note[] = [];
  const forwards: DraftForward[] = [];
  for (const row of rows.rows) {
    strangers(row, KNOWN, notes);
    const read = readForward(row, instance, notes);
    if (read !== null) forwards.push(read);
  }
  const cluster = {
    id: instance,
    name: instance,
    // The cluster that KECS makes with k3d, and the context that k3d writes for it.
    context: k3dContext(k3dClusterOfInstance(instance)),
    kecs: { instance, region },
  };
  const draft = { clusters: [cluster], forwards, notes };
  return { kind: "draft", draft };
}

function readForward(row: Row, cluster: string, notes: Note[]): DraftForward | null {
  const name = row.text("targetName") ?? row.text("id") ?? "";
  const { line } = row;
  const leave = (why: string): null => {
    notes.push({ kind: "left-out", line, what: name, why });
    return null;
  };
  const status = row.text("status") ?? "";
  if (status !== "active") return leave(`KECS has it as '${status}', not as active`);
  const type = row.text("type");
  if (type !== "service" && type !== "task") return leave(`its type is '${type ?? ""}'`);
  const target = {
    kind: type === "service" ? "ecsService" : "ecsTask",
    ecsCluster: row.text("cluster") ?? "",
    name,
  } as const;
  return {
    name,
    cluster,
    target,
    // KECS' default for what was not said.
    port: row.number("targetPort") || 80,
    local: row.number("localPort") || "auto",
    ...(row.flag("autoReconnect") === false ? { reconnect: false } : {}),
    line,
  };
}
