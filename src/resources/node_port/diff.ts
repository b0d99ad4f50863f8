import { companionName } from "../../conventions/berth_labels.ts";
import { plainNodePorts } from "../../conventions/kecs_ports.ts";
import type { PlannedAction } from "../../engine/resource_kind.ts";
import { type Key, key } from "../../model/key.ts";
import type { LiveService } from "../../model/live_cluster.ts";
import type { Port } from "../../model/port.ts";
import type { NewService, Selection, ServiceRef } from "../../model/service_writer.ts";
import { describeTarget, type ExposeSpec } from "../../model/workspace.ts";
import type { DesiredNodePorts, WantedNodePort } from "./desired.ts";
import { companionService, isFor, isOurs, serviceDrift, taskService } from "./manifest.ts";
import type { ObservedNodePorts } from "./observe.ts";

/** What `apply` does for an action of kind `node_port`. */
export type NodePortInput =
  | {
    readonly do: "create";
    readonly cluster: string;
    readonly service: NewService;
    /** Ours, to be deleted first: it is like that no more. */
    readonly replaces: ServiceRef | null;
    /** NodePorts to try after the first one; null: any that the API server chooses. Empty: none but the first will do. */
    readonly others: readonly (Port | null)[];
    /** To be called so where somebody else has the name; null where no other name will do. */
    readonly otherName: string | null;
  }
  | { readonly do: "delete"; readonly cluster: string; readonly service: ServiceRef }
  | { readonly do: "nothing"; readonly reason: string };

type Known = Extract<ObservedNodePorts, { kind: "known" }>;
type Planned = PlannedAction<NodePortInput>;

/** Other NodePorts that one action tries. */
const MOST_TRIES = 4;

/** The key of a forward's NodePort Service. */
function nodePortKey(cluster: string, forward: string): Key {
  return key("node_port", `${cluster}/${forward}`);
}

/**
 * The actions that make the companion Services what is asked for. Pure, total, independent of the order of its inputs; never about a
 * Service that is not ours.
 */
export function diffNodePorts(
  desired: readonly DesiredNodePorts[],
  observed: readonly ObservedNodePorts[],
): readonly Planned[] {
  const byCluster = new Map(desired.map((one) => [one.cluster, one]));
  return observed.flatMap((one) => {
    const { wanted: all = [], complete = false } = byCluster.get(one.cluster) ?? {};
    const wanted = [...all].sort((a, b) => a.forward < b.forward ? -1 : 1);
    if (one.kind === "known") return new ClusterDiff(one).actions(wanted, complete);
    return wanted.map((want) => blocked(want, { reason: one.reason, message: one.message }));
  });
}

class ClusterDiff {
  readonly #observed: Known;
  readonly #ours: readonly LiveService[];
  readonly #kept = new Set<LiveService>();
  /** Why a Service of ours goes, where it is known better than "nothing asks for it". */
  readonly #why = new Map<LiveService, string>();
  readonly #used: Set<Port>;

  constructor(observed: Known) {
    this.#observed = observed;
    this.#ours = observed.live.services.filter((service) => isOurs(service, observed.workspaceId))
      .sort((a, b) => place(a) < place(b) ? -1 : 1);
    this.#used = new Set(observed.live.nodePorts);
  }

  actions(wanted: readonly WantedNodePort[], complete: boolean): readonly Planned[] {
    const made = wanted.flatMap((want) =>
      want.expose.kind === "task" ? this.#task(want, want.expose) : this.#companion(want)
    );
    if (!complete) return made;
    return [...made, ...this.#ours.filter((service) => !this.#kept.has(service)).map((one) => this.#delete(one))];
  }

  #task(want: WantedNodePort, task: Extract<ExposeSpec, { kind: "task" }>): readonly Planned[] {
    const service = taskService(task, { workspaceId: this.#observed.workspaceId, forward: want.forward });
    const there = this.#observed.live.services.find((one) =>
      one.namespace === service.namespace && one.name === service.name
    );
    if (there === undefined) return [this.#create(want, { service, replaces: null, others: [], otherName: null })];
    // KECS' own, or another workspace's: used as it is.
    if (!this.#ours.includes(there)) return [];
    this.#kept.add(there);
    const drift = serviceDrift(there, service, { nodePorts: true });
    if (drift.length === 0) return [];
    return [this.#create(want, { service, replaces: there, others: [], otherName: null, drift })];
  }

  #companion(want: WantedNodePort): readonly Planned[] {
    const mine = this.#ours.filter((service) => isFor(service, want.forward) && !service.name.startsWith("task-"));
    const selection: Selection = this.#observed.selections.get(want.forward) ??
      { kind: "none", message: "its target was not looked at", retry: true };
    if (selection.kind === "none") {
      // What may come back keeps its NodePort meanwhile.
      if (selection.retry) { for (const service of mine) this.#kept.add(service); }
      const message = selection.retry ? selection.message : `${selection.message}; remove 'expose' from the forward`;
      return [blocked(want, { reason: selection.retry ? "not-found" : "route-unavailable", message })];
    }
    if (selection.kind === "has-node-port") {
      for (const service of mine) this.#why.set(service, `its target has NodePort ${selection.nodePort} of its own`);
      return [];
    }
    const there = mine.find((service) => service.namespace === selection.namespace);
    const nodePort = there?.ports[0]?.nodePort ?? null;
    const candidates = nodePort === null ? this.#candidates(want) : [];
    const first = nodePort ?? candidates[0] ?? null;
    const service = companionService(selection, {
      workspaceId: this.#observed.workspaceId,
      forward: want.forward,
      name: there?.name ?? companionName(want.forward),
      nodePort: first,
      asked: want.port,
    });
    const others = first === null ? [] : [...candidates.slice(1), null];
    if (there === undefined) {
      if (first !== null) this.#used.add(first);
      return [this.#create(want, { service, replaces: null, others, otherName: companionName(want.forward, true) })];
    }
    this.#kept.add(there);
    const drift = nodePort === null ? ["it has no NodePort"] : serviceDrift(there, service, { nodePorts: false });
    if (drift.length === 0) return [];
    return [this.#create(want, { service, replaces: there, others, otherName: null, drift })];
  }

  #candidates({ tasks }: WantedNodePort): readonly Port[] {
    const found: Port[] = [];
    const kecs = tasks !== null;
    for (const candidate of plainNodePorts({ used: this.#used, kecs, ...(kecs ? { tasks } : {}) })) {
      found.push(candidate);
      if (found.length > MOST_TRIES) break;
    }
    return found;
  }

  #create(
    want: WantedNodePort,
    { service, replaces, others, otherName, drift }: {
      readonly service: NewService;
      readonly replaces: LiveService | null;
      readonly others: readonly (Port | null)[];
      readonly otherName: string | null;
      readonly drift?: readonly string[];
    },
  ): Planned {
    const { cluster } = want;
    const what = want.expose.kind === "task" ? `task ${want.expose.id} has a public IP` : "expose: nodePort";
    return {
      ...base(want),
      op: replaces === null ? "create" : "replace",
      reason: drift === undefined ? `${what}, and no NodePort Service is there` : drift.join(", "),
      disruption: replaces === null
        ? null
        : "new connections of this forward take the tunnel until the new Service is there",
      detail: {
        cluster,
        service: `${service.namespace}/${service.name}`,
        target: describeTarget(want.target),
        nodePorts: service.ports.map((one) => one.nodePort),
      },
      input: { do: "create", cluster, service, replaces, others, otherName },
    };
  }

  #delete(service: LiveService): Planned {
    const { cluster } = this.#observed;
    const { namespace, name, uid } = service;
    return {
      op: "delete",
      key: key("node_port", `${cluster}/${place(service)}`),
      reason: this.#why.get(service) ??
        (name.startsWith("task-") ? "its task has ended" : "nothing asks for it any more"),
      dependsOn: [],
      disruption: null,
      gate: "none",
      detail: { cluster, service: place(service), nodePorts: service.ports.map((one) => one.nodePort) },
      input: { do: "delete", cluster, service: { namespace, name, uid } },
    };
  }
}

function blocked(
  want: WantedNodePort,
  { reason, message }: { readonly reason: string; readonly message: string },
): Planned {
  return {
    ...base(want),
    op: "blocked",
    reason: message,
    disruption: null,
    detail: { cluster: want.cluster, target: describeTarget(want.target), reason },
    input: { do: "nothing", reason },
  };
}

function base({ cluster, forward }: WantedNodePort) {
  return { key: nodePortKey(cluster, forward), dependsOn: [key("cluster", cluster)], gate: "none" } as const;
}

function place({ namespace, name }: Pick<LiveService, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}
