import type { Finding } from "../model/doctor.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Machine } from "./machine.ts";

/** Each connection on the tunnel route takes about two open files, and a daemon of 100 forwards a few hundred beside them. */
const ENOUGH_FILES = 1024;

/** A container, and what that means. */
export async function checkContainer(machine: Machine): Promise<readonly Finding[]> {
  const about = { check: "container", subject: "container" } as const;
  const kind = await machine.container();
  if (kind === null) return [{ ...about, level: "ok", message: "none: localhost is this machine's" }];
  return [{
    ...about,
    level: "note",
    message: kind === "kubernetes" ? "this is a pod" : "this is a container",
    help: "localhost is the container's own: forwards are reachable in it alone, unless its ports are published and " +
      "bind says 0.0.0.0. A kubeconfig that says 127.0.0.1 is tried at the names that k3d and kind give the API",
  }];
}

/** IPv6 on loopback, which the default `bind` has. */
export async function checkLoopback(machine: Machine): Promise<readonly Finding[]> {
  const [v4, v6] = await Promise.all([machine.canListen("127.0.0.1"), machine.canListen("::1")]);
  const about = { check: "loopback", subject: "loopback" } as const;
  if (!v4) return [{ ...about, level: "broken", message: "cannot listen on 127.0.0.1" }];
  if (v6) return [{ ...about, level: "ok", message: "127.0.0.1 and ::1" }];
  return [{
    ...about,
    level: "warn",
    message: "no IPv6: cannot listen on ::1",
    help: "forwards listen on 127.0.0.1 alone; write defaults: { bind: 127.0.0.1 } to say so",
  }];
}

/** The limit of open files. */
export async function checkOpenFiles(machine: Machine, signal: AbortSignal): Promise<readonly Finding[]> {
  const limits = await machine.openFiles(signal);
  if (limits === null) return [];
  const about = { check: "open-files", subject: "open files" } as const;
  const words = (count: number) => Number.isFinite(count) ? String(count) : "no limit";
  const few = limits.soft < ENOUGH_FILES;
  return [{
    ...about,
    level: few ? "warn" : "ok",
    message: `${words(limits.soft)}, at most ${words(limits.hard)}`,
    ...(few ? { help: `a few hundred connections at once need more: ulimit -n ${Math.min(limits.hard, 65_536)}` } : {}),
  }];
}

/** berth's own folders. */
export async function checkFolders(machine: Machine): Promise<readonly Finding[]> {
  const folders = await machine.folders();
  return folders.map(({ path, state }): Finding => {
    const about = { check: "folder", subject: "folder" } as const;
    switch (state) {
      case "private":
        return { ...about, level: "ok", message: path };
      case "missing":
        return { ...about, level: "ok", message: `${path} (made at the first up)` };
      case "open":
        return { ...about, level: "broken", message: `${path} is open to other users`, help: `run: chmod 700 ${path}` };
      case "not-writable":
        return {
          ...about,
          level: "broken",
          message: `${path} cannot be written to`,
          help: "give it to this user, or point $XDG_STATE_HOME and $XDG_RUNTIME_DIR elsewhere",
        };
      default:
        return state satisfies never;
    }
  });
}

/** The file. */
export async function checkWorkspace(machine: Machine): Promise<readonly Finding[]> {
  const facts = await machine.workspace();
  const about = { check: "workspace", subject: "forwards.yaml" } as const;
  switch (facts.kind) {
    case "none":
      return [{
        ...about,
        level: "note",
        message: "none in this folder or any above it",
        help: "init makes one out of what runs in a cluster, import out of another tool's file",
      }];
    case "broken":
      return [{
        ...about,
        level: "broken",
        message: `${facts.file}: ${facts.problem}${facts.errors > 1 ? `, and ${facts.errors - 1} more` : ""}`,
        help: "validate shows each with its place",
      }];
    case "good": {
      const { forwards, clusters } = facts.workspace;
      const counts = `${count(forwards.length, "forward")}, ${count(clusters.size, "cluster")}`;
      return [{
        ...about,
        level: facts.warnings > 0 ? "warn" : "ok",
        message: `${facts.file}: ${counts}${facts.warnings > 0 ? `, ${count(facts.warnings, "warning")}` : ""}`,
        ...(facts.warnings > 0 ? { help: "validate shows them" } : {}),
      }];
    }
    default:
      return facts satisfies never;
  }
}

/** A running `up` of this workspace. */
export async function checkDaemon(machine: Machine, signal: AbortSignal): Promise<readonly Finding[]> {
  const facts = await machine.daemon(signal);
  const about = { check: "daemon", subject: "up" } as const;
  switch (facts.kind) {
    case "none":
      return [{ ...about, level: "ok", message: "not running" }];
    case "running": {
      const all = facts.active === facts.forwards;
      return [{
        ...about,
        level: all ? "ok" : "warn",
        message: `runs as PID ${facts.pid}, ${facts.active} of ${count(facts.forwards, "forward")} active`,
        ...(all ? {} : { help: "status says which is not, and why" }),
      }];
    }
    case "unusable":
      return [{ ...about, level: "broken", message: facts.message }];
    default:
      return facts satisfies never;
  }
}

/** Who has the fixed local ports of the workspace, while no `up` of ours does. */
export async function checkPorts(
  machine: Machine,
  { workspace, signal }: { readonly workspace: Workspace | null; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  if (workspace === null || (await machine.daemon(signal)).kind !== "none") return [];
  const found = await Promise.all(workspace.forwards.map(async ({ name, local, onConflict }) => {
    if (local.kind !== "fixed") return [];
    const holder = await machine.holder(local.port, signal);
    if (holder === null) return [];
    const finding: Finding = {
      check: "port",
      subject: `forward ${name}`,
      level: onConflict === "fail" ? "broken" : "warn",
      message: `port ${local.port} is in use by ${holder}`,
      help: onConflict === "fail"
        ? "stop that, or write another local port, or onConflict: next-free"
        : "it gets the next free port",
    };
    return [finding];
  }));
  return found.flat();
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
