import type { Where } from "../model/source.ts";
import type { Event } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";
import type { ForwardDetails, ForwardVerb } from "../model/forward_details.ts";
import type { Key as ActionKey } from "../model/key.ts";
import type { Plan } from "../model/plan.ts";
import type { Key } from "./keys.ts";
import type { Task } from "../view/tasks_text.ts";
import type { Style } from "../view/theme.ts";

/** The size of the terminal, in characters. */
export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** What fills the screen. */
export type View = "table" | "details" | "plan" | "log" | "help";

/** The plan as the screen has it. */
export interface PlanState {
  /** Null: it is being made. */
  readonly plan: Plan | null;
  readonly failure: string | null;
  /** The action that the cursor is at. */
  readonly at: number;
  /** Keys of gated actions that are to be approved. */
  readonly marked: ReadonlySet<ActionKey>;
}

/** The details of the selected forward, for the view `details`. */
export interface DetailsState {
  readonly name: string;
  /** Null: not there yet, or no longer. */
  readonly details: ForwardDetails | null;
  readonly failure: string | null;
}

/** A sentence in the last line, until `until` (milliseconds since 1970). */
export interface Said {
  readonly text: string;
  readonly style: Style;
  readonly until: number;
}

/** All that the screen shows: plain data, changed by `update` alone and drawn by `frame`. */
export interface TuiState {
  /** `up`: quitting stops everything. `top`: quitting only closes the view. */
  readonly mode: "up" | "top";
  /** Whether keys can be pressed at all. */
  readonly keyboard: boolean;
  readonly size: Size;
  /** Milliseconds since 1970: ages and countdowns are those of this moment. */
  readonly now: number;
  /** Minutes east of UTC. */
  readonly offset: number;
  readonly document: StatusDocument | null;
  /** The last ones, the newest last. */
  readonly events: readonly Event[];
  /** Lines of the log, under `-v`. */
  readonly notes: readonly string[];
  /** What takes long: creating clusters, editing them. */
  readonly tasks: readonly Task[];
  readonly view: View;
  /** The name of the forward that the cursor is at. */
  readonly selected: string | null;
  readonly filter: string;
  /** The filter is being typed. */
  readonly typing: boolean;
  readonly problemsFirst: boolean;
  readonly details: DetailsState | null;
  readonly plan: PlanState | null;
  /** Lines of a text view that are above (help, details) or, in the log, below what is shown. */
  readonly scroll: number;
  readonly said: Said | null;
  /** Stopping has begun; open connections may finish. */
  readonly draining: boolean;
  /** The running berth has ended (`top`). */
  readonly ended: boolean;
}

/** What can happen. */
export type Message =
  | { readonly kind: "key"; readonly key: Key }
  | { readonly kind: "status"; readonly document: StatusDocument }
  | { readonly kind: "event"; readonly event: Event }
  | { readonly kind: "note"; readonly line: string }
  | { readonly kind: "tick"; readonly now: number }
  | { readonly kind: "resize"; readonly size: Size }
  | { readonly kind: "details"; readonly name: string; readonly details: ForwardDetails | null }
  | { readonly kind: "no-details"; readonly name: string; readonly failure: string }
  | { readonly kind: "plan"; readonly plan: Plan }
  | { readonly kind: "no-plan"; readonly failure: string }
  | { readonly kind: "approved"; readonly count: number }
  | { readonly kind: "said"; readonly text: string; readonly style: Style }
  | { readonly kind: "draining" }
  | { readonly kind: "ended" };

/** What is to be done outside: carried out by `run.ts`. */
export type Effect =
  | { readonly do: "control"; readonly name: string; readonly verb: ForwardVerb }
  | { readonly do: "details"; readonly name: string }
  | { readonly do: "plan" }
  | { readonly do: "approve"; readonly keys: readonly ActionKey[] }
  | { readonly do: "open"; readonly url: string }
  | { readonly do: "copy"; readonly text: string }
  /** Opens the file at a place: that of `name`, else `at`, else its beginning. */
  | { readonly do: "edit"; readonly name: string | null; readonly at: Where | null }
  /** Draws everything anew. */
  | { readonly do: "redraw" }
  | { readonly do: "quit" };

/** How many events, and how many lines of the log, are kept. */
export const KEPT = 500;

/** The screen before anything was heard. */
export function initialState(
  { mode, keyboard, size, now, offset }: Pick<TuiState, "mode" | "keyboard" | "size" | "now" | "offset">,
): TuiState {
  return {
    mode,
    keyboard,
    size,
    now,
    offset,
    document: null,
    events: [],
    notes: [],
    tasks: [],
    view: "table",
    selected: null,
    filter: "",
    typing: false,
    problemsFirst: false,
    details: null,
    plan: null,
    scroll: 0,
    said: null,
    draining: false,
    ended: false,
  };
}
