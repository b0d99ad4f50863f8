import type { Style } from "../view/theme.ts";
import type { Effect, TuiState, View } from "./model.ts";

/** The state after something happened, and what is to be done outside because of it. */
export interface Updated {
  readonly state: TuiState;
  readonly effects: readonly Effect[];
}

/** How long a sentence stays in the last line, in milliseconds. */
const SAID_FOR = 5_000;

/** Another state, and nothing to be done outside. */
export function only(state: TuiState): Updated {
  return { state, effects: [] };
}

/** The same state, and something to be done outside. */
export function doing(state: TuiState, ...effects: readonly Effect[]): Updated {
  return { state, effects };
}

/** Shows a view from its beginning. */
export function show(state: TuiState, view: View): TuiState {
  return { ...state, view, scroll: 0 };
}

/** Shows a sentence in the last line for a while. */
export function say(state: TuiState, { text, style }: { readonly text: string; readonly style: Style }): TuiState {
  return { ...state, said: { text, style, until: state.now + SAID_FOR } };
}
