import type { ClusterAccess } from "../../model/cluster_access.ts";
import type { ForwardInside } from "../../model/forward_details.ts";
import type { Outcome } from "../../model/plan.ts";
import type { ForwardStatus, SocketAddress } from "../../model/status.ts";
import type { ForwardSpec } from "../../model/workspace.ts";
import type { AnyForward, ForwardParts } from "../any_forward.ts";
import { backendsKnown } from "../backends_known.ts";
import { Condition } from "../condition.ts";
import { Health } from "../health.ts";
import { hindranceOf } from "../hindrance.ts";
import { Listener, listenOutcome } from "../listener.ts";
import { ProbeLog } from "../probe_log.ts";
import { type ProbeResult, runProbe } from "../probe.ts";
import { follow, type LiveTarget, readyState } from "../readiness.ts";
import { addressDestination, waysTo } from "../route_choice.ts";
import { sameTarget, sameWay } from "../spec_sides.ts";
import { statusRecord } from "../status_record.ts";
import type { ForwardersWorld } from "../world.ts";
import { Associations } from "./associations.ts";
import { bindDatagrams, type Datagram } from "./bind.ts";
import { isNodeThere } from "./node_check.ts";

/** Where datagrams may go now, and why there. */
interface DatagramWay {
  readonly addresses: readonly SocketAddress[];
  readonly reason: string;
}

/**
 * One running UDP forward: datagrams to a NodePort of the target, and the answers back. It is Active while endpoints are ready and their node
 * answers, or once a datagram came back: a server cannot be asked over UDP without knowing what it is.
 */
export class UdpForward implements AnyForward {
  readonly #world: ForwardersWorld;
  readonly #listener: Listener;
  readonly #condition: Condition;
  readonly #health: Health;
  readonly #probes: ProbeLog;
  readonly #associations: Associations;
  readonly #end = new AbortController();
  #spec: ForwardSpec;
  #cluster: ClusterAccess | null = null;
  #target: LiveTarget | null = null;
  #detach: () => void = () => {};
  #way: DatagramWay | null = null;
  #known = "";
  /** The address that answered last, to a dial or with a datagram. */
  #good: SocketAddress | null = null;
  #answered = false;

  constructor(spec: ForwardSpec, { world, heldBy, send }: ForwardParts) {
    this.#world = world;
    this.#spec = spec;
    this.#condition = new Condition(spec.name, { clock: world.clock, send });
    this.#associations = new Associations({ clock: world.clock, onAnswer: (from) => this.#heard(from) });
    this.#listener = new Listener({
      heldBy,
      whoHolds: (address) => world.whoHolds(address, "udp"),
      takeOver: world.takeOver,
      leases: world.leases,
      bind: (address) =>
        bindDatagrams(address, {
          onDatagram: (datagram) => this.#pass(datagram, address.host),
          onLost: (code) => {
            this.#health.fail({ reason: "address-unavailable", message: `the listening socket was lost (${code})` });
          },
        }),
    });
    this.#probes = new ProbeLog(world.clock);
    this.#health = new Health(spec, {
      clock: world.clock,
      random: world.random,
      log: world.log,
      condition: this.#condition,
      probe: (signal) => this.#probes.keep(() => this.#probe(signal)),
      reached: ({ through }) => {
        if (through === null) this.#condition.healthy();
        else this.#reached();
      },
    });
  }

  get spec(): ForwardSpec {
    return this.#spec;
  }

  get addresses(): readonly SocketAddress[] {
    return this.#listener.addresses;
  }

  get status(): ForwardStatus {
    return statusRecord(this.#spec, {
      view: this.#condition.view,
      listener: this.#listener,
      traffic: this.#associations.view,
    });
  }

  get inside(): ForwardInside {
    return { backends: backendsKnown(this.#target?.state, this.#condition), probes: this.#probes.records };
  }

  async apply(spec: ForwardSpec): Promise<Outcome> {
    const cluster = this.#world.clusters(spec.cluster);
    if (cluster === undefined) {
      const message = `cluster ${spec.cluster} is not connected`;
      if (this.#cluster === null) this.#health.fail({ reason: "cluster-unreachable", message });
      return { status: "failed", reason: "cluster-unreachable", message, retry: true };
    }
    const failure = await this.#listener.listen(spec, this.#spec);
    if (failure !== null) {
      if (this.#listener.addresses.length === 0) this.#health.fail(failure);
      return listenOutcome(failure);
    }
    const before = this.#spec;
    this.#spec = spec;
    const moved = this.#cluster !== cluster || !sameTarget(before, spec);
    if (moved) this.#attach(cluster);
    if (!moved && !this.#health.over && sameWay(before, spec)) return { status: "done" };
    if (moved || this.#health.over) this.#condition.restart();
    this.#health.change(spec);
    this.#known = "";
    this.#look();
    return { status: "done" };
  }

  async release(): Promise<void> {
    await this.#listener.close();
  }

  async close(): Promise<void> {
    this.#health.close();
    this.#end.abort(new DOMException("the forward stops", "AbortError"));
    this.#detach();
    await this.#listener.close();
    this.#condition.stopped();
  }

  /** Answers have no socket left to go back through: there is nothing to wait for. */
  drain(_signal: AbortSignal): Promise<void> {
    this.#associations.close();
    return Promise.resolve();
  }

  tick(): void {
    this.#associations.sweep();
  }

  wake(): void {
    this.#good = null;
    this.#answered = false;
    this.#associations.close();
    this.#health.now();
  }

  restart(): void {
    if (this.#end.signal.aborted) return;
    this.#good = null;
    this.#associations.close();
    if (this.#target === null || this.#listener.addresses.length === 0) return;
    this.#condition.restart();
    this.#health.change(this.#spec);
    this.#known = "";
    this.#look();
  }

  #attach(cluster: ClusterAccess): void {
    this.#detach();
    this.#associations.close();
    this.#cluster = cluster;
    const target = follow(cluster.watch(this.#spec.target, this.#spec.port, { protocol: "udp" }), () => this.#look());
    this.#target = target;
    let last = cluster.status.reachable;
    const unsubscribe = cluster.subscribe(() => {
      const { reachable } = cluster.status;
      if (last !== null && reachable !== null && reachable !== last) this.#health.now();
      last = reachable;
    });
    this.#detach = () => {
      unsubscribe();
      target.close();
    };
  }

  /** The target may have changed. */
  #look(): void {
    const target = this.#target;
    if (target === null || this.#end.signal.aborted) return;
    const { state } = target;
    const ready = readyState(state);
    const ways = ready === null ? null : waysTo(ready, this.#spec);
    if (ready === null || ways === null) {
      this.#use(null);
      const starting = this.#condition.view.status === "Starting";
      const { trouble, how } = hindranceOf(state, { spec: this.#spec, starting });
      return this.#health.hinder(trouble, how);
    }
    if ("unavailable" in ways) {
      this.#use(null);
      return this.#health.hinder({ reason: "route-unavailable", message: ways.unavailable }, "Failed");
    }
    const own = ready.backends.flatMap((one) => one.kind === "address" ? [one.address] : []);
    const addresses = ways.nodePorts.length > 0 ? ways.nodePorts : own;
    this.#use({ addresses, reason: ways.reason });
    this.#health.free();
    const known = JSON.stringify([addresses, ready.backends]);
    if (known === this.#known) return;
    this.#known = known;
    this.#answered = false;
    this.#health.now();
  }

  #use(way: DatagramWay | null): void {
    this.#way = way;
    if (way === null) this.#known = "";
    else this.#associations.retain(way.addresses);
  }

  #to(): SocketAddress | null {
    const { addresses } = this.#way ?? { addresses: [] };
    const good = this.#good;
    return addresses.find(({ host, port }) => host === good?.host && port === good.port) ?? addresses[0] ?? null;
  }

  #pass(datagram: Datagram, at: string): void {
    const to = this.#health.over ? null : this.#to();
    if (to === null) this.#associations.lose(datagram);
    else this.#associations.pass(datagram, { at, to });
  }

  /** A backend sent something. */
  #heard(from: SocketAddress): void {
    if (this.#answered && this.#condition.view.status === "Active") return;
    this.#answered = true;
    this.#good = from;
    this.#reached();
    this.#health.succeeded();
  }

  #reached(): void {
    const [way, to] = [this.#way, this.#to()];
    if (way === null || to === null || this.#health.over || this.#health.hindered) return;
    const checked = this.#answered ? "it has answered" : "endpoints are ready, the node answers; UDP is not probed";
    this.#condition.reached(addressDestination(to), { reason: `${way.reason}: ${checked}`, follows: false });
  }

  async #probe(signal: AbortSignal): Promise<ProbeResult> {
    const { health } = this.#spec;
    const { clock, exec } = this.#world;
    if (health.probe.kind === "exec") {
      const listen = this.#listener.addresses[0];
      const open = () => Promise.reject(new DOMException("a command is run instead", "AbortError"));
      return await runProbe(health, { open, cluster: () => null, exec, listen, clock, signal });
    }
    const { addresses, reason } = this.#way ?? { addresses: [], reason: "" };
    for (const address of addresses) {
      if (!await isNodeThere(address, { timeout: health.timeout, clock, signal })) continue;
      this.#good = address;
      return { ok: true, through: { destination: addressDestination(address), reason } };
    }
    const hosts = addresses.map(({ host }) => host).join(", ");
    return { ok: false, trouble: { reason: "backend-timeout", message: `${hosts} cannot be reached from here` } };
  }
}
