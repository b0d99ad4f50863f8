import { runInForeground } from "../host/shell.ts";
import { setVariables } from "../host/variables.ts";
import { editorArgv } from "../tui/editor.ts";
import type { Helpers } from "../tui/terminal.ts";
import type { Host } from "./host.ts";

/** What a browser needs to find the desktop it is to appear on. */
const DESKTOP = [
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_SESSION_TYPE",
  "XDG_CURRENT_DESKTOP",
  "BROWSER",
] as const;

/** How long an opener is watched: one that has not failed by then may be the browser itself. Milliseconds. */
const OPENED_AFTER = 2_000;

/** The editor and the browser of this person. */
export function screenHelpers(host: Host): Helpers {
  return {
    edit: async (place) => {
      const editor = [host.env("VISUAL"), host.env("EDITOR")].find((one) => one !== undefined && one.trim() !== "");
      const argv = editorArgv(editor ?? "vi", place);
      const code = await runInForeground(argv);
      if (code === 0) return null;
      return code === 127 ? `${argv[0]}: not found. Set EDITOR` : `${argv[0]} ended with ${code}`;
    },
    open: async (url) => {
      const opener = Deno.build.os === "darwin" ? "open" : "xdg-open";
      const env = setVariables(DESKTOP, host.env);
      const opened = host.shell([opener, url], { env, signal: new AbortController().signal });
      const late = host.clock.sleep(OPENED_AFTER).then(() => null);
      const result = await Promise.race([opened, late]);
      if (result === null || result.code === 0) return null;
      return result.end === "not-found" ? `${opener} is not there. The address is ${url}` : `Cannot open ${url}`;
    },
  };
}
