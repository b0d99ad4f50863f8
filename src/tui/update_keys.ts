import type { ForwardStatus } from "../model/status.ts";
import type { Key as ActionKey } from "../model/key.ts";
import { urlText } from "../view/forward_text.ts";
import { maxScroll } from "./frame.ts";
import type { Key } from "./keys.ts";
import type { Effect, PlanState, TuiState, View } from "./model.ts";
import { selectedForward, visibleForwards } from "./rows.ts";
import { say, type Updated } from "./update.ts";

/** What a key does, in the view that is shown. */
export function onKey(state: TuiState, key: Key): Updated {
  if (key.name === "ctrl-c") return doing(state, { do: "quit" });
  if (key.name === "ctrl-l") return doing(state, { do: "redraw" });
  if (state.typing) return typed(state, key);
  const letter = key.name === "text" ? key.text : key.name;
  if (letter === "q") return doing(state, { do: "quit" });
  if (letter === "?") return only(show(state, state.view === "help" ? "table" : "help"));
  switch (state.view) {
    case "table":
      return inTable(state, letter);
    case "details":
      return inDetails(state, letter);
    case "plan":
      return inPlan(state, letter);
    case "log":
      return inText(state, { letter, toggle: "l", up: 1 });
    case "help":
      return inText(state, { letter, toggle: "h", up: -1 });
    default:
      return state.view satisfies never;
  }
}

function only(state: TuiState): Updated {
  return { state, effects: [] };
}

function doing(state: TuiState, ...effects: readonly Effect[]): Updated {
  return { state, effects };
}

function show(state: TuiState, view: View): TuiState {
  return { ...state, view, scroll: 0 };
}

/** The filter's line has the keyboard. */
function typed(state: TuiState, key: Key): Updated {
  switch (key.name) {
    case "text":
      return only({ ...state, filter: state.filter + key.text });
    case "backspace":
      return only(
        state.filter === ""
          ? { ...state, typing: false }
          : { ...state, filter: [...state.filter].slice(0, -1).join("") },
      );
    case "ctrl-u":
      return only({ ...state, filter: "" });
    case "enter":
      return only({ ...state, typing: false });
    case "escape":
      return only({ ...state, typing: false, filter: "" });
    case "up":
    case "down":
    case "page-up":
    case "page-down":
      return only(moved(state, key.name));
    default:
      return only(state);
  }
}

function inTable(state: TuiState, letter: string): Updated {
  const forward = selectedForward(state);
  switch (letter) {
    case "/":
      return only({ ...state, typing: true });
    case "escape":
      return state.filter === "" ? doing(state, { do: "quit" }) : only({ ...state, filter: "" });
    case "!":
      return only({ ...state, problemsFirst: !state.problemsFirst });
    case "enter":
    case "right":
      return forward === null ? only(state) : details(state, forward);
    case "p":
      return plan(state);
    case "l":
      return only(show(state, "log"));
    case "e":
      return edit(state, forward);
    default:
      return moves(letter) ? only(moved(state, letter)) : onForward(state, { letter, forward });
  }
}

/** The keys that do something with one forward: in the table with the one at the cursor, in the details with the one shown. */
function onForward(
  state: TuiState,
  { letter, forward }: { readonly letter: string; readonly forward: ForwardStatus | null },
): Updated {
  if (forward === null) return only(state);
  const { name } = forward;
  switch (letter) {
    case "r":
      return {
        state: say(state, { text: `Reconnecting ${name}`, style: "plain" }),
        effects: [{ do: "control", name, verb: "restart" }],
      };
    case "s": {
      const verb = forward.status === "Stopped" ? "start" : "stop";
      const text = verb === "stop" ? `Stopping ${name}` : `Starting ${name}`;
      return { state: say(state, { text, style: "plain" }), effects: [{ do: "control", name, verb }] };
    }
    case "o": {
      const place = firstPlace(forward);
      if (place === null) return only(say(state, { text: `${name} does not listen yet`, style: "warn" }));
      return doing(state, { do: "open", url: place.includes("://") ? place : `http://${place}` });
    }
    case "c": {
      const place = firstPlace(forward);
      if (place === null) return only(say(state, { text: `${name} does not listen yet`, style: "warn" }));
      return {
        state: say(state, { text: `Copied ${place}`, style: "good" }),
        effects: [{ do: "copy", text: place }],
      };
    }
    default:
      return only(state);
  }
}

function inDetails(state: TuiState, letter: string): Updated {
  const forward = state.document?.forwards.find(({ name }) => name === state.details?.name) ?? null;
  switch (letter) {
    case "escape":
    case "enter":
    case "left":
    case "h":
      return only({ ...show(state, "table"), details: null });
    case "p":
      return plan(state);
    case "l":
      return only(show(state, "log"));
    case "e":
      return edit(state, forward);
    case "up":
    case "k":
      return only(scrolled(state, state.scroll - 1));
    case "down":
    case "j":
      return only(scrolled(state, state.scroll + 1));
    case "page-up":
      return only(scrolled(state, state.scroll - page(state)));
    case "page-down":
      return only(scrolled(state, state.scroll + page(state)));
    default:
      return onForward(state, { letter, forward });
  }
}

function inPlan(state: TuiState, letter: string): Updated {
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
      return plan(state);
    default:
      return only(state);
  }
}

/** A view of lines. `up`: what going up adds to `scroll`, which in the log counts from the end. */
function inText(
  state: TuiState,
  { letter, toggle, up }: { readonly letter: string; readonly toggle: string; readonly up: 1 | -1 },
): Updated {
  const by = (lines: number) => only(scrolled(state, state.scroll + lines * up));
  switch (letter) {
    case "escape":
    case "enter":
    case toggle:
      return only(show(state, "table"));
    case "up":
    case "k":
      return by(1);
    case "down":
    case "j":
      return by(-1);
    case "page-up":
      return by(page(state));
    case "page-down":
      return by(-page(state));
    case "g":
    case "home":
      return only(scrolled(state, up === 1 ? Infinity : 0));
    case "G":
    case "end":
      return only(scrolled(state, up === 1 ? 0 : Infinity));
    default:
      return only(state);
  }
}

/** Never beyond what there is, or keys would seem dead on the way back. */
function scrolled(state: TuiState, to: number): TuiState {
  return { ...state, scroll: Math.max(0, Math.min(to, maxScroll(state))) };
}

function details(state: TuiState, { name }: ForwardStatus): Updated {
  return {
    state: { ...show(state, "details"), selected: name, details: { name, details: null, failure: null } },
    effects: [{ do: "details", name }],
  };
}

function plan(state: TuiState): Updated {
  const fresh: PlanState = {
    plan: null,
    failure: null,
    at: state.plan?.at ?? 0,
    marked: state.plan?.marked ?? new Set(),
  };
  return { state: { ...show(state, "plan"), plan: fresh }, effects: [{ do: "plan" }] };
}

/** A file with an error is opened there: that is what is to be mended. */
function edit(state: TuiState, forward: ForwardStatus | null): Updated {
  const broken = state.document?.diagnostics.find(({ severity, where }) => severity === "error" && where !== null);
  return doing(state, { do: "edit", name: forward?.name ?? null, at: broken?.where ?? null });
}

function firstPlace(forward: ForwardStatus): string | null {
  const place = urlText(forward).split(", ")[0] ?? "";
  return place === "" ? null : place;
}

type Move = "up" | "down" | "k" | "j" | "page-up" | "page-down" | "g" | "G" | "home" | "end";

function moves(letter: string): letter is Move {
  return ["up", "down", "k", "j", "page-up", "page-down", "g", "G", "home", "end"].includes(letter);
}

function moved(state: TuiState, move: Move): TuiState {
  const all = visibleForwards(state);
  const now = Math.max(0, all.findIndex(({ name }) => name === state.selected));
  const to = target(move, { now, last: all.length - 1, page: page(state) });
  return { ...state, selected: all[Math.max(0, Math.min(to, all.length - 1))]?.name ?? null };
}

function target(
  move: Move,
  { now, last, page }: { readonly now: number; readonly last: number; readonly page: number },
): number {
  switch (move) {
    case "up":
    case "k":
      return now - 1;
    case "down":
    case "j":
      return now + 1;
    case "page-up":
      return now - page;
    case "page-down":
      return now + page;
    case "g":
    case "home":
      return 0;
    case "G":
    case "end":
      return last;
    default:
      return move satisfies never;
  }
}

/** About what a page holds: a little of the last one stays in sight. */
function page({ size }: TuiState): number {
  return Math.max(1, size.rows - 8);
}
