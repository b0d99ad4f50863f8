import type { ForwardStatus, SocketAddress } from "../../model/status.ts";
import type { ForwardSpec } from "../../model/workspace.ts";
import type { ForwardParts } from "../any_forward.ts";
import type { BindResult } from "../bind.ts";
import { ForwardBase } from "../forward_base.ts";
import { type ProbeResult, runProbe } from "../probe.ts";
import { type LiveTarget, readyState } from "../readiness.ts";
import { addressDestination, waysTo } from "../route_choice.ts";
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
export class UdpForward extends ForwardBase {
  readonly #associations: Associations;
  #way: DatagramWay | null = null;
  #known = "";
  /** The address that answered last, to a dial or with a datagram. */
  #good: SocketAddress | null = null;
  #answered = false;

  constructor(spec: ForwardSpec, parts: ForwardParts) {
    super(spec, parts);
    this.#associations = new Associations({ clock: parts.world.clock, onAnswer: (from) => this.#heard(from) });
  }

  protected get traffic(): Pick<ForwardStatus, "connections" | "bytes"> {
    return this.#associations.view;
  }

  protected bind(address: SocketAddress, onLost: (code: string) => void): Promise<BindResult> {
    return bindDatagrams(address, { onDatagram: (datagram) => this.#pass(datagram, address.host), onLost });
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
    this.forget();
    this.#answered = false;
    this.health.now();
  }

  protected forget(): void {
    this.#good = null;
    this.#associations.close();
  }

  protected attach(): void {
    this.#associations.close();
  }

  protected turned(): void {
    this.health.now();
  }

  protected look({ state }: LiveTarget, anew: boolean): void {
    if (anew) this.#known = "";
    const ready = readyState(state);
    const ways = ready === null ? null : waysTo(ready, this.spec);
    if (ready === null || ways === null) {
      this.#use(null);
      return this.hinder(state);
    }
    if ("unavailable" in ways) {
      this.#use(null);
      return this.health.hinder({ reason: "route-unavailable", message: ways.unavailable }, "Failed");
    }
    const own = ready.backends.flatMap((one) => one.kind === "address" ? [one.address] : []);
    const addresses = ways.nodePorts.length > 0 ? ways.nodePorts : own;
    this.#use({ addresses, reason: ways.reason });
    this.health.free();
    const known = JSON.stringify([addresses, ready.backends]);
    if (known === this.#known) return;
    this.#known = known;
    this.#answered = false;
    this.health.now();
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
    const to = this.health.over ? null : this.#to();
    if (to === null) this.#associations.lose(datagram);
    else this.#associations.pass(datagram, { at, to });
  }

  /** A backend sent something. */
  #heard(from: SocketAddress): void {
    if (this.#answered && this.condition.view.status === "Active") return;
    this.#answered = true;
    this.#good = from;
    this.reached();
    this.health.succeeded();
  }

  protected reached(): void {
    const [way, to] = [this.#way, this.#to()];
    if (way === null || to === null || this.health.over || this.health.hindered) return;
    const checked = this.#answered ? "it has answered" : "endpoints are ready, the node answers; UDP is not probed";
    this.condition.reached(addressDestination(to), { reason: `${way.reason}: ${checked}`, follows: false });
  }

  protected async probe(signal: AbortSignal): Promise<ProbeResult> {
    const { health } = this.spec;
    const { clock, exec } = this.world;
    if (health.probe.kind === "exec") {
      const listen = this.addresses[0];
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
