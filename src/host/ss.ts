import type { Protocol } from "../model/workspace.ts";
import type { ListeningSocket } from "./listeners.ts";

/** The arguments that make `ss` print what `parseSs` reads: listeners on one port with their processes, numbers instead of names. */
export function ssArgv(port: number, protocol: Protocol): readonly string[] {
  return ["ss", protocol === "tcp" ? "-Hltnp" : "-Hlunp", `sport = :${port}`];
}

/**
 * Reads lines as `LISTEN 0 511 127.0.0.1:8080 0.0.0.0:* users:(("nginx",pid=12,fd=6))` (ss(8)); of UDP the state is `UNCONN`. Lines that
 * it does not know are left out.
 */
export function parseSs(text: string): readonly ListeningSocket[] {
  return text.split("\n").flatMap((line) => {
    const [state, , , local, ...rest] = line.trim().split(/\s+/);
    const place = /^(.+):(\d+)$/.exec(local ?? "");
    if ((state !== "LISTEN" && state !== "UNCONN") || place === null) return [];
    // Several processes may have one socket open: the first that is named began with it in most servers.
    const holder = /\(\("([^"]*)",pid=(\d+)/.exec(rest.join(" "));
    return [{
      host: hostOf(place[1] ?? ""),
      port: Number(place[2]),
      process: holder === null ? null : { pid: Number(holder[2]), command: holder[1] ?? "" },
    }];
  });
}

/** `*` is all addresses of both families; an interface may follow behind `%`; brackets stand around IPv6 ones. */
function hostOf(written: string): string {
  const plain = written.replace(/^\[/, "").replace(/\]$/, "").replace(/%[^\]]*$/, "");
  return plain === "*" ? "::" : plain;
}
