import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { ActionResult } from "../engine/executor.ts";
import type { LoopHooks, PassReport, ReconcileLoop } from "../engine/loop.ts";
import { AccessError } from "../model/cluster_access.ts";
import type { ForwardDetails, ForwardVerb, HistoryQuery } from "../model/forward_details.ts";
import type { Forwarders, RunningForward } from "../model/forwarders.ts";
import { type Key, key } from "../model/key.ts";
import type { Port } from "../model/port.ts";
import type { Outcome, Plan } from "../model/plan.ts";
import type { Event, ForwardStatus } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Clock, Log } from "../model/world.ts";
import type { ClusterRegistry } from "./cluster_registry.ts";
import type { Daemon, ServiceQuery } from "./daemon_api.ts";
import { Progress } from "./progress.ts";
import { RecentEvents } from "./recent_events.ts";
import { StoppedForwards } from "./stopped_forwards.ts";
import { Throughput } from "./throughput.ts";

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

/** The process that holds a workspace: joins file, loop, clusters and forwarders, and says how they are. */
export class WorkspaceDaemon implements Daemon {
  readonly #parts: DaemonParts;
  readonly #loop: ReconcileLoop;
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #detach: (() => void)[] = [];
  readonly #startedAt: string;
  readonly #stopped = new StoppedForwards();
  readonly #progress: Progress;
  readonly #recent = new RecentEvents();
  readonly #throughput: Throughput;
  #approved: ReadonlySet<Key> = new Set();
  #workspace: Workspace;
  #diagnostics: readonly Diagnostic[];
  #revision = 0;
  /** The number of the pass under way, or of the last one: what ties lines of the log together. */
  #pass = 0;
  #reading: Promise<void> | null = null;
  #readAgain = false;
  #clusterWords = new Map<string, string>();
  /** What was said of actions that fail again and again. */
  readonly #failureWords = new Map<Key, string>();

  constructor(parts: DaemonParts, first: Reading & { readonly workspace: Workspace }) {
    this.#parts = parts;
    this.#workspace = first.workspace;
    this.#diagnostics = first.diagnostics;
    this.#startedAt = this.#time();
    this.#progress = new Progress(parts.clock);
    this.#throughput = new Throughput(parts.clock, (name) => this.#find(name)?.bytes);
    this.#loop = parts.createLoop({
      workspace: () => this.#workspace,
      running: (workspace) => this.#stopped.running(workspace),
      approved: () => {
        const approved = this.#approved;
        this.#approved = new Set();
        return approved;
      },
      hooks: {
        onPassStart: ({ number, triggers }) => {
          this.#pass = number;
          parts.log.debug("pass", { reconcile: number, woken: triggers.map(({ kind, detail }) => detail ?? kind) });
        },
        onPlan: ({ summary, actions }) => {
          if (actions.length > 0) parts.log.info("plan", { reconcile: this.#pass, ...summary });
        },
        onActionEnd: (result) => {
          this.#logAction(result);
          this.#tellAction(result);
        },
        onPassEnd: ({ results, number, duration, converged }) => {
          if (results.length > 0) {
            parts.log.info("pass done", { reconcile: number, converged, ms: Math.round(duration) });
          }
          this.#forgetFailures(results);
        },
        onBug: (error, action) => parts.log.error("A bug in the control plane", { error, key: action?.key ?? null }),
      },
    });
    this.#detach.push(
      parts.forwarders.subscribe((event) => this.#tell(event)),
      parts.registry.subscribe(() => this.#tellClusters()),
    );
  }

  /** Connects the clusters and makes the first pass. */
  async start(): Promise<PassReport> {
    await this.#parts.connect(this.#workspace);
    this.#revision = 1;
    return await this.#loop.start();
  }

  /** Stops the loop. The forwarders and clusters are closed by whoever made them. */
  async stop(signal: AbortSignal): Promise<void> {
    await this.#reading;
    await this.#loop.stop(signal);
    this.#throughput.close();
    for (const detach of this.#detach.splice(0)) detach();
  }

  status(): StatusDocument {
    const { file, pid, registry } = this.#parts;
    const order = new Map(this.#workspace.forwards.map((spec, at) => [spec.name, at]));
    const place = (one: ForwardStatus) => order.get(one.name) ?? order.size;
    return {
      formatVersion: 1,
      workspace: file,
      pid,
      startedAt: this.#startedAt,
      revision: this.#revision,
      diagnostics: [...this.#diagnostics, ...this.#parts.problems()],
      clusters: registry.status(),
      forwards: this.#records().sort((a, b) => place(a) - place(b)),
    };
  }

  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  runningSpecs(): readonly RunningForward[] {
    return this.#parts.forwarders.running();
  }

  /** Tells of something that goes on, or that is worth knowing: the progress of slow work, a port that is passed over. */
  tell(event: Omit<Event, "time"> & { readonly key: Key | null }): void {
    if (event.type === "progress" && event.key !== null) this.#progress.heard(event.key);
    this.#tell({ time: this.#time(), ...event });
  }

  plan(signal: AbortSignal): Promise<Plan> {
    return this.#parts.plan(this.#workspace, { running: (workspace) => this.#stopped.running(workspace), signal });
  }

  approve(keys: readonly Key[]): void {
    this.#approved = new Set([...this.#approved, ...keys]);
    this.#event("approve", `Approved: ${keys.join(", ")}`);
    void this.#loop.look({ kind: "command", detail: "approve" });
  }

  async control(name: string, verb: ForwardVerb): Promise<Outcome> {
    const status = this.#find(name);
    if (status === undefined && !this.#stopped.knows(name)) {
      return { status: "failed", reason: "unknown-forward", message: `No forward called '${name}' runs`, retry: false };
    }
    const stopped = this.#stopped.has(name);
    if (verb === "stop" ? stopped : verb === "start" && !stopped) return { status: "done" };
    this.#tell({
      time: this.#time(),
      type: "command",
      key: key("forward", name),
      status: null,
      reason: null,
      message: `${verb} by hand`,
    });
    switch (verb) {
      case "stop":
        this.#stopped.stop(name, { since: this.#time(), last: status });
        break;
      case "start":
        this.#stopped.start(name);
        break;
      case "restart":
        if (!this.#stopped.start(name)) this.#parts.forwarders.restart(name);
        break;
      default:
        return verb satisfies never;
    }
    const report = await this.#loop.look({ kind: "command", detail: `${verb} ${name}` });
    if (report.workspace === null) return { status: "cancelled" };
    return report.results.find(({ action }) => action.key === key("forward", name))?.outcome ?? { status: "done" };
  }

  details(name: string): ForwardDetails | null {
    const status = this.#find(name);
    if (status === undefined) return null;
    const { backends, probes } = this.#parts.forwarders.inside(name) ?? { backends: [], probes: [] };
    return {
      formatVersion: 1,
      status,
      backends,
      probes,
      throughput: this.#throughput.of(name),
      events: this.#recent.of(key("forward", name)),
    };
  }

  history(query: HistoryQuery): Promise<readonly Event[]> {
    return this.#parts.history(query);
  }

  async servicePorts({ cluster, service }: ServiceQuery, signal: AbortSignal): Promise<readonly Port[]> {
    const [group = "", name = ""] = service.split("/");
    try {
      return await this.#parts.registry.get(cluster)?.servicePorts?.({ group, name }, signal) ?? [];
    } catch (error) {
      if (error instanceof AccessError) return [];
      throw error;
    }
  }

  dashboard(): string | null {
    return this.#parts.dashboard();
  }

  down(): void {
    this.#event("daemon", "Asked to stop");
    this.#parts.onDown();
  }

  handOver(pid: number | null): void {
    this.#event("daemon", `Leaves the workspace to ${pid === null ? "another process" : `PID ${pid}`}`);
    this.#parts.onHandOver();
  }

  /** Reads the file again. Calls while a reading is under way share the one after it. */
  reload(): void {
    if (this.#reading !== null) {
      this.#readAgain = true;
      return;
    }
    this.#reading = this.#reloadAll().finally(() => this.#reading = null);
  }

  async #reloadAll(): Promise<void> {
    do {
      this.#readAgain = false;
      await this.#reloadOnce();
    } while (this.#readAgain);
  }

  async #reloadOnce(): Promise<void> {
    const { workspace, diagnostics } = await this.#parts.read();
    this.#diagnostics = diagnostics;
    for (const { code, severity, message, where } of diagnostics) {
      const at = where === null ? "" : `${where.file}:${where.line}:${where.column}: `;
      this.#event("diagnostic", `${at}${message}`, { status: severity, reason: code });
    }
    if (workspace === null) return;
    await this.#parts.connect(workspace);
    const names = new Set(workspace.forwards.map(({ name }) => name));
    this.#stopped.forget(this.#workspace.forwards.map(({ name }) => name).filter((name) => !names.has(name)));
    this.#workspace = workspace;
    this.#revision++;
    // Not awaited: a pass that takes long must not keep the next save from being read.
    void this.#loop.look({ kind: "file", detail: this.#parts.file }).then((report) => this.#tellPass(report));
  }

  #tellPass({ plan, workspace }: PassReport): void {
    if (workspace === null) return;
    const { create, change, delete: removed, replace, blocked } = plan.summary;
    const parts = [
      [create, "added"],
      [change, "changed"],
      [removed, "deleted"],
      [replace, "replaced"],
      [blocked, "blocked"],
    ] as const;
    const words = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`).join(", ");
    this.#event("reload", `Revision ${this.#revision}: ${words === "" ? "no changes" : words}`);
  }

  #logAction({ action, outcome, duration }: ActionResult): void {
    const { op, key } = action;
    const facts = { reconcile: this.#pass, key, op, status: outcome.status, ms: Math.round(duration) };
    if (outcome.status === "failed") {
      this.#parts.log.warn("action failed", { ...facts, reason: outcome.reason, why: outcome.message });
    } else this.#parts.log.info("action", facts);
  }

  #tellAction({ action, outcome }: ActionResult): void {
    const end = this.#progress.ended(action.key, outcome);
    if (end !== null) this.#tell({ time: this.#time(), ...end });
    if (outcome.status !== "failed" && outcome.status !== "blocked") return;
    // It only waits for its next attempt: that it failed was said when it did.
    if (outcome.reason === "backing-off") return;
    const words = `${outcome.reason} ${outcome.message}`;
    if (this.#failureWords.get(action.key) === words) return;
    this.#failureWords.set(action.key, words);
    if (this.#isInStatus(action.key, outcome.message)) return;
    this.#tell({
      time: this.#time(),
      type: "action",
      key: action.key,
      status: outcome.status,
      reason: outcome.reason,
      message: outcome.message,
    });
  }

  /** What is no longer tried, or got done, is news when it fails again. */
  #forgetFailures(results: readonly ActionResult[]): void {
    const failing = new Set(results.filter(({ outcome }) => outcome.status !== "done").map(({ action }) => action.key));
    for (const key of [...this.#failureWords.keys()]) if (!failing.has(key)) this.#failureWords.delete(key);
  }

  /** Whether a forward's own status says it: the change of that was an event already. */
  #isInStatus(key: Key, message: string): boolean {
    return this.#parts.forwarders.status().some((one) => `forward:${one.name}` === key && one.message === message);
  }

  #tellClusters(): void {
    for (const { name, reachable, reason, message, version } of this.#parts.registry.status()) {
      if (reachable === null) continue;
      const words = reachable ? version ?? "version unknown" : message ?? "not reachable";
      if (this.#clusterWords.get(name) === words) continue;
      this.#clusterWords.set(name, words);
      this.#tell({
        time: this.#time(),
        type: "cluster",
        key: `cluster:${name}`,
        status: reachable ? "Reachable" : "Unreachable",
        reason,
        message: words,
      });
    }
  }

  #event(type: string, message: string, more: { readonly status?: string; readonly reason?: string } = {}): void {
    this.#tell({
      time: this.#time(),
      type,
      key: null,
      status: more.status ?? null,
      reason: more.reason ?? null,
      message,
    });
  }

  #records(): ForwardStatus[] {
    const running = this.#parts.forwarders.status().filter(({ name }) => !this.#stopped.has(name));
    return [...running, ...this.#stopped.status()];
  }

  #find(name: string): ForwardStatus | undefined {
    return this.#records().find((one) => one.name === name);
  }

  #tell(event: Event): void {
    this.#recent.add(event);
    for (const listener of [...this.#listeners]) listener(event);
  }

  #time(): string {
    return new Date(this.#parts.clock.now()).toISOString();
  }
}
