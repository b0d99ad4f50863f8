import type { Action } from "../model/plan.ts";
import { actionLines, summaryText } from "../view/plan_text.ts";
import { basename, cut, displayWidth, oneLine, wrap } from "../view/text.ts";
import { makeTheme } from "../view/theme.ts";
import { type Area, windowed } from "./frame.ts";
import type { PlanState, TuiState } from "./model.ts";

/** What would be done now. Actions that need an approval have a box: `[ ]`, `[x]`. */
export function planView({ plan: shown, document }: TuiState, area: Area): readonly string[] {
  const { cols, rows, theme } = area;
  const fit = (text: string) => cut(text, { width: cols, ellipsis: theme.ellipsis });
  if (shown === null) return [];
  if (shown.failure !== null) return wrap(oneLine(shown.failure), cols).map((line) => theme.paint("bad", fit(line)));
  if (shown.plan === null) return [theme.paint("dim", fit(`making the plan${theme.ellipsis}`))];
  const { actions, summary } = shown.plan;
  if (actions.length === 0) {
    const file = document === null ? "the file" : basename(document.workspace);
    return [fit(`No changes. What runs matches ${oneLine(file)}.`)];
  }
  const gated = actions.filter(({ gate }) => gate !== "none").length;
  const approval = gated === 0 ? "" : `  ${shown.marked.size} of ${gated} gated marked`;
  const head = theme.paint("strong", fit(summaryText(summary) + approval));
  if (rows < 3) return [head];
  const blocks = actions.map((action, index) => block(action, { index, shown, actions, area }));
  const before = blocks.slice(0, shown.at).reduce((sum, { length }) => sum + length, 0);
  const height = blocks[shown.at]?.length ?? 1;
  const room = rows - 2;
  // The whole of the action at the cursor, in the middle where there is more on both sides.
  const from = Math.min(before, before + Math.ceil(height / 2) - Math.floor(room / 2));
  return [head, "", ...windowed(blocks.flat(), { rows: room, from })];
}

interface Place {
  readonly index: number;
  readonly shown: PlanState;
  readonly actions: readonly Action[];
  readonly area: Area;
}

function block(action: Action, { index, shown, area: { cols, theme } }: Place): readonly string[] {
  const plain = makeTheme({ color: false, ascii: theme.ascii });
  const cursor = index === shown.at ? theme.cursor : " ";
  const box = action.gate === "none" ? "   " : shown.marked.has(action.key) ? "[x]" : "[ ]";
  const [{ head, under } = { head: "", under: [] }] = actionLines([action], theme);
  const [bare] = actionLines([action], plain);
  const line = `${cursor} ${box} `;
  const fits = displayWidth(line + (bare?.head ?? "")) <= cols;
  const first = fits ? line + head : cut(line + (bare?.head ?? ""), { width: cols, ellipsis: theme.ellipsis });
  const margin = Math.min(8, Math.max(0, cols - 8));
  return [
    first,
    ...(displayWidth(under.join("")) === 0 ? [] : bare?.under ?? []).flatMap((text) =>
      wrap(text, Math.max(1, cols - margin)).map((part) => `${" ".repeat(margin)}${theme.paint("dim", part)}`)
    ),
  ];
}
