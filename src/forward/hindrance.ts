import type { TargetState } from "../model/cluster_access.ts";
import { describeTarget, type ForwardSpec } from "../model/workspace.ts";
import type { Trouble } from "./failures.ts";

/** Why a target cannot be reached, as the cluster says, and the state that a forward to it has. `starting`: it had no other state yet. */
export function hindranceOf(
  state: TargetState,
  { spec, starting }: { readonly spec: ForwardSpec; readonly starting: boolean },
): { readonly trouble: Trouble; readonly how: "Starting" | "Reconnecting" | "Failed" } {
  switch (state.kind) {
    case "unknown": {
      const { reason, message } = state;
      const first = reason === "connecting" && starting;
      return {
        trouble: { reason, message },
        how: reason === "forbidden" ? "Failed" : first ? "Starting" : "Reconnecting",
      };
    }
    case "missing":
      return { trouble: { reason: state.reason, message: state.message }, how: "Reconnecting" };
    case "known": {
      const message = state.message ?? `${describeTarget(spec.target)} has nothing that is ready`;
      return { trouble: { reason: "no-endpoints", message }, how: "Reconnecting" };
    }
    default:
      return state satisfies never;
  }
}
