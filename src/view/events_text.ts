import type { Json } from "../model/json.ts";
import type { Event } from "../model/status.ts";
import { stateStyle } from "./info_text.ts";
import { oneLine } from "./text.ts";
import type { Style, Theme } from "./theme.ts";

/** The machine's line for an event: `events -o json`, `up -o json`. One object, no line end. */
export function eventJson(event: Event): { readonly [name: string]: Json } {
  const { time, type, key, status, reason, message } = event;
  return { time, type, key, status, reason, message };
}

/**
 * A person's line for an event, no line end: `12:30:05 forward:web  Active  NodePort 30080 answers`. The clock time is
 * that of `offset` minutes east of UTC.
 */
export function eventText(event: Event, { theme, offset }: { readonly theme: Theme; readonly offset: number }): string {
  const parts = [theme.paint("dim", clockTime(event.time, offset))];
  parts.push(theme.paint("strong", event.key ?? event.type));
  if (event.status !== null) parts.push(theme.paint(eventStyle(event), oneLine(event.status)));
  const message = oneLine(event.message);
  if (message !== "") parts.push(message);
  if (event.reason !== null && !message.includes(event.reason)) {
    parts.push(theme.paint("dim", `(${oneLine(event.reason)})`));
  }
  return parts.join("  ");
}

/** Whether an event tells of something wrong: what `-q` still shows. */
export function isBadEvent(event: Event): boolean {
  const style = eventStyle(event);
  return style === "bad" || style === "warn";
}

function eventStyle({ type, status }: Event): Style {
  switch (status) {
    case "Starting":
    case "Active":
    case "Reconnecting":
    case "Failed":
    case "Stopped":
      return stateStyle(status);
    case "failed":
    case "error":
    case "Unreachable":
      return "bad";
    case "blocked":
    case "warning":
      return "warn";
    default:
      return type === "diagnostic" ? "warn" : "plain";
  }
}

function clockTime(iso: string, offset: number): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return oneLine(iso);
  return new Date(at + offset * 60_000).toISOString().slice(11, 19);
}
