import { isProblem } from "../view/info_text.ts";
import { basename, cut, displayWidth, oneLine } from "../view/text.ts";
import type { Style } from "../view/theme.ts";
import { age } from "../view/time_text.ts";
import type { Area } from "./frame.ts";
import type { TuiState } from "./model.ts";

/** The first line: how many forwards are Active, how many have problems, which file, since when. What has no room is left out from the end. */
export function titleLine(state: TuiState, { cols, theme }: Area): string {
  const { document, now } = state;
  if (document === null) return theme.paint("strong", cut("berth", { width: cols, ellipsis: theme.ellipsis }));
  const total = document.forwards.length;
  const active = document.forwards.filter(({ status }) => status === "Active").length;
  const problems = document.forwards.filter(isProblem).length;
  const stopped = document.forwards.filter(({ status }) => status === "Stopped").length;
  const up = age(document.startedAt, now);
  const parts: { readonly text: string; readonly style: Style }[] = [
    { text: "berth", style: "strong" },
    { text: `${active} of ${total} active`, style: total > 0 && active === total ? "good" : "warn" },
  ];
  if (problems > 0) parts.push({ text: problems === 1 ? "1 problem" : `${problems} problems`, style: "bad" });
  if (stopped > 0) parts.push({ text: `${stopped} stopped`, style: "dim" });
  parts.push({ text: oneLine(basename(document.workspace)), style: "plain" });
  if (up !== null) parts.push({ text: `up ${up}`, style: "plain" });
  parts.push({ text: `revision ${document.revision}`, style: "dim" }, { text: `PID ${document.pid}`, style: "dim" });
  const width = () => displayWidth(parts.map(({ text }) => text).join("  "));
  while (parts.length > 2 && width() > cols) parts.pop();
  if (width() > cols) parts.shift();
  return parts.map(({ text, style }) => theme.paint(style, cut(text, { width: cols, ellipsis: theme.ellipsis }))).join(
    "  ",
  );
}
