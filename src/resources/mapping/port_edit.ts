import { isApiBinding, type K3dClusterFacts, type K3dNode, nodesOfRole } from "../../model/k3d.ts";
import {
  bindingName,
  bindingsClash,
  formatBinding,
  type K3dPortSpec,
  type NodeFilter,
  type PortBinding,
} from "../../model/k3d_ports.ts";
import { balancerOf } from "../cluster/load_balancer.ts";
import { nodesOfFilter } from "../cluster/node_filters.ts";
import { refusalWords, refusedPorts } from "../cluster/port_budget.ts";
import { type DesiredPorts, type WantedBinding, wantedBindings } from "./desired.ts";

/** What the ports of one cluster are compared with. */
export interface PortsNow {
  readonly facts: K3dClusterFacts;
  /** Made by this workspace. */
  readonly ours: boolean;
  /** Ports that berth added, as `formatBinding` writes them. */
  readonly owned: readonly string[];
  /** Whether this k3d has `--port-delete`. */
  readonly canDelete: boolean;
}

/** One thing that cannot be done, and why. */
export interface Refusal {
  /** Of a binding, or of a flag as a whole. */
  readonly name: string;
  readonly op: "add" | "remove";
  readonly code: "foreign" | "k3d-too-old" | "needs-recreate" | "no-load-balancer" | "too-many-ports" | "clash";
  readonly reason: string;
  readonly help: string;
}

/** What one cluster's ports need: at most one edit that deletes and one that adds. */
export interface PortEdit {
  readonly add: readonly WantedBinding[];
  readonly remove: readonly PortBinding[];
  /** Wanted and there, deleted and added again: `dead`, because nothing is behind them; else because k3d would cut them with a port that goes. */
  readonly again: readonly (WantedBinding & { readonly dead: boolean })[];
  readonly refused: readonly Refusal[];
}

/** Compares, as sets, what is to be published with what is. Pure; the result is in the order of names. */
export function planPortEdit(desired: DesiredPorts, now: PortsNow): PortEdit {
  return new Comparison(desired, now).result();
}

/** Whether an edit has nothing to do. */
export function isEmptyEdit({ add, remove, again }: PortEdit): boolean {
  return add.length === 0 && remove.length === 0 && again.length === 0;
}

class Comparison {
  readonly #desired: DesiredPorts;
  readonly #now: PortsNow;
  readonly #balancer: K3dNode | null;
  /** What the load balancer publishes, without the API. */
  readonly #there: ReadonlyMap<string, PortBinding>;
  readonly #owned: ReadonlySet<string>;
  readonly #refused: Refusal[] = [];

  constructor(desired: DesiredPorts, now: PortsNow) {
    this.#desired = desired;
    this.#now = now;
    this.#balancer = balancerOf(now.facts);
    const bindings = (this.#balancer?.bindings ?? []).filter((one) => !isApiBinding(one, now.facts));
    this.#there = new Map(bindings.map((one) => [bindingName(one), one]));
    this.#owned = new Set(now.owned);
  }

  result(): PortEdit {
    const wanted = wantedBindings(this.#desired.ports);
    const wantedNames = new Set(wanted.map((one) => bindingName(one.binding)));
    const dead = new Map<string, WantedBinding>();
    const missing: WantedBinding[] = [];
    const proxied = wanted.flatMap((one) => this.#proxiedPart(one) ?? []);
    for (const one of proxied) {
      const there = this.#there.get(bindingName(one.binding));
      if (there === undefined) {
        if (!this.#publishedOtherwise(one)) missing.push(one);
      } else if (this.#isDead(one)) dead.set(bindingName(one.binding), one);
    }
    const extra = [...this.#there].filter(([name, one]) => !wantedNames.has(name) && this.#mayDelete(one)).map((
      [, one],
    ) => one);
    const { remove, again } = this.#removable(extra, { dead, proxied });
    const add = this.#addable(missing, remove);
    const byName = <T>(name: (one: T) => string) => (a: T, b: T) => name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0;
    return {
      add: [...add].sort(byName((one) => bindingName(one.binding))),
      remove: [...remove].sort(byName(bindingName)),
      again: [...again].sort(byName((one) => bindingName(one.binding))),
      refused: [...this.#refused].sort(byName((one) => `${one.name} ${one.op}`)),
    };
  }

  /** The part of a wanted port that goes through the load balancer; what a node publishes itself is refused where it lacks. */
  #proxiedPart(one: WantedBinding): WantedBinding | null {
    const direct = one.filters.filter((filter) => filter.suffix === "direct");
    const rest = one.filters.filter((filter) => filter.suffix !== "direct");
    const lacks = direct.flatMap((filter) => nodesOfFilter(filter, this.#now.facts)).some((node) =>
      !publishes(node, one.binding)
    );
    // On our own clusters that is drift of the cluster: its re-creation is offered there.
    if (lacks && !this.#now.ours) {
      this.#refuse(one.binding, {
        code: "needs-recreate",
        reason: "k3d publishes a node's own ports (:direct) only when it makes the cluster",
        help:
          `k3d cluster ${this.#desired.k3dName} was not made by berth, so it is not re-created; publish through the load balancer instead`,
      });
    }
    if (direct.length > 0 && rest.length === 0) return null;
    return { ...one, filters: rest };
  }

  /** A node may publish the port itself, as on KECS' clusters; a foreign binding on all addresses serves as well as one without an address. */
  #publishedOtherwise({ binding, filters }: WantedBinding): boolean {
    const nodes = targetsOf(filters, this.#now.facts);
    if (nodes.some((node) => publishes(node, binding))) return true;
    const twin = binding.hostIp === "" ? "0.0.0.0" : binding.hostIp === "0.0.0.0" ? "" : null;
    const other = twin === null ? undefined : this.#there.get(bindingName({ ...binding, hostIp: twin }));
    return other !== undefined && !this.#mayDelete(other);
  }

  /** Nothing that was asked for is behind the port: k3d forgot its nodes when another port of theirs went. */
  #isDead({ binding, filters }: WantedBinding): boolean {
    const upstream = this.#upstream(binding);
    if (upstream === null) return false;
    // What is not ours may lead elsewhere on purpose.
    if (!this.#mayDelete(binding)) return upstream.length === 0;
    // By role only: k3d counts indexes in an order of its own, so another agent than the one meant is no reason for another edit.
    const roles = new Set(targetsOf(filters, this.#now.facts).map((node) => node.role));
    return roles.size > 0 &&
      !this.#now.facts.nodes.some((node) => roles.has(node.role) && upstream.includes(node.name));
  }

  #removable(
    extra: readonly PortBinding[],
    { dead, proxied }: {
      readonly dead: ReadonlyMap<string, WantedBinding>;
      readonly proxied: readonly WantedBinding[];
    },
  ): { readonly remove: readonly PortBinding[]; readonly again: PortEdit["again"] } {
    const wanted = new Map(proxied.map((one) => [bindingName(one.binding), one]));
    const remove: PortBinding[] = [];
    const again = new Map<string, PortEdit["again"][number]>();
    const candidates: (readonly [PortBinding, WantedBinding | null])[] = [
      ...extra.map((one) => [one, null] as const),
      ...[...dead.values()].map((one) => [one.binding, one] as const),
    ];
    for (const [binding, back] of candidates) {
      if (!this.#mayDelete(binding)) {
        this.#refuse(binding, {
          code: "foreign",
          reason: "published, but nothing is behind it any more; berth did not publish it",
          help: "k3d cluster edit --port-delete and then --port-add puts it right",
        });
        continue;
      }
      if (!this.#now.canDelete) {
        this.#refuse(binding, {
          op: back === null ? "remove" : "add",
          code: "k3d-too-old",
          reason: back === null
            ? "this k3d cannot remove a published port: that came with k3d 5.9.0"
            : "published, but nothing is behind it any more, and this k3d cannot remove it to add it again: that came with k3d 5.9.0",
          help: "install k3d 5.9.0 or newer, or re-create the cluster",
        });
        continue;
      }
      // k3d forgets the nodes of a container port with the first of its host ports.
      const siblings = [...this.#there].filter(([name, one]) =>
        name !== bindingName(binding) && sameContainerPort(one, binding)
      );
      const foreign = siblings.find(([, one]) => !this.#mayDelete(one));
      if (foreign !== undefined) {
        this.#refuse(binding, {
          op: back === null ? "remove" : "add",
          code: "foreign",
          reason: `k3d would cut ${formatBinding(foreign[1])} with it, which is not berth's`,
          help: "remove both by hand, or leave both",
        });
        continue;
      }
      if (back === null) remove.push(binding);
      else again.set(bindingName(binding), { ...back, dead: true });
      for (const [name] of siblings) {
        const stays = wanted.get(name);
        if (stays !== undefined && !again.has(name)) again.set(name, { ...stays, dead: dead.has(name) });
      }
    }
    return { remove, again: [...again.values()] };
  }

  #addable(missing: readonly WantedBinding[], remove: readonly PortBinding[]): readonly WantedBinding[] {
    if (missing.length === 0) return [];
    if (this.#balancer === null) {
      for (const { binding } of missing) {
        this.#refuse(binding, {
          code: "no-load-balancer",
          reason: `k3d cluster ${this.#desired.k3dName} has no load balancer: its published ports cannot be changed`,
          help: "re-create the cluster with one, or let a forward listen instead",
        });
      }
      return [];
    }
    const going = new Set(remove.map(bindingName));
    const staying: PortBinding[] = [...this.#there.values()].filter((one) => !going.has(bindingName(one)));
    for (const role of ["server", "agent"] as const) {
      for (const node of nodesOfRole(this.#now.facts, role)) staying.push(...node.bindings);
    }
    const free = missing.filter(({ binding }) => {
      const clash = staying.find((one) => bindingsClash(one, binding));
      if (clash === undefined) {
        staying.push(binding);
        return true;
      }
      this.#refuse(binding, {
        code: "clash",
        reason: `port ${clash.hostPort} is already published as ${formatBinding(clash)}`,
        help: this.#mayDelete(clash)
          ? "choose another host port"
          : "berth did not publish that, so it is not removed; choose another host port",
      });
      return false;
    });
    return this.#withinBudget(free, [...this.#there.keys()].filter((name) => !going.has(name)).length);
  }

  #withinBudget(free: readonly WantedBinding[], staying: number): readonly WantedBinding[] {
    const count = new Map<K3dPortSpec, number>();
    for (const { from } of free) count.set(from, (count.get(from) ?? 0) + 1);
    const refused = new Set(refusedPorts([...count.keys()], { staying, count: (spec) => count.get(spec) ?? 0 }));
    for (const spec of refused) {
      const first = free.find((one) => one.from === spec);
      if (first === undefined) continue;
      const { container, host } = spec;
      const range = (of: { readonly first: number; readonly last: number }) =>
        of.first === of.last ? `${of.first}` : `${of.first}-${of.last}`;
      const name = `${spec.hostIp === "" ? "" : `${spec.hostIp}:`}${host === null ? "random" : range(host)}-${
        range(container)
      }-${spec.protocol}`;
      this.#refused.push({ name, op: "add", code: "too-many-ports", ...refusalWords(spec) });
    }
    return free.filter((one) => !refused.has(one.from));
  }

  #mayDelete(binding: PortBinding): boolean {
    return this.#owned.has(formatBinding(binding)) || (this.#now.ours && this.#desired.closed);
  }

  #upstream(binding: PortBinding): readonly string[] | null {
    const { upstreams } = this.#now.facts;
    return upstreams === null ? null : upstreams[`${binding.containerPort}/${binding.protocol}`] ?? [];
  }

  #refuse(binding: PortBinding, refusal: Omit<Refusal, "name" | "op"> & { readonly op?: Refusal["op"] }): void {
    this.#refused.push({ op: "add", ...refusal, name: bindingName(binding) });
  }
}

/** The nodes that a port leads to; without a filter all of them. */
function targetsOf(filters: readonly NodeFilter[], facts: K3dClusterFacts): readonly K3dNode[] {
  if (filters.length === 0) return [...nodesOfRole(facts, "server"), ...nodesOfRole(facts, "agent")];
  return filters.flatMap((filter) => nodesOfFilter(filter, facts));
}

function publishes(node: K3dNode, binding: PortBinding): boolean {
  const same = (one: PortBinding) =>
    (one.hostIp === "" ? "0.0.0.0" : one.hostIp) === (binding.hostIp === "" ? "0.0.0.0" : binding.hostIp);
  return node.bindings.some((one) =>
    one.containerPort === binding.containerPort && one.protocol === binding.protocol &&
    one.hostPort === binding.hostPort && same(one)
  );
}

function sameContainerPort(a: PortBinding, b: PortBinding): boolean {
  return a.containerPort === b.containerPort && a.protocol === b.protocol;
}
