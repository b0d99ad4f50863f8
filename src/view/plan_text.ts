import type { Json } from "../model/json.ts";
import type { Action, Gate, Op, Plan, PlanSummary } from "../model/plan.ts";
import { listenText } from "./address_text.ts";
import { displayWidth, oneLine, padEnd } from "./text.ts";
import type { Style, Theme } from "./theme.ts";

const OP_STYLES: Readonly<Record<Op, Style>> = {
  create: "good",
  change: "change",
  delete: "bad",
  replace: "warn",
  blocked: "bad",
};

const GATES: Readonly<Record<Exclude<Gate, "none">, string>> = {
  "allow-restart": "restart something others may be using",
  "allow-recreate": "delete something and make it anew",
  "allow-delete": "delete something",
};

/** Columns are lined up to at most this width: one long key must not push all others away. */
const ALIGN_LIMIT = 64;

/** The plan as a person reads it: an action a line with what explains it under it, then the summary. Ends with a line end. */
export function planText(
  plan: Pick<Plan, "actions" | "summary">,
  { theme, file }: { readonly theme: Theme; readonly file: string },
): string {
  if (plan.actions.length === 0) {
    return `${theme.paint("strong", "No changes.")} What runs matches ${oneLine(file)}.\n`;
  }
  const lines = actionLines(plan.actions, theme).flatMap((
    { head, under },
  ) => [head, ...under.map((line) => `    ${line}`)]);
  return [...lines, "", summaryText(plan.summary)].map((line) => `${line}\n`).join("");
}

/** Each action's line, lined up with the others', and the lines that explain it. */
export function actionLines(
  actions: readonly Action[],
  theme: Theme,
): readonly { readonly head: string; readonly under: readonly string[] }[] {
  const shown = actions.map((action) => ({ action, parts: headline(action, theme) }));
  const keyWidth = alignment(shown.map(({ action }) => action.key));
  const whatWidth = alignment(shown.map(({ parts }) => parts.what));
  return shown.map(({ action, parts: { what, how } }) => {
    const symbol = theme.paint(OP_STYLES[action.op], padEnd(theme.op[action.op], symbolWidth(theme)));
    const tail = how === "" ? what : `${padEnd(what, whatWidth)}  ${theme.paint("dim", how)}`;
    const key = theme.paint("strong", action.key) + " ".repeat(Math.max(0, keyWidth - displayWidth(action.key)));
    return { head: `${symbol} ${key}  ${tail}`.trimEnd(), under: explanations(action, theme) };
  });
}

/** `Plan: 5 to add, 0 to change, 0 to delete.`; what is to be replaced or is blocked is named when there is any. */
export function summaryText({ create, change, delete: gone, replace, blocked }: PlanSummary): string {
  const parts = [`${create} to add`, `${change} to change`, `${gone} to delete`];
  if (replace > 0) parts.push(`${replace} to replace`);
  if (blocked > 0) parts.push(`${blocked} blocked`);
  return `Plan: ${parts.join(", ")}.`;
}

function headline(action: Action, theme: Theme): { readonly what: string; readonly how: string } {
  const { cluster, target, port, listen, route, routeReason } = action.detail;
  const goal = text(target);
  if (goal === null) return { what: reasonOf(action), how: "" };
  const from = listenText(list(listen)) || "a free port";
  const to = text(port) === null ? goal : `${goal}:${text(port)}`;
  const where = text(cluster) === null ? "" : ` on ${text(cluster)}`;
  const why = text(routeReason) === null ? "" : ` (${text(routeReason)})`;
  return {
    what: `${from} ${theme.arrow} ${to}${where}`,
    how: text(route) === null || action.op === "delete" ? "" : `via ${text(route)}${why}`,
  };
}

function explanations(action: Action, theme: Theme): readonly string[] {
  const lines: string[] = [];
  const blocked = action.op === "blocked";
  const changes = list(action.detail["changes"]);
  if (blocked) lines.push(`${theme.paint("bad", "blocked:")} ${oneLine(action.reason)}`);
  else if (changes.length > 0) lines.push(...changes);
  // "not running" is what a new one always is, and the line above shows the reason where there is no target to show.
  else if (action.reason !== "not running" && text(action.detail["target"]) !== null) {
    lines.push(oneLine(action.reason));
  }
  const help = text(action.detail["help"]);
  if (help !== null) lines.push(`${theme.paint("good", "fix:")} ${help}`);
  const note = text(action.detail["note"]);
  if (note !== null) lines.push(`${theme.paint("warn", "note:")} ${note}`);
  if (action.disruption !== null) lines.push(`${theme.paint("warn", "disturbs:")} ${oneLine(action.disruption)}`);
  if (action.gate !== "none") {
    lines.push(`${theme.paint("warn", `needs --yes (${action.gate}):`)} it may ${GATES[action.gate]}`);
  }
  if (action.dependsOn.length > 0) lines.push(theme.paint("dim", `after ${action.dependsOn.join(", ")}`));
  return lines;
}

function reasonOf(action: Action): string {
  return action.op === "blocked" ? "" : oneLine(action.reason);
}

function alignment(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(displayWidth).filter((width) => width <= ALIGN_LIMIT));
}

function symbolWidth(theme: Theme): number {
  return Math.max(...Object.values(theme.op).map((symbol) => symbol.length));
}

function text(value: Json | undefined): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? oneLine(value) : null;
}

function list(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map((one) => oneLine(String(one))) : [];
}
