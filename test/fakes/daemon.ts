import type { ControlClient } from "../../src/control/client.ts";
import type { ControlReason, Daemon, DaemonMessage, ServiceQuery } from "../../src/control/daemon_api.ts";
import type { ForwardDetails, ForwardVerb, HistoryQuery } from "../../src/model/forward_details.ts";
import type { RunningForward } from "../../src/model/forwarders.ts";
import type { Port } from "../../src/model/port.ts";
import type { Outcome, Plan } from "../../src/model/plan.ts";
import type { Event } from "../../src/model/status.ts";
import type { StatusDocument } from "../../src/model/status_document.ts";
import { NOW, planOf, statusOf } from "../view/fixtures.ts";

/** A daemon that a test drives. */
export class FakeDaemon implements Daemon {
  /** The link of its web page. */
  link: string | null = null;

  dashboard(): string | null {
    return this.link;
  }

  document: StatusDocument = statusOf();
  readonly #listeners = new Set<(event: Event) => void>();

  /** The ports of every Service. */
  ports: readonly Port[] = [];

  servicePorts({ cluster, service }: ServiceQuery): Promise<readonly Port[]> {
    this.asked.push(`ports of ${service} in ${cluster}`);
    return Promise.resolve(this.ports);
  }

  status(): StatusDocument {
    return this.document;
  }

  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  downs = 0;
  reloads = 0;
  running: readonly RunningForward[] = [];
  planned: Plan = planOf([]);
  past: readonly Event[] = [];
  inside: ForwardDetails | null = null;
  outcome: Outcome = { status: "done" };
  /** What was asked of it: `approve a b`, `stop web`, `history {…}`. */
  readonly asked: string[] = [];

  runningSpecs(): readonly RunningForward[] {
    return this.running;
  }

  plan(): Promise<Plan> {
    return Promise.resolve(this.planned);
  }

  approve(keys: readonly string[]): void {
    this.asked.push(`approve ${keys.join(" ")}`);
  }

  control(name: string, verb: ForwardVerb, { to }: ControlReason = {}): Promise<Outcome> {
    this.asked.push(`${verb} ${name}${to === undefined ? "" : ` for ${to}`}`);
    return Promise.resolve(this.outcome);
  }

  details(name: string): ForwardDetails | null {
    return this.inside?.status.name === name ? this.inside : null;
  }

  history(query: HistoryQuery): Promise<readonly Event[]> {
    this.asked.push(`history ${JSON.stringify(query)}`);
    return Promise.resolve(this.past);
  }

  down(): void {
    this.downs++;
  }

  handOver(pid: number | null): void {
    this.asked.push(`hand over to ${pid}`);
  }

  reload(): void {
    this.reloads++;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  emit(event: Partial<Event>): void {
    const whole = {
      time: new Date(NOW).toISOString(),
      type: "status",
      key: null,
      status: null,
      reason: null,
      message: "",
      ...event,
    };
    for (const listener of this.#listeners) listener(whole);
  }
}

/** A client of a fake daemon; its event stream is fed and ended by the test. */
export class FakeClient implements ControlClient {
  servicePorts(asked: ServiceQuery): Promise<readonly Port[]> {
    return this.daemon.servicePorts(asked);
  }

  dashboard(): Promise<string | null> {
    return Promise.resolve(this.daemon.link);
  }

  readonly daemon: FakeDaemon;
  readonly asked: string[] = [];
  closed = false;
  #queue: DaemonMessage[] = [];
  #ended = false;
  #wake = (): void => {};

  constructor(daemon: FakeDaemon) {
    this.daemon = daemon;
  }

  status(signal: AbortSignal): Promise<StatusDocument> {
    if (signal.aborted) return Promise.reject(signal.reason);
    this.asked.push("status");
    return Promise.resolve(this.daemon.document);
  }

  forwards(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }

  plan(): Promise<Plan> {
    return this.daemon.plan();
  }

  approve(keys: readonly string[]): Promise<void> {
    this.daemon.approve(keys);
    return Promise.resolve();
  }

  control(name: string, verb: ForwardVerb): Promise<Outcome> {
    return this.daemon.control(name, verb);
  }

  yieldPort(name: string, { to }: { readonly to: string }): Promise<Outcome> {
    return this.daemon.control(name, "stop", { to });
  }

  details(name: string): Promise<ForwardDetails | null> {
    return Promise.resolve(this.daemon.details(name));
  }

  history(query: HistoryQuery): Promise<readonly Event[]> {
    return this.daemon.history(query);
  }

  async *events(signal: AbortSignal): AsyncGenerator<DaemonMessage> {
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    yield { kind: "snapshot", status: this.daemon.document };
    for (;;) {
      signal.throwIfAborted();
      const next = this.#queue.shift();
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Puts an event into the stream. */
  push(message: DaemonMessage): void {
    this.#queue.push(message);
    this.#wake();
  }

  /** Ends the stream, as the end of the process does. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  down(): Promise<void> {
    this.asked.push("down");
    this.end();
    return Promise.resolve();
  }

  handOver(pid: number): Promise<void> {
    this.daemon.handOver(pid);
    this.end();
    return Promise.resolve();
  }

  reload(): Promise<void> {
    this.asked.push("reload");
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }
}
