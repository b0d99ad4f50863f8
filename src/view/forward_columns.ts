import type { ForwardStatus } from "../model/status.ts";
import { addressText, listenText, portsText } from "./address_text.ts";
import type { Cell } from "./columns.ts";
import { infoText, isProblem, stateStyle } from "./info_text.ts";
import { oneLine } from "./text.ts";
import type { Theme } from "./theme.ts";
import { age } from "./time_text.ts";

/** The columns that a table of forwards may have. */
export type ColumnName =
  | "NAME"
  | "CLUSTER"
  | "NAMESPACE"
  | "TARGET"
  | "TO"
  | "LOCAL"
  | "ROUTE"
  | "STATUS"
  | "INFO"
  | "BACKEND"
  | "SINCE"
  | "RECONNECTS"
  | "CONNS";

/** The columns of `-o table`. */
export const TABLE_COLUMNS: readonly ColumnName[] = ["NAME", "CLUSTER", "TARGET", "LOCAL", "ROUTE", "STATUS", "INFO"];

/** The columns of `-o wide`. INFO stays last: it is the one of no fixed size. */
export const WIDE_COLUMNS: readonly ColumnName[] = [
  "NAME",
  "CLUSTER",
  "TARGET",
  "LOCAL",
  "ROUTE",
  "STATUS",
  "BACKEND",
  "SINCE",
  "RECONNECTS",
  "CONNS",
  "INFO",
];

/** The columns of a screen: where a forward listens stands beside where it leads to. TO names the namespace where that has no column. */
export const SCREEN_COLUMNS: readonly ColumnName[] = [
  "NAME",
  "CLUSTER",
  "NAMESPACE",
  "LOCAL",
  "TO",
  "ROUTE",
  "STATUS",
  "INFO",
];

/** The columns of a wide screen. */
export const WIDE_SCREEN_COLUMNS: readonly ColumnName[] = [
  "NAME",
  "CLUSTER",
  "NAMESPACE",
  "LOCAL",
  "TO",
  "ROUTE",
  "STATUS",
  "BACKEND",
  "SINCE",
  "CONNS",
  "INFO",
];

/** From this many columns of a terminal on, the wide columns fit. */
export const WIDE_FROM = 160;

/** How the cells of a table are written. */
export interface CellOptions {
  readonly theme: Theme;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Puts the state's symbol before its name. */
  readonly symbols: boolean;
  /** LOCAL is its ports alone. */
  readonly compact: boolean;
  /** The namespace has a column of its own. */
  readonly namespace: boolean;
}

/** What a column says of a forward, uncut. */
export function forwardCell(
  column: ColumnName,
  { forward, theme, now, symbols, compact, namespace }: CellOptions & { readonly forward: ForwardStatus },
): Cell {
  switch (column) {
    case "NAME":
      return { text: oneLine(forward.name), style: "strong" };
    case "CLUSTER":
      return { text: oneLine(forward.cluster) };
    case "TARGET":
      return { text: `${oneLine(forward.target)}:${oneLine(forward.targetPort)}`, keep: "end" };
    case "NAMESPACE":
      return { text: splitTarget(forward.target).namespace };
    case "TO": {
      const { kind, name } = splitTarget(forward.target);
      const target = namespace ? `${kind} ${name}`.trim() : oneLine(forward.target);
      return { text: `${theme.arrow} ${target}:${oneLine(forward.targetPort)}`, keep: "end" };
    }
    case "LOCAL":
      return { text: (compact ? portsText(forward.listen) : listenText(forward.listen.map(addressText))) || "-" };
    case "ROUTE":
      return { text: forward.route ?? "-" };
    case "STATUS": {
      const text = symbols ? `${theme.state[forward.status]} ${forward.status}` : forward.status;
      return { text, style: stateStyle(forward.status) };
    }
    case "INFO":
      return { text: infoText(forward, now), style: isProblem(forward) ? stateStyle(forward.status) : "dim" };
    case "BACKEND":
      return { text: forward.backend === null ? "-" : oneLine(forward.backend), keep: "end" };
    case "SINCE":
      return { text: age(forward.since, now) ?? "-" };
    case "RECONNECTS":
      return { text: String(forward.reconnects) };
    case "CONNS": {
      const { open, total, failed } = forward.connections;
      return { text: failed > 0 ? `${open}/${total} (${failed} failed)` : `${open}/${total}` };
    }
    default:
      return column satisfies never;
  }
}

/** A target in its words (`describeTarget`): `service default/web`, `pods jobs app=node`. A NodePort has no namespace. */
function splitTarget(target: string): { readonly kind: string; readonly namespace: string; readonly name: string } {
  const words = oneLine(target);
  const match = /^(\S+) ([^\s/]+)[/ ](.+)$/.exec(words);
  if (match === null || match[1] === "NodePort") return { kind: "", namespace: "-", name: words };
  const [, kind = "", namespace = "", name = ""] = match;
  return { kind, namespace, name };
}
