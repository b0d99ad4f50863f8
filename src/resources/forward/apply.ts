import type { PlannedAction } from "../../engine/resource_kind.ts";
import type { Outcome } from "../../model/plan.ts";
import type { ForwardInput } from "./diff.ts";
import type { ForwardWorld } from "./world.ts";

/** Carries out one action on this process' forwarders. Throws where the world has none: plans that are only shown are not applied. */
export async function applyForward(
  { input, reason }: PlannedAction<ForwardInput>,
  { world, signal }: { readonly world: ForwardWorld; readonly signal: AbortSignal },
): Promise<Outcome> {
  const { forwarders } = world;
  if (forwarders === undefined) throw new Error("This world only shows plans: it has no forwarders to change");
  switch (input.do) {
    case "start":
      return await forwarders.start(input.spec, signal);
    case "change":
      for (const name of input.release) forwarders.release(name);
      return await forwarders.change(input.spec, signal);
    case "stop":
      return await forwarders.stop(input.name, signal);
    case "nothing":
      return { status: "blocked", reason: "port-in-use", message: reason };
    default:
      return input satisfies never;
  }
}
