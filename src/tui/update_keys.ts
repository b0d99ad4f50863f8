import type { ForwardStatus } from "../model/status.ts";
import { urlText } from "../view/forward_text.ts";
import type { Key } from "./keys.ts";
import type { TuiState } from "./model.ts";
import { moved, moves, scrolled } from "./moves.ts";
import { inPlan, openPlan } from "./plan_keys.ts";
import { selectedForward } from "./rows.ts";
import { doing, only, say, show, type Updated } from "./updated.ts";

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
    default:
      return moves(letter) ? only(moved(state, letter)) : inBoth(state, { letter, forward });
  }
}

/** The keys that the table and the details have in common. `forward`: the one at the cursor, or the one shown. */
function inBoth(
  state: TuiState,
  { letter, forward }: { readonly letter: string; readonly forward: ForwardStatus | null },
): Updated {
  switch (letter) {
    case "p":
      return openPlan(state);
    case "l":
      return only(show(state, "log"));
    case "e":
      return edit(state, forward);
    default:
      return forward === null ? only(state) : onForward(state, { letter, forward });
  }
}

/** The keys that do something with one forward. */
function onForward(
  state: TuiState,
  { letter, forward }: { readonly letter: string; readonly forward: ForwardStatus },
): Updated {
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
    default: {
      const next = scrolled(state, { letter, up: -1 });
      return next === null ? inBoth(state, { letter, forward }) : only(next);
    }
  }
}

/** What a key does in a view of lines, which `toggle` opens and closes. `up` as in `scrolled`. */
function inText(
  state: TuiState,
  { letter, toggle, up }: { readonly letter: string; readonly toggle: string; readonly up: 1 | -1 },
): Updated {
  if (letter === "escape" || letter === "enter" || letter === toggle) return only(show(state, "table"));
  return only(scrolled(state, { letter, up }) ?? state);
}

function details(state: TuiState, { name }: ForwardStatus): Updated {
  return {
    state: { ...show(state, "details"), selected: name, details: { name, details: null, failure: null } },
    effects: [{ do: "details", name }],
  };
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
