import { join } from "node:path";

/** The surroundings that decide where state lives. */
export interface PathsEnvironment {
  /** Reads one variable. */
  readonly env: (name: string) => string | undefined;
  /** The home directory, absolute. */
  readonly home: string;
}

/** Directories of this user, for all workspaces. */
export interface BaseDirectories {
  /** What is to outlive a restart of the machine: leases, history. */
  readonly state: string;
  /** What is only of use while a process runs: sockets, locks. */
  readonly runtime: string;
}

/** Everything that is kept for one workspace. */
export interface WorkspacePaths {
  /** Short, stable, safe in file names. */
  readonly id: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly lock: string;
  readonly socket: string;
  readonly leases: string;
  readonly created: string;
  readonly history: string;
  readonly log: string;
}

/**
 * `$XDG_STATE_HOME/berth`, else `~/.local/state/berth`; `$XDG_RUNTIME_DIR/berth`, else the state directory (macOS has none). By the XDG Base
 * Directory Specification a variable that is empty or holds a relative path counts as unset.
 */
export function baseDirectories({ env, home }: PathsEnvironment): BaseDirectories {
  const state = join(absolute(env("XDG_STATE_HOME")) ?? join(home, ".local", "state"), "berth");
  const runtime = absolute(env("XDG_RUNTIME_DIR"));
  return { state, runtime: runtime === undefined ? state : join(runtime, "berth") };
}

/**
 * The paths for the workspace whose root file is at `realPath`: absolute, symbolic links resolved, so that one file has one state whatever
 * it is called by.
 */
export async function workspacePaths(base: BaseDirectories, realPath: string): Promise<WorkspacePaths> {
  const id = await workspaceId(realPath);
  const stateDir = join(base.state, id);
  const runtimeDir = join(base.runtime, id);
  return {
    id,
    stateDir,
    runtimeDir,
    lock: join(runtimeDir, "lock"),
    // Short: a socket's path may hold 104 bytes on macOS, 108 on Linux.
    socket: join(runtimeDir, "sock"),
    leases: join(stateDir, "leases.json"),
    created: join(stateDir, "created.json"),
    history: join(stateDir, "history.jsonl"),
    log: join(stateDir, "berth.log"),
  };
}

/** The first 12 hexadecimal digits of the SHA-256 of the path. */
export async function workspaceId(realPath: string): Promise<string> {
  // Not by node:crypto: to load that takes longer than most verbs do.
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(realPath)));
  return digest.toHex().slice(0, 12);
}

function absolute(path: string | undefined): string | undefined {
  return path?.startsWith("/") === true ? path : undefined;
}
