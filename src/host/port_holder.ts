import { isKubectl } from "../conventions/kubectl_names.ts";
import type { SocketAddress } from "../model/status.ts";
import type { Protocol } from "../model/workspace.ts";
import { type ListeningSocket, overlaps } from "./listeners.ts";
import { lsofArgv, parseLsof } from "./lsof.ts";
import { forwarderWords, type ProcessFacts, readProcess } from "./processes.ts";
import { mayBePublished, publishedBy } from "./published_by.ts";
import type { Shell } from "./shell.ts";
import { parseSs, ssArgv } from "./ss.ts";

/** A program that listens on a local port. */
export interface PortHolder {
  /** Null where this user may not see whose it is. */
  readonly pid: number | null;
  readonly command: string | null;
  /**
   * In words, as in "port 8080 is in use by …": `nginx (PID 1234)`, `container shop-db`, `kubectl port-forward svc/web 8080:80 (PID 9)`,
   * `another user's process`.
   */
  readonly words: string;
  /** Whether it lets go when it is asked to: a forwarder of this user, or another workspace. */
  readonly yields: boolean;
  /** Present for a forwarder that somebody started by hand: kubectl's port-forward, or socat. */
  readonly forwarder?: ProcessFacts;
  /** Present for another workspace of berth. */
  readonly workspace?: WorkspaceHolder;
}

/** A forward of another workspace that holds a port. */
export interface WorkspaceHolder {
  /** The workspace's root file. */
  readonly file: string;
  /** Null where it does not say. */
  readonly forward: string | null;
}

/** What is looked at to find a holder. */
export interface PortHolderOptions {
  readonly shell: Shell;
  readonly signal: AbortSignal;
  /** Absent: TCP. */
  readonly protocol?: Protocol;
  /** The workspace that a process holds, and which forward of it has the port; null for other programs. Absent: not asked. */
  readonly workspaceOf?: (pid: number, port: number, signal: AbortSignal) => Promise<WorkspaceHolder | null>;
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
  return first === undefined ? null : await identify(first, options);
}

async function identify({ port, process }: ListeningSocket, options: PortHolderOptions): Promise<PortHolder> {
  const { signal, workspaceOf } = options;
  const pid = process?.pid ?? null;
  const command = process === null || process.command === "" ? null : process.command;
  if (pid !== null) {
    const workspace = await workspaceOf?.(pid, port, signal) ?? null;
    if (workspace !== null) {
      const forward = workspace.forward === null ? "" : `forward ${workspace.forward}, `;
      return {
        pid,
        command,
        yields: workspace.forward !== null,
        workspace,
        words: `another berth workspace, ${workspace.file} (${forward}PID ${pid})`,
      };
    }
  }
  if (mayBePublished(command)) {
    const container = await publishedBy(port, options);
    if (container !== null) return { pid, command, yields: false, words: container };
  }
  if (pid === null) return { pid, command, yields: false, words: "another user's process" };
  if (command !== null && (isKubectl(command) || command === "socat")) {
    const facts = await readProcess(pid, options);
    const words = facts === null ? null : forwarderWords(facts.args);
    if (facts !== null && words !== null) {
      return { pid, command, yields: facts.uid === Deno.uid(), forwarder: facts, words: `${words} (PID ${pid})` };
    }
  }
  return { pid, command, yields: false, words: command === null ? `PID ${pid}` : `${command} (PID ${pid})` };
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
