import type { Behaviour } from "./behaviours.ts";
import { nodeName } from "./kubelet.ts";
import type { ResourceName } from "./objects.ts";
import { behavioursAnnotation } from "./pod_process.ts";

/** What is in a sandbox at its start: manifests as one would send them to the API, in the order in which they are made. */
export interface Scenario {
  readonly manifests: readonly Manifest[];
}

/** One object to make. A `nodePort` in a Service is a wish here: another one is allotted where it is taken on this machine. */
export interface Manifest {
  readonly resource: ResourceName;
  readonly namespace?: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** A container port: what it does, and the name that it may have. */
export interface PortSpec {
  readonly port: number;
  readonly name?: string;
  readonly behaviour: Behaviour;
  /** Absent: TCP. A UDP port does `echo`, whatever its behaviour is called. */
  readonly protocol?: "TCP" | "UDP";
}

/** A Deployment, StatefulSet or single pod. */
export interface WorkloadSpec {
  readonly name: string;
  /** Absent: `default`. */
  readonly namespace?: string;
  /** Absent: `{app: name}`. The selector is the same. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Absent: 1. */
  readonly replicas?: number;
  readonly ports: readonly PortSpec[];
  /** What the `json` behaviour says as `version`. */
  readonly version?: string;
}

/** A Service. */
export interface ServiceSpec {
  readonly name: string;
  readonly namespace?: string;
  readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer";
  /** Absent: `{app: name}`. Null: none, its endpoints are made by hand. */
  readonly selector?: Readonly<Record<string, string>> | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ports: readonly {
    readonly name?: string;
    readonly port: number;
    readonly targetPort?: number | string;
    readonly nodePort?: number;
    /** Absent: TCP. */
    readonly protocol?: "TCP" | "UDP";
  }[];
}

/** A namespace. `default` and `kube-system` are there without being asked for. */
export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): Manifest {
  return { resource: "namespaces", object: { metadata: { name, labels } } };
}

/** A Deployment. */
export function deployment(spec: WorkloadSpec): Manifest {
  return workloadOf("deployments", spec);
}

/** A StatefulSet. */
export function statefulSet(spec: WorkloadSpec): Manifest {
  return workloadOf("statefulsets", spec);
}

/** A pod of its own: once deleted, nothing replaces it. */
export function pod(spec: Omit<WorkloadSpec, "replicas">): Manifest {
  const { metadata, spec: podSpec } = templateOf(spec);
  return {
    resource: "pods",
    namespace: spec.namespace ?? "default",
    object: { metadata: { name: spec.name, ...metadata }, spec: podSpec },
  };
}

/** A Service. */
export function service(spec: ServiceSpec): Manifest {
  const { name, labels, annotations, type = "ClusterIP", ports } = spec;
  const selector = spec.selector === null ? {} : { selector: spec.selector ?? { app: name } };
  return {
    resource: "services",
    namespace: spec.namespace ?? "default",
    object: { metadata: { name, labels, annotations }, spec: { type, ...selector, ports } },
  };
}

function workloadOf(resource: "deployments" | "statefulsets", spec: WorkloadSpec): Manifest {
  const matchLabels = spec.labels ?? { app: spec.name };
  return {
    resource,
    namespace: spec.namespace ?? "default",
    object: {
      metadata: { name: spec.name, labels: matchLabels },
      spec: { replicas: spec.replicas ?? 1, selector: { matchLabels }, template: templateOf(spec) },
    },
  };
}

function templateOf(spec: WorkloadSpec) {
  const behaviours = spec.ports.filter(({ protocol }) => protocol !== "UDP").map(({ port, behaviour }) =>
    `${port}=${behaviour}`
  ).join(",");
  return {
    metadata: {
      labels: spec.labels ?? { app: spec.name },
      annotations: { ...spec.annotations, [behavioursAnnotation]: behaviours },
    },
    spec: {
      containers: [{
        name: "main",
        image: "sandbox",
        env: spec.version === undefined ? [] : [{ name: "VERSION", value: spec.version }],
        ports: spec.ports.map(({ port, name, protocol = "TCP" }) => ({
          containerPort: port,
          protocol,
          ...(name === undefined ? {} : { name }),
        })),
      }],
    },
  };
}

/** What every sandbox has before its scenario. `version` is the API server's, `v1.31.4`. */
export function basics(version: string): readonly Manifest[] {
  return [
    namespace("default"),
    namespace("kube-system"),
    {
      resource: "nodes",
      object: {
        metadata: {
          name: nodeName,
          labels: { "kubernetes.io/hostname": nodeName, "node-role.kubernetes.io/control-plane": "true" },
        },
        spec: { podCIDR: "10.42.0.0/24" },
        status: {
          addresses: [{ type: "InternalIP", address: "127.0.0.1" }, { type: "Hostname", address: nodeName }],
          conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }],
          nodeInfo: { kubeletVersion: version, operatingSystem: "linux", osImage: "berth sandbox" },
        },
      },
    },
  ];
}

/** What a newcomer meets: `web` (NodePort, a page), `api` (ClusterIP, JSON from two pods) and `db` (speaks first, then echoes). */
export function welcomeScenario(): Scenario {
  return {
    manifests: [
      deployment({ name: "web", ports: [{ port: 8080, name: "http", behaviour: "page" }] }),
      service({ name: "web", type: "NodePort", ports: [{ name: "http", port: 80, targetPort: "http" }] }),
      deployment({ name: "api", replicas: 2, version: "1", ports: [{ port: 8080, name: "http", behaviour: "json" }] }),
      service({ name: "api", ports: [{ name: "http", port: 80, targetPort: "http" }] }),
      statefulSet({ name: "db", ports: [{ port: 5432, name: "db", behaviour: "banner" }] }),
      service({ name: "db", ports: [{ name: "db", port: 5432, targetPort: "db" }] }),
    ],
  };
}

/** An ECS task in a KECS cluster. */
export interface TaskSpec {
  readonly id: string;
  /** Tags as they are after KECS has made labels of them. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly ports?: readonly PortSpec[];
  /** The body of `json` says it. */
  readonly version?: string;
  /** `assignPublicIp`: annotated, and reachable by a NodePort Service `task-<id>`. */
  readonly publicIp?: boolean;
}

/**
 * A KECS cluster: the ECS cluster `default` in its namespace `default-<region>`, with the ECS service `web` (two pods, labelled but
 * without tags) and tasks (labelled, tagged). Names and labels by the rules of KECS.
 */
export function kecsScenario(
  options: { readonly region?: string; readonly tasks?: readonly TaskSpec[] } = {},
): Scenario {
  const region = options.region ?? "us-east-1";
  const where = `default-${region}`;
  const tasks = options.tasks ?? [
    { id: "1f6e0c5a2b7d4e8f9a0b1c2d3e4f5a60", tags: { app: "api", version: "stable" }, version: "stable" },
    {
      id: "2a7f1d6b3c8e4f9aab1c2d3e4f5a6b71",
      tags: { app: "api", version: "canary" },
      version: "canary",
      publicIp: true,
    },
    { id: "3b8a2e7c4d9f4aabbc2d3e4f5a6b7c82", tags: { app: "worker" }, version: "worker" },
  ];
  const labels = { "kecs.dev/service": "web" };
  return {
    manifests: [
      namespace(where, { "kecs.dev/cluster": "default", "kecs.dev/region": region }),
      deployment({
        name: "web",
        namespace: where,
        labels,
        replicas: 2,
        ports: [{ port: 80, name: "http", behaviour: "json" }],
      }),
      service({
        name: "web",
        namespace: where,
        selector: labels,
        labels,
        ports: [{ name: "http", port: 80, targetPort: "http" }],
      }),
      ...tasks.flatMap((task) => taskManifests(task, { namespace: where, region })),
    ],
  };
}

function taskManifests(
  task: TaskSpec,
  options: { readonly namespace: string; readonly region: string },
): readonly Manifest[] {
  const arn = `arn:aws:ecs:${options.region}:000000000000:task/default/${task.id}`;
  const id = { "kecs.dev/task-id": task.id };
  const tags = Object.fromEntries(Object.entries(task.tags ?? {}).map(([name, value]) => [`tag.${name}`, value]));
  const ports = task.ports ?? [{ port: 8080, name: "http", behaviour: "json" }];
  const taskPod = pod({
    name: task.id,
    namespace: options.namespace,
    labels: { ...id, ...tags },
    annotations: {
      "kecs.dev/task-arn": arn,
      ...(task.publicIp === true ? { "ecs.amazonaws.com/assign-public-ip": "ENABLED" } : {}),
    },
    ports,
    ...(task.version === undefined ? {} : { version: task.version }),
  });
  if (task.publicIp !== true) return [taskPod];
  const nodePort = service({
    name: `task-${task.id}`,
    namespace: options.namespace,
    type: "NodePort",
    selector: id,
    labels: { ...id, "kecs.dev/managed-by": "kecs", "kecs.dev/type": "task-nodeport" },
    annotations: { "kecs.dev/task-arn": arn },
    ports: ports.map(({ port, name }) => ({ port, targetPort: port, ...(name === undefined ? {} : { name }) })),
  });
  return [taskPod, nodePort];
}
