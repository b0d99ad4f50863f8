import type { Json } from "./json.ts";
import type { Plan } from "./plan.ts";

/** The contract `plan -o json`, format version 1. Only what is named here gets out; `apply`'s private input does not. */
export function planJson(plan: Plan): { readonly [name: string]: Json } {
  const { create, change, replace, blocked } = plan.summary;
  return {
    formatVersion: 1,
    actions: plan.actions.map((action) => ({
      op: action.op,
      key: action.key,
      reason: action.reason,
      dependsOn: [...action.dependsOn],
      disruption: action.disruption,
      gate: action.gate,
      detail: action.detail,
    })),
    summary: { create, change, delete: plan.summary.delete, replace, blocked },
  };
}
