import type { Protocol } from "../model/workspace.ts";
import type { ListeningSocket } from "./listeners.ts";

/** The arguments that make `lsof` print what `parseLsof` reads: listeners on one port, numbers instead of names. */
export function lsofArgv(port: number, protocol: Protocol): readonly string[] {
  const which = protocol === "tcp" ? [`-iTCP:${port}`, "-sTCP:LISTEN"] : [`-iUDP:${port}`];
  return ["lsof", "-nP", "+c0", ...which, "-Fpcn"];
}

/** Reads the field output of lsof: one field a line, its first character says which (lsof(8), OUTPUT FOR OTHER PROGRAMS). */
export function parseLsof(text: string): readonly ListeningSocket[] {
  const found: ListeningSocket[] = [];
  let [pid, command] = [0, ""];
  for (const line of text.split("\n")) {
    const value = line.slice(1);
    switch (line[0]) {
      case "p":
        [pid, command] = [Number(value), ""];
        break;
      case "c":
        command = unescapeName(value);
        break;
      case "n": {
        const match = /^(.*):(\d+)$/.exec(value);
        if (match === null) break;
        found.push({ host: hostOf(match[1] ?? ""), port: Number(match[2]), process: { pid, command } });
      }
    }
  }
  return found;
}

/** lsof writes `*` for all addresses, without saying of which family; brackets stand around IPv6 ones. */
function hostOf(written: string): string {
  if (written === "*") return "::";
  return written.startsWith("[") ? written.slice(1, -1) : written;
}

/** lsof writes bytes that do not print, and spaces, as `\x20`. */
function unescapeName(name: string): string {
  return name.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
