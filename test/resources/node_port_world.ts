/** A cluster in memory for the kind `node_port` and the expansion: Services with NodePorts, tasks, and a writer that obeys both. */
import { AccessError } from "../../src/model/cluster_access.ts";
import type { LiveCluster, LiveService, LiveState, LiveTask } from "../../src/model/live_cluster.ts";
import { type Port, port } from "../../src/model/port.ts";
import type {
  NewService,
  Selection,
  ServiceCreated,
  ServiceRef,
  ServiceWriter,
} from "../../src/model/service_writer.ts";
import type { ClusterSpec, ForwardSpec, Workspace } from "../../src/model/workspace.ts";
import type { NodePortWorld } from "../../src/resources/node_port/world.ts";

const where = { file: "forwards.yaml", line: 1, column: 1, length: 1 };

/** A cluster of the file. */
export function cluster(name: string, more: Partial<ClusterSpec> = {}): ClusterSpec {
  return { name, access: { kind: "sandbox" }, where, ...more };
}

/** The ranges of public IPs that are the default. */
export const publicIp: NonNullable<ClusterSpec["publicIp"]> = {
  local: { first: port(32000), last: port(32999) },
  nodePorts: { first: port(30000), last: port(30999) },
  where,
};

/** Load balancers with KECS' listeners 80 and 443 and its range. */
export function albSpec(more: Partial<NonNullable<ClusterSpec["alb"]>> = {}): NonNullable<ClusterSpec["alb"]> {
  return {
    publish: "berth",
    listeners: [
      { listener: port(80), local: port(8080), nodePort: port(30880) },
      { listener: port(443), local: port(8443), nodePort: port(30443) },
    ],
    range: {
      local: { first: port(9000), last: port(9099) },
      nodePorts: { first: port(30800), last: port(30899) },
    },
    hosts: true,
    where,
    ...more,
  };
}

/** A workspace of these clusters and forwards. */
export function workspaceOf(clusters: readonly ClusterSpec[], forwards: readonly ForwardSpec[] = []): Workspace {
  return { file: "forwards.yaml", clusters: new Map(clusters.map((one) => [one.name, one])), forwards };
}

/** A Service as it lives. */
export function liveService(name: string, more: Partial<Omit<LiveService, "ports">> & {
  readonly ports?: readonly (readonly [port: number, nodePort: number | null])[];
} = {}): LiveService {
  const { ports = [], ...rest } = more;
  return {
    namespace: "default",
    name,
    uid: `uid-${name}`,
    labels: {},
    selector: { app: name },
    ...rest,
    ports: ports.map(([value, nodePort]) => ({
      name: null,
      port: port(value),
      targetPort: port(value),
      nodePort: nodePort === null ? null : port(nodePort),
    })),
  };
}

/** A task as it lives. */
export function task(id: string, more: Partial<LiveTask> = {}): LiveTask {
  return {
    namespace: "default-us-east-1",
    id,
    arn: `arn:aws:ecs:us-east-1:000000000000:task/default/${id}`,
    pod: id,
    selector: { "kecs.dev/task-id": id },
    ports: [port(8080)],
    createdAt: 0,
    ...more,
  };
}

/** The cluster. What was not made through `writer` is foreign: it is never to change. */
export class FakeServices {
  readonly services = new Map<string, LiveService>();
  tasks: LiveTask[] = [];
  albs: LiveCluster["albs"] = [];
  /** NodePorts in use that no Service here shows. */
  readonly hidden = new Set<Port>();
  readonly selections = new Map<string, Selection>();
  /** Every name that was written to. */
  readonly touched: string[] = [];
  state: Extract<LiveState, { kind: "unknown" }> | null = null;
  forbidden: "create" | "delete" | null = null;
  #uids = 0;

  add(...services: readonly LiveService[]): this {
    for (const one of services) this.services.set(`${one.namespace}/${one.name}`, one);
    return this;
  }

  get live(): LiveState {
    if (this.state !== null) return this.state;
    const services = [...this.services.values()];
    const nodePorts = services.flatMap(({ ports }) => ports.map(({ nodePort }) => nodePort)).filter((one) =>
      one !== null
    );
    return { kind: "known", live: { nodePorts: new Set(nodePorts), services, tasks: this.tasks, albs: this.albs } };
  }

  readonly writer: ServiceWriter = {
    create: (service) => Promise.resolve(this.#create(service)),
    delete: (ref) => Promise.resolve(this.#delete(ref)),
  };

  #create({ namespace, name, labels, selector, ports }: NewService): ServiceCreated {
    if (this.forbidden === "create") throw new AccessError("forbidden", "berth may not create Services");
    const id = `${namespace}/${name}`;
    const there = this.services.get(id);
    if (there !== undefined) return { kind: "exists", labels: there.labels };
    const used = new Set([...this.services.values()].flatMap((one) => one.ports.map(({ nodePort }) => nodePort)));
    const given: Port[] = [];
    for (const { nodePort } of ports) {
      if (nodePort !== null && (used.has(nodePort) || this.hidden.has(nodePort))) {
        return { kind: "taken", message: `Invalid value: ${nodePort}: provided port is already allocated` };
      }
      let free = nodePort ?? port(32767);
      while (nodePort === null && (used.has(free) || given.includes(free))) free = port(free - 1);
      given.push(free);
    }
    this.touched.push(id);
    const made = ports.map((one, i) => ({ ...one, nodePort: given[i] ?? null }));
    this.services.set(id, { namespace, name, uid: `made-${++this.#uids}`, labels, selector, ports: made });
    return { kind: "created", nodePorts: given };
  }

  #delete({ namespace, name, uid }: ServiceRef): "deleted" | "gone" {
    if (this.forbidden === "delete") throw new AccessError("forbidden", "berth may not delete Services");
    const id = `${namespace}/${name}`;
    if (this.services.get(id)?.uid !== uid) return "gone";
    this.touched.push(id);
    this.services.delete(id);
    return "deleted";
  }
}

/** The world of the kind on these clusters. */
export function nodePortWorld(
  clusters: Readonly<Record<string, FakeServices>>,
  more: Partial<NodePortWorld> = {},
): NodePortWorld & { readonly refusedPorts: Port[] } {
  const refusedPorts: Port[] = [];
  return {
    workspaceId: "w1",
    live: (name) =>
      Promise.resolve(
        clusters[name]?.live ?? { kind: "unknown", reason: "cluster-unreachable", message: "it is not there" },
      ),
    select: ({ cluster, target }) => {
      const name = "name" in target ? target.name : "";
      return Promise.resolve(
        clusters[cluster]?.selections.get(name) ??
          { kind: "selects", namespace: "default", selector: { app: name }, targetPort: port(8080) },
      );
    },
    services: (name) => clusters[name]?.writer,
    touched: new Set(Object.keys(clusters)),
    refused: ({ nodePort }) => void refusedPorts.push(nodePort),
    refusedPorts,
    ...more,
  };
}
