import type { ForwardState, ForwardStatus, Reason } from "../model/status.ts";
import { oneLine } from "./text.ts";
import type { Style } from "./theme.ts";
import { age, until } from "./time_text.ts";

/** Each reason in words, for where no message says more. */
export const REASON_TEXTS: Readonly<Record<Reason, string>> = {
  "no-endpoints": "nothing is ready behind the target",
  "not-found": "the target does not exist",
  "port-not-found": "the target has no such port",
  "backend-refused": "the backend refuses connections",
  "backend-timeout": "the backend does not answer in time",
  "backend-reset": "the backend cut the connection",
  "probe-failed": "the health check failed",
  "cluster-unreachable": "the cluster does not answer",
  "unauthorized": "the cluster does not accept the credentials",
  "forbidden": "the cluster does not permit it",
  "kubeconfig-invalid": "the kubeconfig cannot be used",
  "port-in-use": "the local port is in use",
  "port-forbidden": "the local port needs more rights",
  "address-unavailable": "the local address is not on this machine",
  "route-unavailable": "the route cannot be used",
  "connecting": "connecting",
};

/** A reason in words. Codes that this version does not know are shown as they are. */
export function reasonText(reason: string): string {
  return Object.hasOwn(REASON_TEXTS, reason) ? REASON_TEXTS[reason as Reason] : oneLine(reason);
}

/** Whether a person should look at it: a state that is, or may be, not what was asked for. */
export function isProblem(status: ForwardStatus): boolean {
  return status.status === "Failed" || status.status === "Reconnecting" ||
    (status.status === "Starting" && status.reason !== null && status.reason !== "connecting");
}

/** How a state looks. */
export function stateStyle(state: ForwardState): Style {
  switch (state) {
    case "Active":
      return "good";
    case "Failed":
      return "bad";
    case "Reconnecting":
      return "warn";
    case "Starting":
      return "change";
    case "Stopped":
      return "dim";
    default:
      return state satisfies never;
  }
}

/** What is to be said of a forward beyond its state: why, when it was checked, when it is tried again. `now` in ms since 1970. */
export function infoText(status: ForwardStatus, now: number): string {
  const said: string[] = [];
  if (status.message !== null) said.push(oneLine(status.message));
  else if (status.reason !== null) said.push(reasonText(status.reason));

  if (status.status === "Active") {
    const checked = age(status.lastCheck, now);
    if (checked !== null) said.push(`checked ${checked} ago`);
  } else if (status.status !== "Stopped") {
    const next = until(status.nextRetry, now);
    const attempt = status.attempt > 0 ? `attempt ${status.attempt}` : "";
    if (next !== null) said.push(`retry in ${next}${attempt === "" ? "" : ` (${attempt})`}`);
    else if (attempt !== "" && status.status !== "Failed") said.push(attempt);
  }
  return said.join("; ");
}
