import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { PassReport, ReconcileLoop } from "../engine/loop.ts";
import { AccessError } from "../model/cluster_access.ts";
import type { ForwardDetails, ForwardVerb, HistoryQuery } from "../model/forward_details.ts";
import type { RunningForward } from "../model/forwarders.ts";
import { type Key, key } from "../model/key.ts";
import type { Outcome, Plan } from "../model/plan.ts";
import type { Port } from "../model/port.ts";
import type { Event, ForwardStatus } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";
import type { Workspace } from "../model/workspace.ts";
import { ActionNews } from "./action_news.ts";
import { ClusterNews } from "./cluster_news.ts";
import type { ControlReason, Daemon, ServiceQuery } from "./daemon_api.ts";
import type { DaemonParts, Reading } from "./daemon_parts.ts";
import { PassLog } from "./pass_log.ts";
import { RecentEvents } from "./recent_events.ts";
import { StoppedForwards } from "./stopped_forwards.ts";
import { Throughput } from "./throughput.ts";

/** The process that holds a workspace: joins file, loop, clusters and forwarders, and says how they are. */
export class WorkspaceDaemon implements Daemon {
  readonly #parts: DaemonParts;
  readonly #loop: ReconcileLoop;
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #detach: (() => void)[] = [];
  readonly #startedAt: string;
  readonly #stopped = new StoppedForwards();
  readonly #actions: ActionNews;
  readonly #clusters = new ClusterNews();
  readonly #recent = new RecentEvents();
  readonly #throughput: Throughput;
  #approved: ReadonlySet<Key> = new Set();
  #workspace: Workspace;
  #diagnostics: readonly Diagnostic[];
  #revision = 0;
  #reading: Promise<void> | null = null;
  #readAgain = false;

  constructor(parts: DaemonParts, first: Reading & { readonly workspace: Workspace }) {
    this.#parts = parts;
    this.#workspace = first.workspace;
    this.#diagnostics = first.diagnostics;
    this.#startedAt = this.#time();
    // The change of a forward's own status was an event already.
    this.#actions = new ActionNews(
      parts.clock,
      (key, message) =>
        parts.forwarders.status().some((one) => `forward:${one.name}` === key && one.message === message),
    );
    const log = new PassLog(parts.log);
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
        onPassStart: (pass) => log.started(pass),
        onPlan: (plan) => log.planned(plan),
        onActionEnd: (result) => {
          log.acted(result);
          for (const event of this.#actions.ended(result)) this.#news(event);
        },
        onPassEnd: (report) => {
          log.ended(report);
          this.#actions.passEnded(report.results);
        },
        onBug: (error, action) => parts.log.error("A bug in the control plane", { error, key: action?.key ?? null }),
      },
    });
    this.#detach.push(
      parts.forwarders.subscribe((event) => this.#handOn(event)),
      parts.registry.subscribe(() => {
        for (const event of this.#clusters.of(parts.registry.status())) this.#news(event);
      }),
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
    if (event.type === "progress" && event.key !== null) this.#actions.progressed(event.key);
    this.#news(event);
  }

  plan(signal: AbortSignal): Promise<Plan> {
    return this.#parts.plan(this.#workspace, { running: (workspace) => this.#stopped.running(workspace), signal });
  }

  approve(keys: readonly Key[]): void {
    this.#approved = new Set([...this.#approved, ...keys]);
    this.#event("approve", `Approved: ${keys.join(", ")}`);
    void this.#loop.look({ kind: "command", detail: "approve" });
  }

  async control(name: string, verb: ForwardVerb, { to }: ControlReason = {}): Promise<Outcome> {
    const status = this.#find(name);
    if (status === undefined && !this.#stopped.knows(name)) {
      return { status: "failed", reason: "unknown-forward", message: `No forward called '${name}' runs`, retry: false };
    }
    const stopped = this.#stopped.has(name);
    if (verb === "stop" ? stopped : verb === "start" && !stopped) return { status: "done" };
    const forward = key("forward", name);
    const message = to === undefined ? `${verb} by hand` : `${verb}: its port goes to the workspace ${to}`;
    this.#news({ type: "command", key: forward, status: null, reason: null, message });
    switch (verb) {
      case "stop":
        this.#stopped.stop(name, { since: this.#time(), last: status, to });
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
    return report.results.find(({ action }) => action.key === forward)?.outcome ?? { status: "done" };
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
    void this.#loop.look({ kind: "file", detail: this.#parts.file }).then(({ plan, workspace }) => {
      if (workspace !== null) this.#event("reload", `Revision ${this.#revision}: ${summaryWords(plan.summary)}`);
    });
  }

  #event(type: string, message: string, more: { readonly status?: string; readonly reason?: string } = {}): void {
    this.#news({ type, key: null, status: more.status ?? null, reason: more.reason ?? null, message });
  }

  #records(): ForwardStatus[] {
    const running = this.#parts.forwarders.status().filter(({ name }) => !this.#stopped.has(name));
    return [...running, ...this.#stopped.status()];
  }

  #find(name: string): ForwardStatus | undefined {
    return this.#records().find((one) => one.name === name);
  }

  /** Tells of something that happens now. */
  #news(event: Omit<Event, "time">): void {
    this.#handOn({ time: this.#time(), ...event });
  }

  /** Hands an event on. */
  #handOn(event: Event): void {
    this.#recent.add(event);
    for (const listener of [...this.#listeners]) listener(event);
  }

  #time(): string {
    return new Date(this.#parts.clock.now()).toISOString();
  }
}

function summaryWords({ create, change, delete: removed, replace, blocked }: Plan["summary"]): string {
  const parts = [
    [create, "added"],
    [change, "changed"],
    [removed, "deleted"],
    [replace, "replaced"],
    [blocked, "blocked"],
  ] as const;
  const words = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`).join(", ");
  return words === "" ? "no changes" : words;
}
