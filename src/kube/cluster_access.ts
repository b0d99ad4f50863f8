import type { ClusterAccess, PodRef, ServiceRef, TargetState, TargetWatch, Tunnel } from "../model/cluster_access.ts";
import { AccessError } from "../model/cluster_access.ts";
import type { LiveState, LiveWants, LiveWatch } from "../model/live_cluster.ts";
import { type Meter, NO_METER } from "../model/meter.ts";
import type { Selection, ServiceWriter } from "../model/service_writer.ts";
import type { Port } from "../model/port.ts";
import type { ClusterStatus } from "../model/status.ts";
import type { ClusterSpec, Protocol, Target, TargetPort } from "../model/workspace.ts";
import type { Clock, Log, Random } from "../model/world.ts";
import { linkAbort } from "./abort.ts";
import { CacheSet } from "./cache_set.ts";
import { CarrierChoice } from "./carrier_choice.ts";
import { ClusterLink } from "./cluster_link.ts";
import type { KubeconfigChoice } from "./kubeconfig.ts";
import { writtenChoice } from "./kubeconfig_choice.ts";
import { selectTarget } from "./discovery/selection.ts";
import { servicePorts } from "./discovery/service_ports.ts";
import { liveState, liveText } from "./discovery/live_view.ts";
import { lookOnce } from "./look_once.ts";
import { type LiveRecipe, LiveValue, type Unknown } from "./live_value.ts";
import { servicesWriter } from "./services_writer.ts";
import { resolveTarget } from "./targets/resolve.ts";
import type { Transport } from "./transport.ts";

/** Opens a tunnel to a pod over a transport. */
export type OpenTunnel = (transport: Transport, pod: PodRef, signal: AbortSignal) => Promise<Tunnel>;

/** What a cluster needs of the world. */
export interface ClusterWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent: nothing is measured. */
  readonly meter?: Meter;
  readonly env: (name: string) => string | undefined;
  /** The user's home directory, where there is one. */
  readonly home: string | undefined;
  /** Whether this process runs in a container: `127.0.0.1` of a kubeconfig then is not the host. Absent: it does not. */
  readonly inContainer?: () => Promise<boolean>;
  /** Instead of `connectTunnel` of `tunnel.ts`. */
  readonly openTunnel?: OpenTunnel;
  /**
   * Where the kubeconfig of a cluster is that the file does not name one for, or what it holds: a sandbox, k3d; null: as the file says. Asked
   * at each reading.
   */
  readonly resolve?: (spec: ClusterSpec) => Promise<Omit<KubeconfigChoice, "cluster"> | null>;
}

/**
 * Access to one cluster. Lazy: nothing is read or dialled before the first `watch` or `openTunnel`, and nothing here ever waits for
 * another cluster. While something is watched, the link looks after the API server (`ClusterLink`); what was known of a target stays
 * known while the server is out of reach, and `status` says that it is.
 */
export function connectCluster(spec: ClusterSpec, world: ClusterWorld): ClusterAccess {
  return new LiveCluster(spec, world);
}

type Known<State> = Exclude<State, Unknown>;

class LiveCluster implements ClusterAccess {
  readonly name: string;
  readonly #spec: ClusterSpec;
  readonly #world: ClusterWorld;
  readonly #link: ClusterLink;
  readonly #caches: CacheSet;
  readonly #live = new Set<{ close(): void }>();
  #services: ServiceWriter | null = null;
  readonly #stop = new AbortController();
  readonly #carrier = new CarrierChoice();

  constructor(spec: ClusterSpec, world: ClusterWorld) {
    this.name = spec.name;
    this.#spec = spec;
    this.#world = world;
    this.#link = new ClusterLink({ ...world, cluster: spec.name, load: (signal) => this.#load(signal) });
    const meter = world.meter ?? NO_METER;
    this.#caches = new CacheSet(this.#link, {
      clock: world.clock,
      random: world.random,
      log: world.log,
      onRestart: (kind) => meter.watchRestarted(spec.name, kind),
    });
    this.#link.onRecovered(() => this.#caches.redial());
  }

  get services(): ServiceWriter {
    return this.#services ??= servicesWriter(this.#link);
  }

  follow(wants: LiveWants): LiveWatch {
    return this.#keep<Known<LiveState>>({ look: (snapshot) => liveState(snapshot, wants), text: liveText });
  }

  select(target: Target, port: TargetPort, signal: AbortSignal): Promise<Selection> {
    return selectTarget({ target, port, kecs: this.#spec.kecs }, { caches: this.#caches, link: this.#link, signal });
  }

  async servicePorts(service: ServiceRef, signal: AbortSignal): Promise<readonly Port[]> {
    const { kecs } = this.#spec;
    return await lookOnce((snapshot) => servicePorts(snapshot, { ...service, kecs }), {
      caches: this.#caches,
      link: this.#link,
      signal,
    });
  }

  get status(): ClusterStatus {
    return { name: this.name, kind: this.#spec.access.kind, ...this.#link.state };
  }

  subscribe(listener: () => void): () => void {
    return this.#link.subscribe(listener);
  }

  watch(target: Target, port: TargetPort, options?: { readonly protocol: Protocol }): TargetWatch {
    const query = { target, port, kecs: this.#spec.kecs, ...options };
    return this.#keep<Known<TargetState>>({
      look: (snapshot) => resolveTarget(snapshot, query),
      text: (state) => JSON.stringify(state),
    });
  }

  async openTunnel(pod: PodRef, signal: AbortSignal): Promise<Tunnel> {
    const release = this.#link.hold();
    const abort = linkAbort(signal);
    const stop = () => abort.abort(this.#stop.signal.reason);
    this.#stop.signal.addEventListener("abort", stop, { once: true });
    try {
      const session = await this.#link.sessionNow(abort.signal);
      abort.signal.throwIfAborted();
      try {
        return await this.#open(session.transport, pod, abort.signal);
      } catch (error) {
        if (error instanceof AccessError && !abort.signal.aborted && isLoss(error)) this.#link.suspect(error, session);
        throw error;
      }
    } finally {
      this.#stop.signal.removeEventListener("abort", stop);
      abort.unlink();
      release();
    }
  }

  refresh(): void {
    this.#carrier.forget();
    this.#link.refresh();
    this.#caches.redial();
  }

  async close(): Promise<void> {
    this.#stop.abort(new AccessError("cluster-unreachable", `cluster ${this.name} is not used any more`));
    for (const live of this.#live) live.close();
    this.#live.clear();
    const caches = this.#caches.close();
    this.#link.close();
    await caches;
  }

  #keep<State extends { readonly kind: "known" | "missing" }>(recipe: LiveRecipe<State>) {
    const live = new LiveValue(recipe, { caches: this.#caches, link: this.#link });
    this.#live.add(live);
    return {
      get state(): State | Unknown {
        return live.state;
      },
      subscribe: (listener: () => void) => live.subscribe(listener),
      close: () => {
        this.#live.delete(live);
        live.close();
      },
    };
  }

  async #open(transport: Transport, pod: PodRef, signal: AbortSignal): Promise<Tunnel> {
    const { openTunnel, clock, log } = this.#world;
    if (openTunnel !== undefined) return await openTunnel(transport, pod, signal);
    const { connectTunnel } = await import("./tunnel.ts");
    signal.throwIfAborted();
    return await connectTunnel(transport, pod, { carrier: this.#carrier, signal, clock, log });
  }

  async #load(signal: AbortSignal): Promise<Transport> {
    const place = await this.#world.resolve?.(this.#spec) ?? writtenChoice(this.#spec);
    const { loadTransport } = await import("./load_transport.ts");
    const transport = await loadTransport({ ...place, cluster: this.name }, { ...this.#world, signal });
    const { note } = transport;
    if (note !== undefined) this.#world.log.info("a note on the way to the cluster", { cluster: this.name, note });
    return transport;
  }
}

/** Whether a tunnel failed because of the cluster and not because of its pod. */
function isLoss(error: AccessError): boolean {
  return error.reason === "cluster-unreachable" || error.reason === "unauthorized";
}
