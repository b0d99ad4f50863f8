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
