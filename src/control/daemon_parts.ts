import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { LoopHooks, ReconcileLoop } from "../engine/loop.ts";
import type { HistoryQuery } from "../model/forward_details.ts";
import type { Forwarders } from "../model/forwarders.ts";
import type { Key } from "../model/key.ts";
import type { Plan } from "../model/plan.ts";
import type { Event } from "../model/status.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Clock, Log } from "../model/world.ts";
import type { ClusterRegistry } from "./cluster_registry.ts";

/** A reading of the file: a workspace to put in force, or the reasons why the last good one stays. */
export interface Reading {
  readonly workspace: Workspace | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** What the loop of a daemon takes from it. */
export interface LoopParts {
  /** The workspace in force. */
  readonly workspace: () => Workspace;
  readonly hooks: LoopHooks;
  /** The forwards of a pass that are not stopped by hand. */
  readonly running: (workspace: Workspace) => Workspace;
  /** The keys whose gates are open for the pass that asks: once. */
  readonly approved: () => ReadonlySet<Key>;
}

/** What a daemon is made of. */
export interface DaemonParts {
  /** Path of the root file, as status shows it. */
  readonly file: string;
  readonly pid: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: ClusterRegistry;
  readonly forwarders: Forwarders;
  /** Connects what a workspace asks for, and lets go of the rest. */
  readonly connect: (workspace: Workspace) => Promise<void>;
  /** Reads the file again; never rejects. */
  readonly read: () => Promise<Reading>;
  /** Makes the loop over the workspace in force. */
  readonly createLoop: (parts: LoopParts) => ReconcileLoop;
  /** What a pass would do now, for `workspace`; `running` as in `LoopParts`. */
  readonly plan: (
    workspace: Workspace,
    parts: Pick<LoopParts, "running"> & { readonly signal: AbortSignal },
  ) => Promise<Plan>;
  /** Reads the events that are kept on disk. */
  readonly history: (query: HistoryQuery) => Promise<readonly Event[]>;
  /** The link of the web page, once it is served. */
  readonly dashboard: () => string | null;
  /** What this process cannot do, beside the problems of the file. */
  readonly problems: () => readonly Diagnostic[];
  /** Called when somebody asks it to stop. */
  readonly onDown: () => void;
  /** Called when another process is to have the workspace. */
  readonly onHandOver: () => void;
}
