import type { Json } from "../model/json.ts";
import type { ForwardState, ForwardStatus } from "../model/status.ts";
import { describeTarget, type ForwardSpec } from "../model/workspace.ts";
import { type Cell, formatRow, type Row } from "./columns.ts";
import { stateStyle } from "./info_text.ts";
import { displayWidth, oneLine } from "./text.ts";
import type { Theme } from "./theme.ts";
import { duration } from "./time_text.ts";

/** One forward as `list` shows it: it is there whether something runs it or not. */
export interface ListedForward {
  readonly id: string;
  /** `service`, `task`, `pod`, …: the kind of target. */
  readonly type: string;
  readonly cluster: string;
  /** The target without its kind: `default/web`. */
  readonly target: string;
  /** The ports that it listens on, or is to listen on; empty: not known yet. */
  readonly localPorts: readonly number[];
  readonly targetPort: string;
  readonly status: ForwardState;
  readonly reason: string | null;
  readonly message: string | null;
  /** ISO 8601 in UTC; null where nobody knows: it never ran. */
  readonly created: string | null;
  readonly route: string | null;
  readonly backend: string | null;
  /** Since when it is in this state. */
  readonly since: string | null;
  /** How often it lost its backend and got one again while this `up` runs; null where nothing runs it. */
  readonly reconnects: number | null;
}

/** What `list` knows of a forward: a spec of the file, the status of what runs, or both. */
export interface ListSource {
  readonly spec: ForwardSpec | undefined;
  readonly status: ForwardStatus | undefined;
  readonly created: string | undefined;
}

/** One row; undefined where nothing is known. */
export function listedForward({ spec, status, created }: ListSource): ListedForward | undefined {
  const name = spec?.name ?? status?.name;
  const target = status?.target ?? (spec === undefined ? undefined : describeTarget(spec.target));
  if (name === undefined || target === undefined) return undefined;
  const space = target.indexOf(" ");
  const ports = [...new Set(status?.listen.map(({ port }) => Number(port)))];
  const asked = spec?.local.kind === "fixed" ? [Number(spec.local.port)] : [];
  return {
    id: name,
    type: target.slice(0, space),
    cluster: status?.cluster ?? spec?.cluster ?? "",
    target: target.slice(space + 1),
    localPorts: ports.length > 0 ? ports : asked,
    targetPort: status?.targetPort ?? String(spec?.port ?? ""),
    status: status?.status ?? "Stopped",
    reason: status?.reason ?? null,
    message: status?.message ?? null,
    created: created ?? status?.since ?? null,
    route: status?.route ?? null,
    backend: status?.backend ?? null,
    since: status?.since ?? null,
    reconnects: status?.reconnects ?? null,
  };
}

/** How `listTable` writes. */
export interface ListOptions {
  readonly wide: boolean;
  readonly theme: Theme;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Minutes east of UTC, for CREATED. */
  readonly utcOffset: number;
}

const COLUMNS = ["ID", "TYPE", "CLUSTER", "TARGET", "LOCAL", "TARGET", "STATUS", "CREATED"];
const WIDE = ["UPTIME", "RECONNECTS", "ROUTE", "BACKEND", "INFO"];

/** The lines of the table, its header first: the columns are those that KECS prints. No lines are cut. */
export function listLines(forwards: readonly ListedForward[], options: ListOptions): readonly string[] {
  const { theme } = options;
  const header: Row = [...COLUMNS, ...(options.wide ? WIDE : [])].map((text) => ({ text, style: "dim" }));
  const rows = forwards.map((forward) => cells(forward, options));
  const widths = header.map((_, at) => Math.max(...[header, ...rows].map((row) => displayWidth(row[at]?.text ?? ""))));
  return [header, ...rows].map((row) => formatRow(row, { widths, theme }));
}

function cells(forward: ListedForward, { wide, now, utcOffset }: ListOptions): Row {
  const { localPorts, created, status, since, reconnects } = forward;
  const uptime = status === "Active" && since !== null ? duration(now - Date.parse(since)) : "-";
  const words = forward.message ?? forward.reason ?? "";
  const plain = (text: string): Cell => ({ text });
  return [
    plain(forward.id),
    plain(forward.type),
    plain(forward.cluster),
    plain(forward.target),
    plain(localPorts.length === 0 ? "-" : localPorts.join(",")),
    plain(forward.targetPort),
    { text: status, style: stateStyle(status) },
    plain(created === null ? "-" : localTime(created, utcOffset)),
    ...(wide
      ? [
        plain(uptime),
        plain(reconnects === null ? "-" : String(reconnects)),
        plain(forward.route ?? "-"),
        plain(forward.backend ?? "-"),
        plain(oneLine(words)),
      ]
      : []),
  ];
}

/** `2026-01-01 12:00:00`, as KECS writes it: the time of this machine. */
function localTime(iso: string, utcOffset: number): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? "-" : new Date(at + utcOffset * 60_000).toISOString().slice(0, 19).replace("T", " ");
}

/** The contract `list -o json`, format version 1. Fields may be added; changing one needs another `formatVersion`. */
export function listJson(forwards: readonly ListedForward[]): { readonly [name: string]: Json } {
  return {
    formatVersion: 1,
    forwards: forwards.map((of) => ({
      id: of.id,
      type: of.type,
      cluster: of.cluster,
      target: of.target,
      localPorts: of.localPorts,
      targetPort: of.targetPort,
      status: of.status,
      reason: of.reason,
      message: of.message,
      created: of.created,
      route: of.route,
      backend: of.backend,
      since: of.since,
      reconnects: of.reconnects,
    })),
  };
}
