import type { Run } from "../model/run.ts";
import type { Clock } from "../model/world.ts";
import type { ClusterSpec, Workspace } from "../model/workspace.ts";

/** The workspace as it is found. */
export type WorkspaceFacts =
  | { readonly kind: "none" }
  /** `problem`: the first error. */
  | { readonly kind: "broken"; readonly file: string; readonly errors: number; readonly problem: string }
  | { readonly kind: "good"; readonly file: string; readonly warnings: number; readonly workspace: Workspace };

/** One right in a cluster. */
export interface Right {
  readonly verb: string;
  /** With its subresource: `pods/portforward`. */
  readonly resource: string;
  /** Null for what is in no namespace. */
  readonly namespace: string | null;
}

/** A cluster that answered. */
export interface ClusterFacts {
  readonly server: string;
  readonly version: string | null;
  /** At which other address than the written one it is, and why; null where it is the written one. */
  readonly note: string | null;
  /** Of the rights that were asked for, those that are not there; null where the server does not say. */
  readonly lacks: readonly Right[] | null;
}

/** A running `up`, or what is there instead. */
export type DaemonFacts =
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly pid: number; readonly forwards: number; readonly active: number }
  | { readonly kind: "unusable"; readonly message: string };

/** A folder of berth's own. */
export interface FolderFacts {
  readonly path: string;
  /** `missing` is no problem where it can be made. */
  readonly state: "private" | "missing" | "open" | "not-writable";
}

/** The machine and what is on it, as the checks see it: reads only. A method may reject; that is a finding too. */
export interface Machine {
  readonly clock: Clock;
  /** Runs `docker`, `k3d` and `kubectl`. */
  readonly run: Run;
  readonly deno: string;
  container(): Promise<"kubernetes" | "container" | null>;
  /** Whether this process can listen on a port of `host`. */
  canListen(host: string): Promise<boolean>;
  /** How many files a process may have open: now, and at most; infinite where there is no limit. Null where nobody says. */
  openFiles(signal: AbortSignal): Promise<{ readonly soft: number; readonly hard: number } | null>;
  /** Who listens on a local TCP port, in words; null for nobody. */
  holder(port: number, signal: AbortSignal): Promise<string | null>;
  workspace(): Promise<WorkspaceFacts>;
  daemon(signal: AbortSignal): Promise<DaemonFacts>;
  folders(): Promise<readonly FolderFacts[]>;
  /** Reaches a cluster and asks for these rights. Rejects with `AccessError`. */
  cluster(spec: ClusterSpec, rights: readonly Right[], signal: AbortSignal): Promise<ClusterFacts>;
}
