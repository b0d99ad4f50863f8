import type { Event } from "../model/status.ts";
import { addToTasks } from "../view/tasks_text.ts";
import { KEPT, type Message, type PlanState, type TuiState } from "./model.ts";
import { onKey } from "./update_keys.ts";
import { only, say, type Updated } from "./updated.ts";

/** The one way in which the state changes. Pure. */
export function update(state: TuiState, message: Message): Updated {
  switch (message.kind) {
    case "key":
      return onKey(state, message.key);
    case "event":
      return onEvent(state, message.event);
    case "details":
      return only(withDetails(state, { ...message, failure: null }));
    case "no-details":
      return only(withDetails(state, { ...message, details: null }));
    case "approved":
      return only(
        say({ ...state, plan: null, view: "table" }, { text: approvedText(message.count), style: "good" }),
      );
    default:
      return only(changed(state, message));
  }
}

type Plain = Exclude<Message, { readonly kind: "key" | "event" | "details" | "no-details" | "approved" }>;

function changed(state: TuiState, message: Plain): TuiState {
  switch (message.kind) {
    case "status":
      return { ...state, document: message.document };
    case "note":
      return { ...state, notes: [...state.notes, message.line].slice(-KEPT) };
    case "tick": {
      const said = state.said !== null && state.said.until <= message.now ? null : state.said;
      return { ...state, now: message.now, said };
    }
    case "resize":
      return { ...state, size: message.size };
    case "plan":
      return state.plan === null ? state : { ...state, plan: withPlan(state.plan, message.plan) };
    case "no-plan":
      return state.plan === null ? state : { ...state, plan: { ...state.plan, failure: message.failure } };
    case "said":
      return say(state, message);
    case "draining":
      return { ...state, draining: true, view: "table", typing: false };
    case "ended":
      return { ...state, ended: true };
    default:
      return message satisfies never;
  }
}

function onEvent(state: TuiState, event: Event): Updated {
  const next = {
    ...state,
    events: [...state.events, event].slice(-KEPT),
    tasks: addToTasks(state.tasks, event),
  };
  const open = state.view === "details" ? state.details : null;
  return {
    state: next,
    effects: open !== null && event.key === `forward:${open.name}` ? [{ do: "details", name: open.name }] : [],
  };
}

/** What comes of a forward that is no longer looked at is left out. */
function withDetails(
  state: TuiState,
  { name, details, failure }: Pick<NonNullable<TuiState["details"]>, "name" | "details" | "failure">,
): TuiState {
  return state.details?.name === name ? { ...state, details: { name, details, failure } } : state;
}

/** Marks and the cursor stay where they were, as far as the plan still has what they were at. */
function withPlan(old: PlanState, plan: NonNullable<PlanState["plan"]>): PlanState {
  const gated = new Set(plan.actions.filter(({ gate }) => gate !== "none").map(({ key }) => key));
  return {
    plan,
    failure: null,
    at: Math.max(0, Math.min(old.at, plan.actions.length - 1)),
    marked: old.marked.intersection(gated),
  };
}

function approvedText(count: number): string {
  return count === 1
    ? "1 action approved: it is carried out now"
    : `${count} actions approved: they are carried out now`;
}
