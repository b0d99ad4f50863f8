import type { ForwardDetails } from "../model/forward_details.ts";
import type { Outcome, Plan } from "../model/plan.ts";
import type { Event } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";
import { ControlError } from "./control_error.ts";

/**
 * A status document from the wire. Checks the version and the outline; the fields within are taken as the version
 * promises them. Throws `ControlError("protocol")`.
 */
export function decodeStatus(value: unknown): StatusDocument {
  const document = record(value, "status");
  checkVersion(document);
  for (const name of ["diagnostics", "clusters", "forwards"]) {
    if (!Array.isArray(document[name])) throw malformed(`status.${name}`);
  }
  if (typeof document["workspace"] !== "string" || typeof document["pid"] !== "number") throw malformed("status");
  return document as unknown as StatusDocument;
}

/** An event from the wire. Throws `ControlError("protocol")`. */
export function decodeEvent(value: unknown): Event {
  const event = record(value, "event");
  const text = (name: string): string => {
    const field = event[name];
    if (typeof field !== "string") throw malformed(`event.${name}`);
    return field;
  };
  const textOrNull = (name: string): string | null => event[name] === null ? null : text(name);
  return {
    time: text("time"),
    type: text("type"),
    key: textOrNull("key"),
    status: textOrNull("status"),
    reason: textOrNull("reason"),
    message: text("message"),
  };
}

/** A plan from the wire; its outline is checked. Throws `ControlError("protocol")`. */
export function decodePlan(value: unknown): Plan {
  const document = record(value, "plan");
  checkVersion(document);
  const { actions, summary } = document;
  if (!Array.isArray(actions)) throw malformed("plan.actions");
  record(summary, "plan.summary");
  return { actions, summary } as unknown as Plan;
}

/** A forward's details from the wire; their outline is checked. Throws `ControlError("protocol")`. */
export function decodeDetails(value: unknown): ForwardDetails {
  const document = record(value, "details");
  checkVersion(document);
  record(document["status"], "details.status");
  for (const name of ["backends", "probes", "throughput", "events"]) {
    if (!Array.isArray(document[name])) throw malformed(`details.${name}`);
  }
  return document as unknown as ForwardDetails;
}

/** Events of the past from the wire. Throws `ControlError("protocol")`. */
export function decodeHistory(value: unknown): readonly Event[] {
  const document = record(value, "history");
  checkVersion(document);
  const { events } = document;
  if (!Array.isArray(events)) throw malformed("history.events");
  return events.map(decodeEvent);
}

/** How a command went, from the wire. Throws `ControlError("protocol")`. */
export function decodeOutcome(value: unknown): Outcome {
  const document = record(value, "outcome");
  checkVersion(document);
  const { status, reason, message, retry } = record(document["outcome"], "outcome");
  if (status === "done" || status === "cancelled") return { status };
  if (typeof reason !== "string" || typeof message !== "string") throw malformed("outcome");
  if (status === "blocked") return { status, reason, message };
  if (status === "failed") return { status, reason, message, retry: retry === true };
  throw malformed("outcome");
}

/** Throws where a document says another version than 1. */
export function checkVersion(document: Readonly<Record<string, unknown>>): void {
  const version = document["formatVersion"];
  if (version === 1) return;
  throw new ControlError(
    "protocol",
    `The running berth speaks format ${String(version)}, this one speaks 1. Use the version that started it`,
  );
}

/** `value` as an object. Throws `ControlError("protocol")`. */
export function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(name);
  return value as Readonly<Record<string, unknown>>;
}

/** The failure of an answer that is not what its version promises. */
export function malformed(name: string): ControlError {
  return new ControlError("protocol", `The running berth answered something else than a ${name}`);
}
