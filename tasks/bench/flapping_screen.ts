import type { Clock } from "../../src/model/world.ts";
import { openTui, type Tui } from "../../src/tui/run.ts";
import type { Terminal } from "../../src/tui/terminal.ts";
import { makeTheme } from "../../src/view/theme.ts";
import type { Flapping } from "./flapping.ts";

/** A screen over forwards that flap, on a terminal in memory. */
export interface FlappingScreen {
  readonly screen: Tui;
  /** What the person types. */
  type(text: string): void;
}

/** Shows the screen. Each `write` is a frame. */
export function openFlappingScreen(
  forwards: Flapping,
  { size, color, clock, write }: {
    readonly size: ReturnType<Terminal["size"]>;
    readonly color: boolean;
    readonly clock: Clock;
    readonly write: (text: string) => void;
  },
): FlappingScreen {
  let type = (_: string): void => {};
  const screen = openTui({
    mode: "up",
    source: {
      status: () => Promise.resolve(forwards.status()),
      subscribe: ({ onEvent }) => forwards.subscribe(onEvent),
      details: () => Promise.resolve(null),
      plan: () => Promise.reject(new Error("no plan here")),
      approve: () => Promise.resolve(),
      control: () => Promise.resolve({ status: "done" }),
      where: () => Promise.resolve(null),
    },
    terminal: {
      write,
      size: () => size,
      onResize: () => () => {},
      keyboard: true,
      onInput: (listener) => {
        type = listener;
        return () => {};
      },
      onCrash: () => () => {},
    },
    helpers: { edit: () => Promise.resolve(null), open: () => Promise.resolve(null) },
    clock,
    theme: makeTheme({ color, ascii: false }),
    offset: 0,
    lookEvery: 100,
    onQuit: () => {},
  });
  return { screen, type: (text) => type(text) };
}
