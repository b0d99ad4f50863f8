import type { TriggerSource } from "../engine/triggers.ts";
import type { ClusterAccess } from "../model/cluster_access.ts";
import type { LiveState, LiveWants, LiveWatch } from "../model/live_cluster.ts";
import type { Port } from "../model/port.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Clock } from "../model/world.ts";
import { expand, type Expansion } from "./expansion.ts";

/** How long a NodePort that was refused though it looked free is passed over, in milliseconds: whatever has it shows up by then, or is gone. */
const REFUSED_FOR = 60_000;

/** What the live clusters need. */
export interface LiveClustersOptions {
  readonly clusters: (name: string) => ClusterAccess | undefined;
  readonly clock: Clock;
  /** Clusters to look at beside those that the file asks for: where Services of ours may be. */
  readonly touched: ReadonlySet<string>;
  /** Local ports that k3d publishes for a cluster. */
  readonly published?: (cluster: string) => ReadonlySet<Port>;
}

interface Followed {
  readonly wants: LiveWants;
  readonly watch: LiveWatch;
  readonly unsubscribe: () => void;
  /** As last known: a connection that is made anew takes nothing back. */
  last: LiveState;
}

/** The clusters whose contents make forwards come and go, and the workspace that follows from them. */
export class LiveClusters {
  readonly #options: LiveClustersOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #listeners = new Set<(cluster: string) => void>();
  readonly #refused = new Map<string, Map<Port, number>>();
  #locals: ReadonlyMap<string, Port> = new Map();

  /** Follows nothing yet. */
  constructor(options: LiveClustersOptions) {
    this.#options = options;
  }

  /** Follows what the workspace asks for, after its clusters have been connected; lets go of the rest. */
  use(workspace: Workspace): void {
    const wanted = wantsOf(workspace, this.#options.touched);
    const before = new Map(this.#followed);
    for (const [name, one] of this.#followed) {
      if (sameWants(wanted.get(name), one.wants)) continue;
      one.unsubscribe();
      one.watch.close();
      this.#followed.delete(name);
    }
    for (const [name, wants] of wanted) {
      const watch = this.#followed.has(name) ? undefined : this.#options.clusters(name)?.follow?.(wants);
      if (watch === undefined) continue;
      const last = stillKnown(before.get(name), { wants, state: watch.state });
      const one: Followed = { wants, watch, last, unsubscribe: watch.subscribe(() => this.#look(name)) };
      this.#followed.set(name, one);
    }
  }

  /** Wakes the loop at each change in a cluster. */
  readonly source: TriggerSource = (fire) => this.subscribe((cluster) => fire({ kind: "watch", detail: cluster }));

  /** Calls `listener` with the cluster's name after each change in it. */
  subscribe(listener: (cluster: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The workspace with what follows from the clusters now. */
  expand(workspace: Workspace): Expansion {
    const now = this.#options.clock.monotonic();
    const expansion = expand(workspace, {
      live: (cluster) => this.#followed.get(cluster)?.last,
      remembered: (forward) => this.#locals.get(forward),
      refused: (cluster) => this.#refusedNow(cluster, now),
      ...(this.#options.published === undefined ? {} : { published: this.#options.published }),
    });
    const written = new Set(workspace.forwards.map(({ name }) => name));
    this.#locals = new Map(
      expansion.workspace.forwards.flatMap(({ name, local, blocked }) =>
        written.has(name) || local.kind !== "fixed" || blocked !== undefined ? [] : [[name, local.port]]
      ),
    );
    return expansion;
  }

  /** What a cluster holds, as soon as that is known or cannot be: at the latest after `timeout` milliseconds. Rejects with the signal's reason. */
  async live(cluster: string, { signal, timeout }: {
    readonly signal: AbortSignal;
    readonly timeout: number;
  }): Promise<LiveState> {
    const one = this.#followed.get(cluster);
    if (one === undefined) {
      return { kind: "unknown", reason: "cluster-unreachable", message: `cluster ${cluster} is not connected` };
    }
    await this.#settled(one, { signal, timeout });
    return one.last;
  }

  /** Resolves when every followed cluster has said what it holds, or cannot, or after `timeout` milliseconds. */
  async ready({ signal, timeout }: { readonly signal: AbortSignal; readonly timeout: number }): Promise<void> {
    await Promise.all([...this.#followed.values()].map((one) => this.#settled(one, { signal, timeout })));
  }

  /** The real name of a load balancer of a cluster; that of the given listener where it has one of its own. */
  albName(cluster: string, { alb, listener }: { readonly alb: string; readonly listener: Port }): string | undefined {
    const state = this.#followed.get(cluster)?.last;
    if (state?.kind !== "known") return undefined;
    const named = state.live.albs.filter(({ name }) => name === alb);
    return (named.find((one) => one.listener === listener) ?? named[0])?.dnsName;
  }

  /** A NodePort was refused though it looked free. */
  refused({ cluster, nodePort }: { readonly cluster: string; readonly nodePort: Port }): void {
    const there = this.#refused.get(cluster) ?? new Map<Port, number>();
    there.set(nodePort, this.#options.clock.monotonic() + REFUSED_FOR);
    this.#refused.set(cluster, there);
  }

  close(): void {
    this.#listeners.clear();
    for (const { unsubscribe, watch } of this.#followed.values()) {
      unsubscribe();
      watch.close();
    }
    this.#followed.clear();
  }

  #look(cluster: string): void {
    const one = this.#followed.get(cluster);
    if (one === undefined) return;
    const { state } = one.watch;
    if (state.kind === "known" || one.last.kind !== "known") one.last = state;
    for (const listener of [...this.#listeners]) listener(cluster);
  }

  #refusedNow(cluster: string, now: number): ReadonlySet<Port> {
    const there = this.#refused.get(cluster);
    for (const [nodePort, until] of there ?? []) if (until <= now) there?.delete(nodePort);
    return new Set(there?.keys() ?? []);
  }

  async #settled(one: Followed, { signal, timeout }: {
    readonly signal: AbortSignal;
    readonly timeout: number;
  }): Promise<void> {
    signal.throwIfAborted();
    if (isSettled(one.watch.state)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const cancel = this.#options.clock.after(timeout, resolve);
    const unsubscribe = one.watch.subscribe(() => {
      if (isSettled(one.watch.state)) resolve();
    });
    try {
      await promise;
    } finally {
      unsubscribe();
      cancel();
      signal.removeEventListener("abort", abort);
    }
  }
}

/**
 * The first state of a watch: what an older one of the same cluster knew holds until this one knows, if that one looked at tasks where
 * this one does.
 */
function stillKnown(
  before: Followed | undefined,
  { wants, state }: { readonly wants: LiveWants; readonly state: LiveState },
): LiveState {
  if (state.kind === "known" || before === undefined) return state;
  return before.wants.tasks || !wants.tasks ? before.last : state;
}

function isSettled(state: LiveState): boolean {
  return state.kind === "known" || state.reason !== "connecting";
}

/** What to follow, by cluster. A cluster about which nothing depends on what lives is not looked at. */
function wantsOf(workspace: Workspace, touched: ReadonlySet<string>): ReadonlyMap<string, LiveWants> {
  const exposing = new Set(workspace.forwards.filter(({ expose }) => expose !== undefined).map((one) => one.cluster));
  const wants = new Map<string, LiveWants>();
  for (const { name, alb, publicIp } of workspace.clusters.values()) {
    const listens = alb !== undefined && alb.publish !== "k3d";
    if (!listens && publicIp === undefined && !exposing.has(name) && !touched.has(name)) continue;
    wants.set(name, { tasks: publicIp !== undefined, albs: listens && alb.hosts });
  }
  return wants;
}

function sameWants(a: LiveWants | undefined, b: LiveWants): boolean {
  return a !== undefined && a.tasks === b.tasks && a.albs === b.albs;
}
