import { StreamError } from "../model/stream.ts";
import type { ForwardSpec } from "../model/workspace.ts";
import { AccessError } from "../model/cluster_access.ts";
import type { Dialer, Established } from "./dialer.ts";
import { type LiveTarget, readyState } from "./readiness.ts";

/** Opens a way to a backend for a probe: the first that works, without waiting for one to come. Rejects with why the last one did not. */
export async function openAny(
  at: { readonly target: LiveTarget; readonly dialer: Dialer } | null,
  { spec, signal }: { readonly spec: ForwardSpec; readonly signal: AbortSignal },
): Promise<Established> {
  const state = at === null ? null : readyState(at.target.state);
  if (at === null || state === null) throw new AccessError("no-endpoints", "nothing is ready");
  const ways = at.dialer.candidates(state, { spec, client: "", ahead: false });
  if ("unavailable" in ways) throw new AccessError("route-unavailable", ways.unavailable);
  let failure: unknown = new StreamError("timeout", "no backend answered");
  for (const way of ways) {
    try {
      return await way(signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      failure = error;
    }
  }
  throw failure;
}
