import type { Tui, TuiOptions } from "../tui/run.ts";
import type { Console } from "./console.ts";
import type { CliServices } from "./services.ts";

/** What one screen has of its own. */
export type ScreenOptions = Pick<TuiOptions, "mode" | "source" | "lookEvery" | "onQuit">;

/** Loads the code of the screen, and gets the terminal for it. Resolves with what shows it: meanwhile it may no longer be wanted. */
export async function loadScreen(
  services: CliServices,
  console: Console,
): Promise<(options: ScreenOptions) => Tui> {
  const [{ openTui }, { terminal, helpers }] = await Promise.all([import("../tui/run.ts"), services.screen()]);
  return (options) =>
    openTui({
      ...options,
      terminal,
      helpers,
      clock: services.clock,
      theme: console.theme("stdout"),
      offset: services.utcOffset,
    });
}
