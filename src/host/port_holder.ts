import type { SocketAddress } from "../model/status.ts";
import type { Protocol } from "../model/workspace.ts";
import { type ListeningSocket, overlaps } from "./listeners.ts";
import { lsofArgv, parseLsof } from "./lsof.ts";
import type { Shell } from "./shell.ts";
import { parseSs, ssArgv } from "./ss.ts";

/** A program that listens on a local port. */
export interface PortHolder {
  /** Null where this user may not see whose it is. */
  readonly pid: number | null;
  readonly command: string | null;
  /** In words, as in "port 8080 is in use by …": `nginx (PID 1234)`, `another user's process`. */
  readonly words: string;
}

/** What is looked at to find a holder. */
export interface PortHolderOptions {
  readonly shell: Shell;
  readonly signal: AbortSignal;
  /** Absent: TCP. */
  readonly protocol?: Protocol;
}

/** How long a tool may take, in milliseconds: `lsof` hangs on dead network mounts. */
const TIMEOUT = 3_000;

/**
 * The tools that tell, in the order in which they are asked: `ss` is on every Linux and fast, `lsof` on macOS. `/proc` itself is closed
 * to a Deno program that does not have all permissions.
 */
const TOOLS = [
  { argv: ssArgv, parse: parseSs },
  { argv: lsofArgv, parse: parseLsof },
] as const;

/**
 * Who listens at `address`, or at one that covers it; null when nobody does, as far as can be seen. Never rejects but with the signal's
 * reason: not knowing is an answer too.
 */
export async function findPortHolder(
  address: SocketAddress,
  options: PortHolderOptions,
): Promise<PortHolder | null> {
  const held = (await listeners(address.port, options))
    .filter(({ host, port }) => port === address.port && overlaps(host, address.host));
  // What holds exactly this address comes before what holds all addresses.
  held.sort((a, b) =>
    Number(b.host === address.host) - Number(a.host === address.host) || (a.process?.pid ?? 0) - (b.process?.pid ?? 0)
  );
  const [first] = held;
  return first === undefined ? null : describe(first);
}

function describe({ process }: ListeningSocket): PortHolder {
  if (process === null) return { pid: null, command: null, words: "another user's process" };
  const { pid, command } = process;
  return { pid, command, words: command === "" ? `PID ${pid}` : `${command} (PID ${pid})` };
}

async function listeners(
  port: number,
  { shell, signal, protocol = "tcp" }: PortHolderOptions,
): Promise<readonly ListeningSocket[]> {
  for (const { argv, parse } of TOOLS) {
    try {
      const { end, code, stdout } = await shell(argv(port, protocol), { signal, timeout: TIMEOUT });
      // lsof exits 1 when it finds nothing.
      if (end === "exited" && (code === 0 || stdout === "")) return parse(stdout);
    } catch {
      signal.throwIfAborted();
      // No right to run it: the next one may be allowed.
    }
  }
  return [];
}
