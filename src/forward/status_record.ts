import type { ForwardStatus } from "../model/status.ts";
import { describeTarget, type ForwardSpec } from "../model/workspace.ts";
import type { ConditionView } from "./condition.ts";
import type { Listener } from "./listener.ts";

/** A forward's status out of its parts. */
export function statusRecord(spec: ForwardSpec, { view, listener, traffic }: {
  readonly view: ConditionView;
  readonly listener: Listener;
  readonly traffic: Pick<ForwardStatus, "connections" | "bytes">;
}): ForwardStatus {
  const time = (at: number | null): string | null => at === null ? null : new Date(at).toISOString();
  return {
    name: spec.name,
    cluster: spec.cluster,
    target: describeTarget(spec.target),
    targetPort: String(spec.port),
    protocol: spec.protocol,
    listen: listener.addresses,
    status: view.status,
    reason: view.reason,
    message: view.message ?? listener.note,
    route: view.route,
    routeReason: view.routeReason,
    backend: view.backend,
    lastCheck: time(view.lastCheck),
    nextRetry: time(view.nextRetry),
    attempt: view.attempt,
    reconnects: view.reconnects,
    since: new Date(view.since).toISOString(),
    ...traffic,
  };
}
