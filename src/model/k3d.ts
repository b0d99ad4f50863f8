import type { K3dPortSpec, K3dProtocol, PortBinding } from "./k3d_ports.ts";
import type { Port } from "./port.ts";
import type { SocketAddress } from "./status.ts";

/** May a running load balancer be replaced to change its ports? `ask`: with `--allow-restart` or a typed yes. */
export type K3dEdits = "ask" | "auto" | "never";

/** `clusters.x.k3d`: how a k3d cluster is made and kept. Defaults filled in; absent means k3d's own default, which is never drift. */
export interface K3dSpec {
  /** k3d's name of the cluster: letters, digits and `-`, at most 32. */
  readonly name: string;
  readonly image?: string;
  readonly servers: number;
  readonly agents: number;
  /** `[HOST:]PORT` for the Kubernetes API. */
  readonly apiPort?: string;
  readonly ports: readonly K3dPortSpec[];
  /** Each may end in `@FILTER`, as in k3d's flags; so may those of the lists below. */
  readonly k3sArgs: readonly string[];
  readonly volumes: readonly string[];
  readonly env: readonly string[];
  /** `key=value[@FILTER]`: labels of Kubernetes nodes. */
  readonly nodeLabels: readonly string[];
  /** `key=value[@FILTER]`: labels of containers. */
  readonly runtimeLabels: readonly string[];
  readonly registries: { readonly create?: string; readonly use: readonly string[]; readonly config?: string };
  readonly network?: string;
  /** Path of a k3d config file. Its ports are not known here: with one, only ports that berth itself added are ever removed. */
  readonly config?: string;
  /** Arguments handed to `k3d cluster create` as they are. */
  readonly options: readonly string[];
  readonly edits: K3dEdits;
  /** Whether k3d writes to the default kubeconfig, and makes the cluster its current context. */
  readonly kubeconfig: { readonly update: boolean; readonly switch: boolean };
}

/** What a ClusterSpec's `access` is for a k3d cluster. */
export interface K3dAccessSpec {
  readonly kind: "k3d";
  readonly spec: K3dSpec;
}

/** One container of a k3d cluster. Environment, arguments and the token are not kept: they hold secrets. */
export interface K3dNode {
  readonly name: string;
  readonly id: string;
  /** `other`: k3d's helpers and registries. */
  readonly role: "server" | "agent" | "loadbalancer" | "other";
  /** Docker's word: created, running, paused, restarting, exited, dead. */
  readonly state: string;
  /** The image as it was asked for, or a digest after an edit. */
  readonly image: string;
  /** Without `k3d.cluster.token`. */
  readonly labels: Readonly<Record<string, string>>;
  /** What the container is configured to publish, running or not. */
  readonly bindings: readonly PortBinding[];
  /** What Docker publishes for it now; empty when it does not run. */
  readonly live: readonly PortBinding[];
  /** Its address on the cluster's network. */
  readonly address: string | null;
}

/** A k3d cluster as Docker has it. */
export interface K3dClusterFacts {
  readonly name: string;
  readonly nodes: readonly K3dNode[];
  /** Which nodes the load balancer leads a container port (`30880/tcp`) to; null where it was not asked or is not known. */
  readonly upstreams: Readonly<Record<string, readonly string[]>> | null;
  /** A k3d command at work on it now, such as one that outlived its caller. */
  readonly busy: K3dProcess | null;
}

/** A k3d command that runs. */
export interface K3dProcess {
  readonly pid: number;
  /** `cluster create`, `cluster edit` … */
  readonly verb: string;
  readonly cluster: string;
}

/** A version of k3d. */
export interface K3dVersion {
  readonly text: string;
  /** `k3d cluster edit --port-delete`: from 5.9.0. */
  readonly canDeletePorts: boolean;
}

/** Everything seen in one look. */
export interface K3dObservation {
  readonly clusters: readonly K3dClusterFacts[];
  readonly version: K3dVersion | null;
  /** Why k3d cannot be used, while Docker can; null when it can. */
  readonly trouble: K3dFailure | null;
}

/** Why a k3d or docker command did not do it. Stable codes. */
export type K3dFailureReason =
  | "k3d-missing"
  | "k3d-too-old"
  | "docker-missing"
  | "docker-down"
  | "not-found"
  | "already-exists"
  | "port-in-use"
  | "timed-out"
  | "k3d-crashed"
  | "k3d-failed";

/** An expected failure. `message` is safe to show. */
export interface K3dFailure {
  readonly reason: K3dFailureReason;
  readonly message: string;
  /** For `port-in-use`, where k3d named it. */
  readonly address?: SocketAddress;
}

/** A value, or an expected failure. */
export type K3dResult<T> = { readonly ok: true; readonly value: T } | {
  readonly ok: false;
  readonly failure: K3dFailure;
};

/** Reasons that mean a needed program or daemon is missing: exit status 69. */
const MISSING_TOOL: ReadonlySet<string> = new Set<K3dFailureReason>([
  "k3d-missing",
  "k3d-too-old",
  "docker-missing",
  "docker-down",
]);

/** Whether a reason says that. */
export function isMissingTool(reason: unknown): boolean {
  return typeof reason === "string" && MISSING_TOOL.has(reason);
}

/** What to make a cluster with. */
export interface K3dCreate {
  readonly spec: K3dSpec;
  /** The ports to publish, of `spec.ports`. */
  readonly ports: readonly K3dPortSpec[];
  /** Runtime labels of the server nodes, beside those of `spec`. */
  readonly serverLabels: Readonly<Record<string, string>>;
}

/** One edit: k3d does not take both in one call. Texts in k3d's port syntax with node filter. */
export type K3dEdit = { readonly add: readonly string[] } | { readonly remove: readonly string[] };

/** What else a command is run with. */
export interface K3dCall {
  readonly signal: AbortSignal;
  /** Told of k3d's own lines as they come, without colours. */
  readonly onLine?: (line: string) => void;
}

/** k3d and docker, as the kinds `cluster` and `mapping` use them. Rejects only with the signal's reason. */
export interface K3dControl {
  /** Looks at all clusters on the daemon; at the load balancers' upstreams only of those named. */
  observe(names: readonly string[], signal: AbortSignal): Promise<K3dResult<K3dObservation>>;
  /** Looks at one cluster, upstreams included; null when it is not there. */
  inspect(name: string, signal: AbortSignal): Promise<K3dResult<K3dClusterFacts | null>>;
  create(request: K3dCreate, call: K3dCall): Promise<K3dResult<void>>;
  /** Starts what is stopped of a cluster, and waits for a bounded time. */
  start(name: string, call: K3dCall): Promise<K3dResult<void>>;
  stop(name: string, call: K3dCall): Promise<K3dResult<void>>;
  delete(name: string, call: K3dCall): Promise<K3dResult<void>>;
  /** Replaces the load balancer. A failed edit may leave it stopped: look afterwards. */
  edit(name: string, edit: K3dEdit, call: K3dCall): Promise<K3dResult<void>>;
  /** Adds one agent, called `node`, to a cluster. */
  addAgent(request: { readonly spec: K3dSpec; readonly node: string }, call: K3dCall): Promise<K3dResult<void>>;
  renameContainer(request: { readonly id: string; readonly name: string }, call: K3dCall): Promise<K3dResult<void>>;
  /** Removes a container by force, with its anonymous volumes. */
  removeContainer(id: string, call: K3dCall): Promise<K3dResult<void>>;
  /** The name of the container that publishes a port of this machine, or null. */
  publisher(port: { readonly port: Port; readonly protocol: K3dProtocol }, signal: AbortSignal): Promise<string | null>;
  /** The kubeconfig of a cluster. Holds credentials: never log it. */
  kubeconfig(name: string, signal: AbortSignal): Promise<K3dResult<string>>;
}

/** What berth remembers of one k3d cluster between runs. */
export interface K3dNote {
  /** Published ports that berth added, as `formatBinding` writes them. */
  readonly owned: readonly string[];
  /** A change of the cluster is under way, or was when berth was killed. */
  readonly changing: boolean;
}

/** Where that is kept. Survives restarts; `write` is durable when it resolves. */
export interface K3dLedger {
  /** `id`: `clusterIdentity` of a cluster, or its name while it is being made. */
  read(id: string): Promise<K3dNote>;
  /** An empty note is forgotten. */
  write(id: string, note: K3dNote): Promise<void>;
}

/** What is remembered of a cluster that nothing is remembered of. */
export const NO_NOTE: K3dNote = { owned: [], changing: false };

/** Label of the server nodes of clusters that berth made: the id of the workspace. */
export const WORKSPACE_LABEL = "berth.workspace";

/** Label of the server nodes: digests of the flags that the cluster was made with. */
export const FLAGS_LABEL = "berth.flags";

/** Whether k3d takes `name` for a cluster: a host name of at most 32 letters, digits and `-`. */
export function isK3dName(name: string): boolean {
  return name.length <= 32 && /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(name);
}

/** Nodes of a role, in the order of their names with numbers counted as such. */
export function nodesOfRole(facts: K3dClusterFacts, role: K3dNode["role"]): readonly K3dNode[] {
  return facts.nodes.filter((node) => node.role === role)
    .sort((a, b) => indexOf(a.name) - indexOf(b.name) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The workspace that made a cluster, by the label on its first server; null for clusters of others. */
export function workspaceOf(facts: K3dClusterFacts): string | null {
  return nodesOfRole(facts, "server")[0]?.labels[WORKSPACE_LABEL] ?? null;
}

/** What tells a cluster from another one made later under the same name: name and first server's container. */
export function clusterIdentity(facts: K3dClusterFacts): string {
  return `${facts.name}@${(nodesOfRole(facts, "server")[0]?.id ?? "").slice(0, 12)}`;
}

/** Where the Kubernetes API of a cluster is published now; null when it is not. */
export function apiAddress(facts: K3dClusterFacts): SocketAddress | null {
  for (const role of ["loadbalancer", "server"] as const) {
    for (const node of nodesOfRole(facts, role)) {
      for (const binding of node.live) {
        if (!isApiBinding(binding, facts)) continue;
        const value = Number(binding.hostPort);
        if (Number.isInteger(value) && value > 0) {
          return { host: binding.hostIp === "" ? "0.0.0.0" : binding.hostIp, port: value as Port };
        }
      }
    }
  }
  return null;
}

/** Whether a binding is that of the Kubernetes API, which no mapping may touch. */
export function isApiBinding(binding: PortBinding, facts: K3dClusterFacts): boolean {
  if (binding.containerPort !== 6443 || binding.protocol !== "tcp") return false;
  const known = nodesOfRole(facts, "server")[0]?.labels["k3d.server.api.port"];
  return known === undefined || known === "" || known === binding.hostPort;
}

/** A short digest to compare texts by; what was digested cannot be read back from it. FNV-1a, twice 32 bits. */
export function shortDigest(text: string): string {
  const half = (seed: number) => {
    let hash = seed;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, "0");
  };
  return half(0x811c9dc5) + half(0x9747b28c);
}

function indexOf(name: string): number {
  const match = /-(\d+)$/.exec(name);
  return match === null ? Number.MAX_SAFE_INTEGER : Number(match[1]);
}
