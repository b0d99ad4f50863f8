import type { ClusterAccess, TargetState } from "../model/cluster_access.ts";
import type { ForwardInside } from "../model/forward_details.ts";
import type { Outcome } from "../model/plan.ts";
import type { ForwardStatus, SocketAddress } from "../model/status.ts";
import type { ForwardSpec } from "../model/workspace.ts";
import type { AnyForward, ForwardParts } from "./any_forward.ts";
import { backendsKnown } from "./backends_known.ts";
import type { BindResult } from "./bind.ts";
import { Condition } from "./condition.ts";
import type { Established } from "./dialer.ts";
import { Health } from "./health.ts";
import { hindranceOf } from "./hindrance.ts";
import { Listener, listenOutcome } from "./listener.ts";
import type { ProbeResult } from "./probe.ts";
import { ProbeLog } from "./probe_log.ts";
import { follow, type LiveTarget } from "./readiness.ts";
import { sameTarget, sameWay } from "./spec_sides.ts";
import { statusRecord } from "./status_record.ts";
import type { ForwardersWorld } from "./world.ts";

/**
 * What every running forward has, whatever it carries: its place in the file, its listener, its health, and a live view of its target.
 * How bytes get from a client to a backend is what the kinds of forwards add.
 */
export abstract class ForwardBase implements AnyForward {
  protected readonly world: ForwardersWorld;
  protected readonly listener: Listener;
  protected readonly condition: Condition;
  protected readonly health: Health;
  readonly #probes: ProbeLog;
  readonly #end = new AbortController();
  #spec: ForwardSpec;
  #cluster: ClusterAccess | null = null;
  #target: LiveTarget | null = null;
  #detach = (): void => {};

  constructor(spec: ForwardSpec, { world, heldBy, send }: ForwardParts) {
    const { clock, random, log } = world;
    this.world = world;
    this.#spec = spec;
    this.condition = new Condition(spec.name, { clock, send });
    this.listener = new Listener({
      heldBy,
      whoHolds: (address) => world.whoHolds(address, spec.protocol),
      takeOver: world.takeOver,
      leases: world.leases,
      bind: (address) =>
        this.bind(address, (code) => {
          this.health.fail({ reason: "address-unavailable", message: `the listening socket was lost (${code})` });
        }),
    });
    this.#probes = new ProbeLog(clock);
    this.health = new Health(spec, {
      clock,
      random,
      log,
      condition: this.condition,
      probe: (signal) => this.#probes.keep(() => this.probe(signal)),
      reached: ({ through }) => {
        if (through === null) this.condition.healthy();
        else this.reached(through);
      },
    });
  }

  /** Listens at one address. `onLost` takes the code of the system's error. */
  protected abstract bind(address: SocketAddress, onLost: (code: string) => void): Promise<BindResult>;
  /** Sees whether a backend answers. */
  protected abstract probe(signal: AbortSignal): Promise<ProbeResult>;
  /** A probe went through to a backend. */
  protected abstract reached(through: Pick<Established, "destination" | "reason">): void;
  /** Another cluster or target holds from now on: the ways to the former one are of no use. */
  protected abstract attach(cluster: ClusterAccess): void;
  /** The cluster was lost, or is back. */
  protected abstract turned(reachable: boolean): void;
  /** The target may have changed. `anew`: nothing that was found out of it holds. */
  protected abstract look(target: LiveTarget, anew: boolean): void;
  /** Nothing that was found out of the ways to the backends holds. */
  protected abstract forget(): void;
  /** What it has carried. */
  protected abstract readonly traffic: Pick<ForwardStatus, "connections" | "bytes">;

  abstract drain(signal: AbortSignal): Promise<void>;
  abstract wake(): void;

  get spec(): ForwardSpec {
    return this.#spec;
  }

  get addresses(): readonly SocketAddress[] {
    return this.listener.addresses;
  }

  get status(): ForwardStatus {
    return statusRecord(this.#spec, { view: this.condition.view, listener: this.listener, traffic: this.traffic });
  }

  get inside(): ForwardInside {
    return { backends: backendsKnown(this.#target?.state, this.condition), probes: this.#probes.records };
  }

  /** The target as it is seen now; null before the first spec is in force. */
  protected get target(): LiveTarget | null {
    return this.#target;
  }

  /** Aborted once the forward is closed. */
  protected get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** The target says that nothing can be reached. */
  protected hinder(state: TargetState): void {
    const starting = this.condition.view.status === "Starting";
    const { trouble, how } = hindranceOf(state, { spec: this.#spec, starting });
    this.health.hinder(trouble, how);
  }

  async apply(spec: ForwardSpec): Promise<Outcome> {
    const cluster = this.world.clusters(spec.cluster);
    if (cluster === undefined) {
      const message = `cluster ${spec.cluster} is not connected`;
      if (this.#cluster === null) this.health.fail({ reason: "cluster-unreachable", message });
      return { status: "failed", reason: "cluster-unreachable", message, retry: true };
    }
    const failure = await this.listener.listen(spec, this.#spec);
    if (failure !== null) {
      if (this.listener.addresses.length === 0) this.health.fail(failure);
      return listenOutcome(failure);
    }
    const before = this.#spec;
    this.#spec = spec;
    const moved = this.#cluster !== cluster || !sameTarget(before, spec);
    if (moved) this.#attach(cluster);
    // Where only the client's side changed, what was found out of the backends still holds.
    if (!moved && !this.health.over && sameWay(before, spec)) return { status: "done" };
    if (moved || this.health.over) this.condition.restart();
    this.health.change(spec);
    this.#look(true);
    return { status: "done" };
  }

  async release(): Promise<void> {
    await this.listener.close();
  }

  async close(): Promise<void> {
    this.health.close();
    this.#end.abort(new DOMException("the forward stops", "AbortError"));
    this.#detach();
    await this.listener.close();
    this.condition.stopped();
  }

  restart(): void {
    if (this.ended.aborted) return;
    this.forget();
    // Where it cannot listen, only the next `apply` helps.
    if (this.#cluster === null || this.listener.addresses.length === 0) return;
    this.condition.restart();
    this.health.change(this.#spec);
    this.#look(true);
  }

  #attach(cluster: ClusterAccess): void {
    this.#detach();
    this.attach(cluster);
    const { target, port, protocol } = this.#spec;
    const live = follow(cluster.watch(target, port, { protocol }), () => this.#look(false));
    let last = cluster.status.reachable;
    const unsubscribe = cluster.subscribe(() => {
      const { reachable } = cluster.status;
      if (last !== null && reachable !== null && reachable !== last) this.turned(reachable);
      last = reachable;
    });
    this.#cluster = cluster;
    this.#target = live;
    this.#detach = () => {
      unsubscribe();
      live.close();
    };
  }

  #look(anew: boolean): void {
    if (this.#target !== null && !this.ended.aborted) this.look(this.#target, anew);
  }
}
