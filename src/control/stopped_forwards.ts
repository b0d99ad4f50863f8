import { type ForwardStatus } from "../model/status.ts";
import { describeTarget, type ForwardSpec, type Workspace } from "../model/workspace.ts";

interface Stopped {
  /** ISO 8601 in UTC. */
  readonly since: string;
  /** What it had counted until then. */
  readonly last: ForwardStatus | undefined;
  /** The root file of the workspace that its port went to; absent: a person stopped it. */
  readonly to?: string | undefined;
}

/** The forwards that a person stopped while the daemon runs. A fact of this run: written in no file, and not undone by one. */
export class StoppedForwards {
  readonly #stopped = new Map<string, Stopped>();
  #specs: ReadonlyMap<string, ForwardSpec> = new Map();

  has(name: string): boolean {
    return this.#stopped.has(name);
  }

  stop(name: string, how: Stopped): void {
    if (!this.#stopped.has(name)) this.#stopped.set(name, how);
  }

  /** False where it was not stopped. */
  start(name: string): boolean {
    return this.#stopped.delete(name);
  }

  /** What went out of the file may come back as something else: it is not stopped then. */
  forget(names: readonly string[]): void {
    for (const name of names) this.#stopped.delete(name);
  }

  /** Whether the last pass knew of a forward of this name. */
  knows(name: string): boolean {
    return this.#specs.has(name);
  }

  /** The names that the last pass knew of. */
  get known(): readonly string[] {
    return [...this.#specs.keys()];
  }

  /** What of a pass' workspace is to run. */
  running(workspace: Workspace): Workspace {
    this.#specs = new Map(workspace.forwards.map((spec) => [spec.name, spec]));
    if (this.#stopped.size === 0) return workspace;
    return { ...workspace, forwards: workspace.forwards.filter(({ name }) => !this.#stopped.has(name)) };
  }

  /** A record for each that is stopped and would else run. */
  status(): readonly ForwardStatus[] {
    return [...this.#stopped].flatMap(([name, how]) => {
      const spec = this.#specs.get(name);
      return spec === undefined ? [] : [record(spec, how)];
    });
  }
}

function record(spec: ForwardSpec, { since, last, to }: Stopped): ForwardStatus {
  return {
    name: spec.name,
    cluster: spec.cluster,
    target: describeTarget(spec.target),
    targetPort: String(spec.port),
    protocol: spec.protocol,
    listen: [],
    status: "Stopped",
    reason: null,
    message: to === undefined ? "stopped by hand" : `stopped: its port went to the workspace ${to}`,
    route: null,
    routeReason: null,
    backend: null,
    lastCheck: last?.lastCheck ?? null,
    nextRetry: null,
    attempt: 0,
    reconnects: last?.reconnects ?? 0,
    since,
    connections: {
      open: 0,
      total: last?.connections.total ?? 0,
      failed: last?.connections.failed ?? 0,
      causes: last?.connections.causes ?? {},
    },
    bytes: last?.bytes ?? { in: 0, out: 0 },
  };
}
