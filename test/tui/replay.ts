import { initialState, type Message, type Size, type TuiState } from "../../src/tui/model.ts";
import { update } from "../../src/tui/update.ts";

/** One line of the recording: something that happened, or the name of a moment worth a picture. */
type Line = Message | { readonly mark: string };

const LINES = Deno.readTextFileSync(new URL("recording.jsonl", import.meta.url)).trimEnd().split("\n")
  .map((line): Line => JSON.parse(line));

/** The names of the moments, in their order. */
export const MOMENTS: readonly string[] = LINES.flatMap((line) => "mark" in line ? [line.mark] : []).concat("end");

/** The start of a screen of this size. */
export function start(size: Size): TuiState {
  const first = LINES.find((line) => "kind" in line && line.kind === "tick");
  const now = first !== undefined && "kind" in first && first.kind === "tick" ? first.now : 0;
  return initialState({ mode: "up", keyboard: true, size, now, offset: 0 });
}

/** The state at a moment of the recording, with `before` pressed at its beginning. */
export function replay(
  moment: string,
  { size, keys = [] }: { readonly size: Size; readonly keys?: readonly Message[] },
): TuiState {
  let state = keys.reduce((now, message) => update(now, message).state, start(size));
  for (const line of LINES) {
    if ("mark" in line) {
      if (line.mark === moment) return state;
    } else {
      state = update(state, line).state;
    }
  }
  return state;
}

/** The messages of keys: `ab` as two, names of other keys in angle brackets. */
export function pressed(keys: string): readonly Message[] {
  const names = [
    "up",
    "down",
    "enter",
    "escape",
    "backspace",
    "page-up",
    "page-down",
    "ctrl-c",
    "ctrl-u",
    "ctrl-l",
  ] as const;
  return [...keys.matchAll(/<([a-z-]+)>|(.)/g)].map(([, name, text = ""]): Message => {
    const named = names.find((one) => one === name);
    return { kind: "key", key: named === undefined ? { name: "text", text } : { name: named } };
  });
}
