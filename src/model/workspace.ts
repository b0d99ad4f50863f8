import type { AlbSpec } from "./alb.ts";
import type { K3dAccessSpec } from "./k3d.ts";
import type { Port, PortRange } from "./port.ts";
import type { PublicIpSpec } from "./public_ip.ts";
import type { Where } from "./source.ts";

/** All that `forwards.yaml` asks for, checked and with every default filled in. Plain data. */
export interface Workspace {
  /** Path of the root file. */
  readonly file: string;
  readonly clusters: ReadonlyMap<string, ClusterSpec>;
  /** In the file's order; names are unique. */
  readonly forwards: readonly ForwardSpec[];
  /** Sets of forwards by name; an entry is a name or a pattern (see `profileFilter`). Absent: none. */
  readonly profiles?: ReadonlyMap<string, readonly string[]>;
  /** The port of 127.0.0.1 that `up` serves the web page on where no flag says so; 0: any that is free. Absent: it does not. */
  readonly dashboard?: number;
  /** The clusters whose contents were known when what follows from them was added. Absent: nothing was added. */
  readonly known?: ReadonlySet<string>;
  /** What holds for forwards that are not written in the file but follow from `clusters`. Absent: the built-in values. */
  readonly defaults?: Pick<
    ForwardSpec,
    "bind" | "route" | "balance" | "hold" | "health" | "backoff" | "reconnect" | "onConflict"
  >;
}

/** One entry of `clusters`. */
export interface ClusterSpec {
  readonly name: string;
  readonly access: ClusterAccessSpec;
  /** Present where the cluster runs KECS: service and task names are ECS names. */
  readonly kecs?: KecsSpec;
  /** Present where local ports lead to its load balancers. */
  readonly alb?: AlbSpec;
  /** Present where tasks with a public IP get local ports. */
  readonly publicIp?: PublicIpSpec;
  readonly where: Where;
}

/** How a cluster is reached. */
export type ClusterAccessSpec =
  /** `kubeconfig` absent: `$KUBECONFIG`, else `~/.kube/config`. `context` absent: the current one. */
  | { readonly kind: "kubeconfig"; readonly kubeconfig?: string; readonly context?: string }
  /** Made and kept by k3d. */
  | K3dAccessSpec
  /** Simulated in this process. */
  | { readonly kind: "sandbox" };

/** The KECS instance that a cluster belongs to. */
export interface KecsSpec {
  readonly instance: string;
  readonly region: string;
}

/** What a forward leads to. Namespaces and names are those of Kubernetes unless the kind starts with `ecs`. */
export type Target =
  | { readonly kind: "service"; readonly namespace: string; readonly name: string }
  | { readonly kind: "pod"; readonly namespace: string; readonly name: string }
  | { readonly kind: "deployment" | "statefulset"; readonly namespace: string; readonly name: string }
  | { readonly kind: "selector"; readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: "ecsService"; readonly ecsCluster: string; readonly name: string }
  | { readonly kind: "ecsTask"; readonly ecsCluster: string; readonly id: string }
  | { readonly kind: "ecsTags"; readonly ecsCluster: string; readonly tags: Readonly<Record<string, string>> }
  /** Whichever Service of the cluster has this NodePort. The forward's port is that number. */
  | { readonly kind: "nodePort"; readonly nodePort: Port }
  /** `target`, which can also be dialled at a NodePort of another Service: its companion. */
  | { readonly kind: "exposed"; readonly target: Target; readonly nodePort: Port };

/** A port of the target: its number, or the name that the Service or the container gives it. */
export type TargetPort = Port | string;

/** What a forward carries. */
export type Protocol = "tcp" | "udp";

/** Which local port a forward listens on. */
export type LocalPort =
  | { readonly kind: "fixed"; readonly port: Port }
  /** The first free one of the range. */
  | { readonly kind: "range"; readonly range: PortRange }
  /** Derived from the forward's name within 20000-29999, next free when taken; the lease is remembered. */
  | { readonly kind: "auto" };

/** The way of the bytes that a forward asks for. */
export type RouteChoice = "auto" | "direct" | "tunnel";

/** Which of several ready backends a new connection goes to. `auto`: tasks newest, all else round-robin. */
export type Balance = "auto" | "newest" | "round-robin" | "sticky";

/** How a forward's backend is checked. Times in milliseconds. */
export interface HealthSpec {
  readonly every: number;
  readonly timeout: number;
  /** This many failed probes in a row end Active. */
  readonly failures: number;
  readonly probe: ProbeSpec;
}

/** One probe. */
export type ProbeSpec =
  | { readonly kind: "tcp" }
  /** GET `path` through the forward's route; healthy when the status code is `status` (absent: 200-399). */
  | { readonly kind: "http"; readonly path: string; readonly status?: number }
  /** Runs a command with `BERTH_HOST` and `BERTH_PORT` set; healthy when it exits 0. */
  | { readonly kind: "exec"; readonly argv: readonly string[] }
  | { readonly kind: "none" };

/** Waits between attempts, in milliseconds. */
export interface BackoffSpec {
  readonly initial: number;
  readonly max: number;
}

/** What happens when the local port is taken. */
export type OnConflict = "fail" | "next-free" | "take-over";

/** One entry of `forwards`, defaults filled in. */
export interface ForwardSpec {
  readonly name: string;
  readonly cluster: string;
  readonly target: Target;
  readonly port: TargetPort;
  readonly protocol: Protocol;
  readonly local: LocalPort;
  /** Addresses to listen on, for example `127.0.0.1` and `::1`. */
  readonly bind: readonly string[];
  readonly route: RouteChoice;
  readonly balance: Balance;
  /** How long a new connection may wait for a ready backend, in milliseconds. */
  readonly hold: number;
  readonly health: HealthSpec;
  readonly backoff: BackoffSpec;
  /** False: the first loss of the backend ends the forward as Failed. */
  readonly reconnect: boolean;
  readonly onConflict: OnConflict;
  /** Present where a NodePort Service is to be kept for it. */
  readonly expose?: ExposeSpec;
  /** Present where HTTP requests to `<alb>.localhost` get the real name of that load balancer of the cluster as their Host. */
  readonly hosts?: HostsSpec;
  /** Present where it cannot run, which is known before anything is tried. */
  readonly blocked?: { readonly reason: string; readonly help: string };
  readonly where: Where;
  /** Where `local` was written, else where the forward was. */
  readonly localWhere: Where;
}

/** What a forward's NodePort Service is to be like. */
export type ExposeSpec =
  /** Asked for in the file: any free NodePort. */
  | { readonly kind: "companion" }
  /** By KECS' rule for tasks with a public IP. All of a task's ports are in one Service, which its first forward asks for. */
  | {
    readonly kind: "task";
    readonly namespace: string;
    readonly id: string;
    readonly arn: string | null;
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly port: Port; readonly nodePort: Port }[];
  };

/** Which load balancers' names are written into requests. */
export interface HostsSpec {
  readonly kind: "alb";
  /** The listener whose names are preferred: each listener may have a DNS name of its own. */
  readonly listener: Port;
}

/** The words a person uses for a target: `service default/web`, `pod jobs/x-1`, `task default/abc`, `tasks default app=api`. */
export function describeTarget(target: Target): string {
  const pairs = (of: Readonly<Record<string, string>>) =>
    Object.entries(of).map(([name, value]) => `${name}=${value}`).join(",");
  switch (target.kind) {
    case "service":
    case "pod":
    case "deployment":
    case "statefulset":
      return `${target.kind} ${target.namespace}/${target.name}`;
    case "selector":
      return `pods ${target.namespace} ${pairs(target.labels)}`;
    case "ecsService":
      return `service ${target.ecsCluster}/${target.name}`;
    case "ecsTask":
      return `task ${target.ecsCluster}/${target.id}`;
    case "ecsTags":
      return `task ${target.ecsCluster} ${pairs(target.tags)}`;
    case "nodePort":
      return `NodePort ${target.nodePort}`;
    case "exposed":
      return `${describeTarget(target.target)} (NodePort ${target.nodePort})`;
    default:
      return target satisfies never;
  }
}
