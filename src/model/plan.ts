import type { Json } from "./json.ts";
import type { Key } from "./key.ts";

/** What an action does: + create, ~ change in place, - delete, ± replace, ! blocked. */
export type Op = "create" | "change" | "delete" | "replace" | "blocked";

/** The permission that an action needs beyond `up` itself. */
export type Gate = "none" | "allow-restart" | "allow-recreate" | "allow-delete";

/** One step of a plan, as data: what, why and what it costs. */
export interface Action {
  readonly op: Op;
  readonly key: Key;
  /** Why, in words: "not running", "local port changed from 3000 to 3001". */
  readonly reason: string;
  /** Keys whose actions must be done before this one starts. */
  readonly dependsOn: readonly Key[];
  /** What else is disturbed, in words; null when nothing is. */
  readonly disruption: string | null;
  readonly gate: Gate;
  /** What a reader wants to see of it: plain, stable names, no secrets. */
  readonly detail: { readonly [name: string]: Json };
}

/** How many actions there are of each op. */
export type PlanSummary = Readonly<Record<Op, number>>;

/** Actions in an order that respects `dependsOn`, ties by key. Empty when the machine matches the file. */
export interface Plan {
  readonly actions: readonly Action[];
  readonly summary: PlanSummary;
}

/** How one action ended. */
export type Outcome =
  | { readonly status: "done" }
  | { readonly status: "failed"; readonly reason: string; readonly message: string; readonly retry: boolean }
  /** Not tried: gated, or something it depends on did not get done. */
  | { readonly status: "blocked"; readonly reason: string; readonly message: string }
  | { readonly status: "cancelled" };
