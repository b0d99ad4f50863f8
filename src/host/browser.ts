import type { Shell } from "./shell.ts";
import { setVariables } from "./variables.ts";

/** How long the program that opens a page may take to hand it over, in milliseconds. */
const TIMEOUT = 10_000;

/** The variables by which a program finds the person's screen. */
const SCREEN = ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "BROWSER"];

/** Shows a page with `$BROWSER`, else with the system's own program. False where that is not there or fails. */
export async function openUrl(
  url: string,
  { shell, env, signal }: {
    readonly shell: Shell;
    readonly env: (name: string) => string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const chosen = env("BROWSER");
  // As xdg-open reads it: several, parted by colons, the first that works.
  const programs = [
    ...(chosen === undefined ? [] : chosen.split(":").filter((each) => each !== "")),
    Deno.build.os === "darwin" ? "open" : "xdg-open",
  ];
  const screen = setVariables(SCREEN, env);
  for (const program of programs) {
    const { end, code } = await shell([program, url], { signal, timeout: TIMEOUT, env: screen });
    if (end === "exited" && code === 0) return true;
  }
  return false;
}
