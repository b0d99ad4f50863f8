import type { TuiState } from "./model.ts";
import { maxScroll } from "./frame.ts";
import { visibleForwards } from "./rows.ts";

/** The keys that go to another forward of the table. */
export type Move = "up" | "down" | "k" | "j" | "page-up" | "page-down" | "g" | "G" | "home" | "end";

/** Whether a key is one of those. */
export function moves(letter: string): letter is Move {
  return ["up", "down", "k", "j", "page-up", "page-down", "g", "G", "home", "end"].includes(letter);
}

/** The cursor goes where the key says, and no further than the table. */
export function moved(state: TuiState, move: Move): TuiState {
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
export function page({ size }: TuiState): number {
  return Math.max(1, size.rows - 8);
}

/**
 * A view of lines after a key; null for a key that does not scroll. `up`: what going up adds to `scroll`, which in the log counts from the
 * end.
 */
export function scrolled(
  state: TuiState,
  { letter, up }: { readonly letter: string; readonly up: 1 | -1 },
): TuiState | null {
  const by = (lines: number) => scrolledTo(state, state.scroll + lines * up);
  switch (letter) {
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
      return scrolledTo(state, up === 1 ? Infinity : 0);
    case "G":
    case "end":
      return scrolledTo(state, up === 1 ? 0 : Infinity);
    default:
      return null;
  }
}

/** Never beyond what there is, or keys would seem dead on the way back. */
function scrolledTo(state: TuiState, to: number): TuiState {
  return { ...state, scroll: Math.max(0, Math.min(to, maxScroll(state))) };
}
