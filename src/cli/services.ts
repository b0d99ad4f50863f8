import type { MapTree } from "../config/tree.ts";
import type { WorkspaceNames } from "../config/name_scan.ts";
import type { ControlClient } from "../control/client.ts";
import type { Daemon } from "../control/daemon_api.ts";
import type { Permissions } from "../engine/executor.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Finding } from "../model/doctor.ts";
import type { HistoryQuery } from "../model/forward_details.ts";
import type { Json } from "../model/json.ts";
import type { Outcome, Plan } from "../model/plan.ts";
import type { Event } from "../model/status.ts";
import type { Survey } from "../model/survey.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Clock } from "../model/world.ts";
import type { TextFiles } from "./text_files.ts";
import type { Helpers, Terminal } from "../tui/terminal.ts";
import type { RunChild } from "../model/child.ts";
import type { WorkspaceFiles } from "./editing.ts";

/** One of the process' output streams. */
export interface Output {
  readonly isTerminal: boolean;
  /** Writes all of it before it returns, or as good as: nothing is lost when the process ends after the last command. */
  write(text: string): void;
}

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** A `forwards.yaml` after it, and what belongs to it, was read and checked. */
export interface LoadedFile {
  /** The path of the root file, as the diagnostics name it. */
  readonly file: string;
  /** The same as it is shown to people: relative to the current folder where it lies below that. */
  readonly shown: string;
  /** The same for any path. */
  readonly show: (path: string) => string;
  /** Every file that was looked at, by path: its text; null where it is not there, undefined where it cannot be read. */
  readonly sources: ReadonlyMap<string, string | null | undefined>;
  /** All files merged, as written, variables replaced. Null or absent: there is none. */
  readonly tree?: MapTree | null;
  /** Null where there are errors, or no file: `diagnostics` says which. */
  readonly workspace: Workspace | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** A file that may be put in force. */
export interface GoodFile extends LoadedFile {
  readonly workspace: Workspace;
  /** Only the forwards of these profiles are meant, and what they need; absent or empty: all. They are in the workspace. */
  readonly profiles?: readonly string[];
  /** For a plan: every forward that insists on its port may take it over, as `up --takeover` does. */
  readonly takeOver?: boolean;
}

/** What a running `up` tells its face. The calls do not block and do not throw. */
export interface UpUi {
  /** The workspace is held and work begins: from now on status and events come from here. */
  started(daemon: Daemon): void;
  /** The file was read again. With a workspace it is being put in force; without one the last good one stays. */
  reloaded(file: LoadedFile): void;
  /** A line for the person, beside the events: the log under `-v`. */
  note(line: string): void;
}

/** What `up` is to do. */
export interface UpOptions {
  readonly loaded: GoodFile;
  /** The file as given on the command line; undefined: the one found upward from the current folder. */
  readonly file: string | undefined;
  /** Only these forwards, also after a reload. Empty: all. They were in `loaded`; after a reload some may not be. */
  readonly names: readonly string[];
  /** Converge once and end. */
  readonly once: boolean;
  /** The gates that are open. */
  readonly permissions: Permissions;
  /** The port of 127.0.0.1 to serve metrics on, 0 for any; null: they are not served, and nothing is measured. */
  readonly metrics: number | null;
  /** The port of 127.0.0.1 to serve the web page on, 0 for any; null: it is not served. */
  readonly dashboard: number | null;
  /** All of the log goes to `ui.note` too. */
  readonly verbose: boolean;
  /** Every forward that insists on its port may take it over, as `onConflict: take-over` does. */
  readonly takeOver: boolean;
  /** Take the workspace from the process that holds it. */
  readonly replace: boolean;
  readonly ui: UpUi;
  /** Fires at the first interrupt: drain, then end. */
  readonly drain: AbortSignal;
  /** Fires at the second one: end at once. */
  readonly now: AbortSignal;
}

/** How `up` ended. */
export type UpEnd =
  /** Asked to by `down`. */
  | { readonly kind: "stopped" }
  /** Another process has taken the workspace over. */
  | { readonly kind: "replaced" }
  /** By an interrupt. */
  | { readonly kind: "interrupted" }
  /**
   * `--once` is done. `problems`: what did not get done or did not become Active, a line each. `missingTool`: because a program or daemon
   * is not there.
   */
  | { readonly kind: "once"; readonly problems: readonly string[]; readonly missingTool: boolean }
  /** Nothing was started: another process holds this workspace. Null where it does not say who it is. */
  | { readonly kind: "held"; readonly by: { readonly pid: number; readonly since: string } | null }
  /** Nothing was started, or it could not go on. */
  | { readonly kind: "failed"; readonly message: string; readonly help?: string };

/** What starting a process in the background came to: it holds the workspace, or it ended with this code and these words. */
export type DetachedStart =
  | { readonly kind: "running"; readonly pid: number }
  | { readonly kind: "ended"; readonly code: number; readonly stderr: string };

/** The file by which the system's service manager keeps a workspace up. */
export interface ServiceFile {
  /** Where the manager looks for it. */
  readonly path: string;
  readonly text: string;
  /** What is there now; null where nothing is. */
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
  remove(): Promise<void>;
  /** The commands that start it and stop it, for people. */
  readonly start: readonly string[];
  readonly stop: readonly string[];
}

/** The k3d clusters that a workspace made. */
export type OwnClusters =
  | (AsyncDisposable & {
    readonly kind: "found";
    /** k3d's names. Until it is disposed of, no `up` holds the workspace. */
    readonly names: readonly string[];
    /** Stops one, or deletes it with everything in it. One that the workspace did not make is left as it is, and the outcome says so. */
    end(name: string, how: "stop" | "delete", signal: AbortSignal): Promise<Outcome>;
  })
  /** Another process holds the workspace: it would make them anew. */
  | { readonly kind: "held"; readonly by: { readonly pid: number; readonly since: string } | null }
  /** Docker does not say. */
  | { readonly kind: "unavailable"; readonly reason: string; readonly message: string };

/** What a person said to a question of yes or no. `gone`: interrupted, or the input ended. `cannot-ask`: there is no terminal. */
export type Answer = "yes" | "no" | "gone" | "cannot-ask";

/** What `version` says. */
export interface Versions {
  readonly version: string;
  readonly deno: string;
  readonly v8: string;
  readonly typescript: string;
  /** `linux`, `darwin`. */
  readonly os: string;
  /** `x86_64`, `aarch64`. */
  readonly arch: string;
}

/** Which cluster to look at. */
export interface SurveyChoice {
  readonly kubeconfig?: string;
  /** Absent: the current one. */
  readonly context?: string;
  /** A simulated one; then nothing of the above counts. */
  readonly sandbox: boolean;
  /** Absent: all. */
  readonly namespace?: string;
}

/**
 * The world as the commands see it. The real one is put together by the wiring, with every heavy module imported only
 * inside the call that needs it: `--help` and `version` must start fast. Tests use one in memory, without permissions.
 *
 * Expected failures of `plan`, `connect` and `up` are rejections with `AccessError` or `ControlError`.
 */
export interface CliServices {
  /** How the program is called: `berth`, or `deno task`. */
  readonly program: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  /** Minutes east of UTC, now and here. */
  readonly utcOffset: number;
  env(name: string): string | undefined;
  size(): TerminalSize;
  onResize(listener: () => void): () => void;
  /** Calls `listener` at each interrupt (Ctrl+C, SIGTERM) instead of ending the process, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  versions(): Versions;
  /** Reads and checks a file; the nearest `forwards.yaml` from the current folder upward where none is given. */
  load(file: string | undefined): Promise<LoadedFile>;
  /** What would have to be done now. Reads only. */
  plan(loaded: GoodFile, signal: AbortSignal): Promise<Plan>;
  up(options: UpOptions): Promise<UpEnd>;
  /**
   * Runs `args` of this program in a process of its own session, and waits until that holds the workspace of `file` (as `locate` gives it)
   * or has ended. Rejects with the signal's reason, after it has asked the process to stop.
   */
  background(args: readonly string[], file: string, signal: AbortSignal): Promise<DetachedStart>;
  /** The events that are kept of the workspace of `file` (as `locate` gives it), oldest first, whether it is up or not. */
  history(file: string, query: HistoryQuery): Promise<readonly Event[]>;
  /** The lines of its log, oldest first; with `follow` also those to come, until the signal. */
  log(file: string, options: { readonly follow: boolean; readonly signal: AbortSignal }): AsyncIterable<string>;
  /** The service file of the workspace of `file` (as `locate` gives it); null where this system has no manager that is known. */
  service(file: string): Promise<ServiceFile | null>;
  /** The path of the file that `load` would read, whether it can be read or not; null where none is given and none is found. */
  locate(file: string | undefined): Promise<string | null>;
  /** The process that holds the workspace of `file` (as `locate` gives it); null when none does. */
  connect(file: string, signal: AbortSignal): Promise<ControlClient | null>;
  /** Resolves once the process `pid` holds the workspace of `file` (as `locate` gives it) no longer, or after a while. */
  released(file: string, waiting: { readonly pid: number; readonly signal: AbortSignal }): Promise<void>;
  /** The k3d clusters on this machine that the workspace of `file` (as `locate` gives it) made. */
  clusters(file: string, signal: AbortSignal): Promise<OwnClusters>;
  /** The terminal as a screen has it, and what the keys of that need of the machine. */
  screen(): Promise<{ readonly terminal: Terminal; readonly helpers: Helpers }>;
  /** Asks on the terminal, and waits for the answer. */
  confirm(question: string): Answer;
  /** Asks for a line on the terminal, and waits for it. `gone` and `cannot-ask` as with `confirm`. */
  ask(question: string): { readonly answer: string } | "gone" | "cannot-ask";
  /** Looks once at what a cluster has. Rejects with `AccessError`. */
  survey(choice: SurveyChoice, signal: AbortSignal): Promise<Survey>;
  /** Looks at all that berth needs on this machine, and at the workspace of `file` as `load` finds it. Changes nothing. */
  examine(file: string | undefined, signal: AbortSignal): Promise<readonly Finding[]>;
  /** The names in the nearest `forwards.yaml`, for completion: quick, and perhaps not all. Never rejects. */
  names(): Promise<WorkspaceNames>;
  /** Texts of the person beside forwards.yaml. */
  readonly texts: TextFiles;
  /** The JSON Schema of forwards.yaml. */
  schema(): Promise<{ readonly [name: string]: Json }>;
  readonly files: WorkspaceFiles;
  /** Since when each forward of the workspace of `file` is part of it, ISO 8601 in UTC by name. */
  created(file: string): Promise<ReadonlyMap<string, string>>;
  readonly runChild: RunChild;
  /** Shows a page in the person's browser; false where none can be opened. */
  openUrl(url: string, signal: AbortSignal): Promise<boolean>;
}
