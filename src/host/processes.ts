import { kill } from "node:process";
import { isKubectl } from "../conventions/kubectl_names.ts";
import type { Shell } from "./shell.ts";

/** One process, as far as telling it from every other one goes: a PID alone may be another program's a moment later. */
export interface ProcessFacts {
  readonly pid: number;
  readonly uid: number;
  /** When it began, as the system writes it. */
  readonly started: string;
  /** Its program and arguments. They may hold secrets: never shown as they are. */
  readonly args: string;
}

/** How long `ps` may take, in milliseconds. */
const TIMEOUT = 3_000;

/** What the system says of a process; null where it is gone, or cannot be seen. Rejects only with the signal's reason. */
export async function readProcess(
  pid: number,
  { shell, signal }: { readonly shell: Shell; readonly signal: AbortSignal },
): Promise<ProcessFacts | null> {
  const line = await askPs(pid, "uid=,lstart=,args=", { shell, signal });
  return line === null ? null : parseProcess(pid, line);
}

/**
 * Whether a process has ended: none of this number is there, or one that its parent has not waited for yet, as the first process of a
 * container often does not. Where the system does not say, it goes on. Rejects only with the signal's reason.
 */
export async function hasEnded(
  pid: number,
  { shell, signal }: { readonly shell: Shell; readonly signal: AbortSignal },
): Promise<boolean> {
  try {
    kill(pid, 0);
  } catch (error) {
    // Not permitted to send it a signal: it is somebody else's.
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
  const state = await askPs(pid, "stat=", { shell, signal });
  return state?.trim().startsWith("Z") === true;
}

/** What `ps` prints of one process; null where there is none of this number, or the system does not say. */
async function askPs(
  pid: number,
  columns: string,
  { shell, signal }: { readonly shell: Shell; readonly signal: AbortSignal },
): Promise<string | null> {
  try {
    const argv = ["ps", "-ww", "-o", columns, "-p", String(pid)];
    const { end, code, stdout } = await shell(argv, { signal, timeout: TIMEOUT, env: { LC_ALL: "C" } });
    return end === "exited" && code === 0 ? stdout : null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/** Reads a line as `0 Sat Nov 21 14:27:55 2026 socat TCP-LISTEN:8443,fork …` (ps(1): lstart is always five words in the C locale). */
export function parseProcess(pid: number, text: string): ProcessFacts | null {
  const [, uid, started, args] = /^\s*(\d+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(\S.*?)\s*$/m.exec(text) ?? [];
  return uid === undefined || started === undefined || args === undefined
    ? null
    : { pid, uid: Number(uid), started, args };
}

/** What a port-forward leads to, and its ports. Nothing else of its words is shown. */
const TARGET = /^(po|pods?|svc|services?|deploy|deployments?|sts|statefulsets?|rs|replicasets?)\/[a-z0-9.-]+$/;
const PORTS = /^\d*:([0-9]+|[a-z][a-z0-9-]*)$/;

/**
 * The words for a forwarder that somebody started by hand, `kubectl port-forward svc/web 8080:80` or `socat TCP-LISTEN:8443`; null for any
 * other program. Only what it leads to and its ports are said: a token may be among the rest.
 */
export function forwarderWords(args: string): string | null {
  const [program = "", ...words] = args.split(/\s+/);
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (isKubectl(name)) {
    const at = words.indexOf("port-forward");
    if (at < 0) return null;
    return ["kubectl port-forward", ...words.slice(at + 1).filter((word) => TARGET.test(word) || PORTS.test(word))]
      .join(" ");
  }
  if (name === "socat") {
    const listening = words.find((word) => /^(TCP|TCP4|TCP6|OPENSSL|UDP|UDP4|UDP6)[-_]?L(ISTEN)?:/i.test(word));
    return listening === undefined ? null : `socat ${listening.split(",")[0]}`;
  }
  return null;
}
