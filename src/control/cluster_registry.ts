import {
  AccessError,
  type ClusterAccess,
  type TargetState,
  type TargetWatch,
  type Tunnel,
} from "../model/cluster_access.ts";
import type { LiveState, LiveWants, LiveWatch } from "../model/live_cluster.ts";
import type { Port } from "../model/port.ts";
import type { Selection, ServiceWriter } from "../model/service_writer.ts";
import type { ClusterStatus } from "../model/status.ts";
import type { ClusterSpec, Workspace } from "../model/workspace.ts";

/** Makes the connection to one cluster. Must not block: what it finds is in its status. */
export type Connect = (spec: ClusterSpec) => ClusterAccess;

/**
 * The clusters of the workspace in force. A forward holds on to a cluster by name: when the entry in the file changes, the connection below is
 * replaced and every watch moves over, while listeners and open connections stay.
 */
export class ClusterRegistry {
  readonly #connect: Connect;
  readonly #released: (spec: ClusterSpec) => Promise<void>;
  readonly #clusters = new Map<string, SwappableCluster>();
  readonly #listeners = new Set<() => void>();

  /** `released` is called after the connection to a cluster has been closed: what was made for it alone can go. */
  constructor(connect: Connect, released: (spec: ClusterSpec) => Promise<void> = () => Promise.resolve()) {
    this.#connect = connect;
    this.#released = released;
  }

  /** Calls `listener` after every change of a cluster's status. Returns the way to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Connects what is new, replaces what changed, lets go of what is gone. */
  async use(workspace: Workspace): Promise<void> {
    const closing: Promise<void>[] = [];
    for (const [name, cluster] of this.#clusters) {
      if (workspace.clusters.has(name)) continue;
      this.#clusters.delete(name);
      closing.push(this.#close(cluster));
    }
    for (const spec of workspace.clusters.values()) {
      const there = this.#clusters.get(spec.name);
      if (there === undefined) {
        const cluster = new SwappableCluster(spec, this.#connect(spec));
        cluster.subscribe(() => this.#changed());
        this.#clusters.set(spec.name, cluster);
      } else if (!sameCluster(there.spec, spec)) {
        const old = there.spec;
        closing.push(there.swap(spec, this.#connect(spec)).then(() => this.#released(old)));
      }
    }
    await Promise.all(closing);
  }

  async #close(cluster: SwappableCluster): Promise<void> {
    await cluster.close();
    await this.#released(cluster.spec);
  }

  /** The cluster called `name`, if the workspace in force has it. */
  get(name: string): ClusterAccess | undefined {
    return this.#clusters.get(name);
  }

  /** All of them, in the order in which they came. */
  status(): readonly ClusterStatus[] {
    return [...this.#clusters.values()].map((cluster) => cluster.status);
  }

  /** Looks again at everything now. */
  refresh(): void {
    for (const cluster of this.#clusters.values()) cluster.refresh();
  }

  async close(): Promise<void> {
    const all = [...this.#clusters.values()];
    this.#clusters.clear();
    await Promise.all(all.map((cluster) => this.#close(cluster)));
  }
}

/** Whether two entries lead to the same connection. Where they stand in the file does not matter. */
function sameCluster(a: ClusterSpec, b: ClusterSpec): boolean {
  const facts = ({ access, kecs }: ClusterSpec) =>
    JSON.stringify([
      access.kind,
      access.kind === "kubeconfig" ? [access.kubeconfig ?? null, access.context ?? null] : [],
      // Other flags change the cluster, not the way to it.
      access.kind === "k3d" ? access.spec.name : null,
      kecs === undefined ? null : [kecs.instance, kecs.region],
    ]);
  return facts(a) === facts(b);
}

/** A cluster whose connection can be replaced under its users. */
class SwappableCluster implements ClusterAccess {
  readonly name: string;
  spec: ClusterSpec;
  #inner: ClusterAccess;
  #unsubscribe: () => void;
  readonly #listeners = new Set<() => void>();
  readonly #watches = new Set<{ move(): void; close(): void }>();

  constructor(spec: ClusterSpec, inner: ClusterAccess) {
    this.name = spec.name;
    this.spec = spec;
    this.#inner = inner;
    this.#unsubscribe = inner.subscribe(() => this.#changed());
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  get status(): ClusterStatus {
    return this.#inner.status;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(...args: Parameters<ClusterAccess["watch"]>): TargetWatch {
    const watch: SwappableWatch<TargetState> = new SwappableWatch({
      open: () => this.#inner.watch(...args),
      gone: GONE,
      onClose: () => this.#watches.delete(watch),
    });
    this.#watches.add(watch);
    return watch;
  }

  follow(wants: LiveWants): LiveWatch {
    const watch: SwappableWatch<LiveState> = new SwappableWatch({
      open: () => this.#inner.follow?.(wants) ?? NOT_FOLLOWED,
      gone: GONE,
      onClose: () => this.#watches.delete(watch),
    });
    this.#watches.add(watch);
    return watch;
  }

  select(...args: Parameters<NonNullable<ClusterAccess["select"]>>): Promise<Selection> {
    const none = { kind: "none", message: "this cluster cannot be looked at for that", retry: false } as const;
    return this.#inner.select?.(...args) ?? Promise.resolve(none);
  }

  servicePorts(...args: Parameters<NonNullable<ClusterAccess["servicePorts"]>>): Promise<readonly Port[]> {
    return this.#inner.servicePorts?.(...args) ?? Promise.resolve([]);
  }

  get services(): ServiceWriter {
    return {
      create: async (...args) => await (this.#inner.services ?? NOT_WRITTEN).create(...args),
      delete: async (...args) => await (this.#inner.services ?? NOT_WRITTEN).delete(...args),
    };
  }

  openTunnel(...args: Parameters<ClusterAccess["openTunnel"]>): Promise<Tunnel> {
    return this.#inner.openTunnel(...args);
  }

  refresh(): void {
    this.#inner.refresh();
  }

  async swap(spec: ClusterSpec, inner: ClusterAccess): Promise<void> {
    const old = this.#inner;
    this.#unsubscribe();
    this.spec = spec;
    this.#inner = inner;
    this.#unsubscribe = inner.subscribe(() => this.#changed());
    for (const watch of this.#watches) watch.move();
    this.#changed();
    await old.close();
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#listeners.clear();
    for (const watch of [...this.#watches]) watch.close();
    await this.#inner.close();
  }
}

/** What watches have in common. */
interface Watch<S> {
  readonly state: S;
  subscribe(listener: () => void): () => void;
  close(): void;
}

const GONE = {
  kind: "unknown",
  reason: "cluster-unreachable",
  message: "the cluster is no longer in the file",
} as const;

const NOT_FOLLOWED: LiveWatch = {
  state: { kind: "unknown", reason: "route-unavailable", message: "nothing can be followed in this cluster" },
  subscribe: () => () => {},
  close: () => {},
};

const cannot = () => Promise.reject(new AccessError("route-unavailable", "nothing can be made in this cluster"));
const NOT_WRITTEN: ServiceWriter = { create: cannot, delete: cannot };

/** A watch that moves to the new connection when its cluster is replaced. */
class SwappableWatch<S> implements Watch<S> {
  readonly #open: () => Watch<S>;
  readonly #gone: S;
  readonly #onClose: () => void;
  readonly #listeners = new Set<() => void>();
  #inner: Watch<S> | null = null;
  #unsubscribe: () => void = () => {};

  constructor({ open, gone, onClose }: {
    readonly open: () => Watch<S>;
    /** The state once it is closed. */
    readonly gone: S;
    readonly onClose: () => void;
  }) {
    this.#open = open;
    this.#gone = gone;
    this.#onClose = onClose;
    this.#attach();
  }

  #attach(): void {
    this.#inner = this.#open();
    this.#unsubscribe = this.#inner.subscribe(() => this.#changed());
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  get state(): S {
    return this.#inner === null ? this.#gone : this.#inner.state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  move(): void {
    this.#unsubscribe();
    this.#inner?.close();
    this.#attach();
    this.#changed();
  }

  close(): void {
    this.#unsubscribe();
    this.#inner?.close();
    this.#inner = null;
    this.#listeners.clear();
    this.#onClose();
  }
}
