import type { Key as ActionKey } from "../model/key.ts";
import type { PlanState, TuiState } from "./model.ts";
import { page } from "./moves.ts";
import { doing, only, say, show, type Updated } from "./updated.ts";

/** Opens the plan, or asks for it anew: the cursor and the marks stay. */
export function openPlan(state: TuiState): Updated {
  const fresh: PlanState = {
    plan: null,
    failure: null,
    at: state.plan?.at ?? 0,
    marked: state.plan?.marked ?? new Set(),
  };
  return { state: { ...show(state, "plan"), plan: fresh }, effects: [{ do: "plan" }] };
}

/** What a key does in the plan: go through its actions, mark those that need an approval, approve them. */
export function inPlan(state: TuiState, letter: string): Updated {
  const { plan: shown } = state;
  const actions = shown?.plan?.actions ?? [];
  const at = shown === null ? undefined : actions[shown.at];
  const gated = actions.filter(({ gate }) => gate !== "none").map(({ key }) => key);
  const set = (over: Partial<PlanState>): Updated =>
    only(shown === null ? state : { ...state, plan: { ...shown, ...over } });
  const goTo = (to: number) => set({ at: Math.max(0, Math.min(to, actions.length - 1)) });
  const marked = shown?.marked ?? new Set<ActionKey>();
  switch (letter) {
    case "escape":
    case "p":
      return only({ ...show(state, "table"), plan: null });
    case "up":
    case "k":
      return goTo((shown?.at ?? 0) - 1);
    case "down":
    case "j":
      return goTo((shown?.at ?? 0) + 1);
    case "g":
    case "home":
      return goTo(0);
    case "G":
    case "end":
      return goTo(actions.length - 1);
    case "page-up":
      return goTo((shown?.at ?? 0) - page(state));
    case "page-down":
      return goTo((shown?.at ?? 0) + page(state));
    case " ": {
      if (at === undefined || at.gate === "none") return only(state);
      const next = new Set(marked);
      if (!next.delete(at.key)) next.add(at.key);
      return set({ marked: next });
    }
    case "a":
      return set({ marked: new Set(marked.size === gated.length ? [] : gated) });
    case "enter":
      if (marked.size === 0) {
        const text = gated.length === 0 ? "Nothing here needs an approval" : "Mark with space, or all with a";
        return only(say(state, { text, style: "plain" }));
      }
      return doing(state, { do: "approve", keys: [...marked] });
    case "r":
      return openPlan(state);
    default:
      return only(state);
  }
}
