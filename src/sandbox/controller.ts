import { isReady, type KubeObject, type Pod, type ResourceName, type Workload } from "./objects.ts";
import { syncEndpoints } from "./endpoints.ts";
import { matchesSelector } from "./selectors.ts";
import type { Store } from "./store.ts";

/**
 * The controllers: deployments make ReplicaSets, these and StatefulSets make pods, Services make EndpointSlices, what has lost its owner
 * goes. Runs after changes of the store, once for those of one turn, until nothing is left to do.
 */
export class Controller {
  readonly #store: Store;
  readonly #unsubscribe: () => void;
  #due: Promise<void> | null = null;

  constructor(store: Store) {
    this.#store = store;
    this.#unsubscribe = store.subscribe(() => {
      this.#due ??= Promise.resolve().then(() => {
        this.#due = null;
        this.#sync();
      });
    });
  }

  /** Resolves when all changes up to now have had their effect. */
  async settled(): Promise<void> {
    while (this.#due !== null) await this.#due;
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.settled();
  }

  #sync(): void {
    this.#collectOrphans();
    for (const deployment of this.#store.deployments.list()) this.#syncDeployment(deployment);
    for (const set of this.#store.replicasets.list()) this.#syncReplicas(set);
    for (const set of this.#store.statefulsets.list()) this.#syncStatefulSet(set);
    for (const service of this.#store.services.list()) syncEndpoints(this.#store, service);
    for (const { metadata } of this.#store.namespaces.list()) {
      if (metadata.deletionTimestamp !== undefined) this.#emptyNamespace(metadata.name);
    }
  }

  #collectOrphans(): void {
    const owned: readonly ResourceName[] = ["replicasets", "pods", "endpointslices"];
    const uids = new Set(
      (["deployments", "statefulsets", "replicasets", "services", "nodes"] as const)
        .flatMap((name) => this.#store.collection(name).list().map(({ metadata }) => metadata.uid)),
    );
    for (const name of owned) {
      for (const { metadata } of this.#store.collection(name).list()) {
        const owners = metadata.ownerReferences ?? [];
        if (owners.length === 0 || owners.some(({ uid }) => uids.has(uid))) continue;
        if (name === "pods") terminate(this.#store, { name: metadata.name, namespace: metadata.namespace ?? "" });
        else this.#store.collection(name).remove(metadata.name, metadata.namespace);
      }
    }
  }

  #emptyNamespace(namespace: string): void {
    for (const name of ["deployments", "statefulsets", "replicasets", "services", "endpointslices"] as const) {
      for (const { metadata } of this.#store.collection(name).list(namespace)) {
        this.#store.collection(name).remove(metadata.name, namespace);
      }
    }
    const pods = this.#store.pods.list(namespace);
    for (const { metadata } of pods) terminate(this.#store, { name: metadata.name, namespace });
    if (pods.length === 0) this.#store.namespaces.remove(namespace);
  }

  #syncDeployment(deployment: Workload): void {
    const { name, namespace = "" } = deployment.metadata;
    const hash = hashOf(JSON.stringify(deployment.spec.template));
    const sets = this.#store.replicasets.list(namespace).filter((set) => isOwnedBy(set, deployment));
    const current = `${name}-${hash}`;
    const pods = this.#store.pods.list(namespace);
    const newReady = sets.filter((set) => set.metadata.name === current)
      .flatMap((set) => pods.filter((pod) => isOwnedBy(pod, set) && isReady(pod))).length;
    for (const set of sets) {
      // Old pods go one by one as new ones become Ready, so that a rollout leaves nobody without an answer.
      const replicas = set.metadata.name === current
        ? deployment.spec.replicas
        : Math.min(set.spec.replicas, Math.max(0, deployment.spec.replicas - newReady));
      if (set.spec.replicas !== replicas) this.#store.replicasets.put({ ...set, spec: { ...set.spec, replicas } });
    }
    if (!sets.some((set) => set.metadata.name === current)) {
      const withHash = { ...deployment.spec.template.metadata?.labels, "pod-template-hash": hash };
      const { template, selector, replicas } = deployment.spec;
      this.#store.replicasets.put({
        metadata: {
          name: current,
          namespace,
          uid: "",
          resourceVersion: "",
          labels: withHash,
          ownerReferences: [owner(deployment, "Deployment")],
        },
        spec: {
          replicas,
          selector: { ...selector, matchLabels: { ...selector.matchLabels, "pod-template-hash": hash } },
          template: { ...template, metadata: { ...template.metadata, labels: withHash } },
        },
      });
    }
    const live = sets.flatMap((set) => pods.filter((pod) => isOwnedBy(pod, set) && isLive(pod)));
    this.#putStatus("deployments", { of: deployment, live });
  }

  #syncReplicas(set: Workload): void {
    const { name, namespace = "" } = set.metadata;
    const live = this.#store.pods.list(namespace).filter((pod) => isOwnedBy(pod, set) && isLive(pod));
    for (let count = live.length; count < set.spec.replicas; count++) {
      this.#makePod(set, { name: `${name}-${this.#store.newSuffix(5)}`, kind: "ReplicaSet" });
    }
    // Not-ready pods first, then the newest, as the real one does.
    const surplus = [...live].sort((a, b) =>
      Number(isReady(a)) - Number(isReady(b)) || (created(a) < created(b) ? 1 : -1)
    ).slice(0, Math.max(0, live.length - set.spec.replicas));
    for (const pod of surplus) terminate(this.#store, { name: pod.metadata.name, namespace });
    this.#putStatus("replicasets", { of: set, live });
  }

  #syncStatefulSet(set: Workload): void {
    const { name, namespace = "" } = set.metadata;
    const hash = hashOf(JSON.stringify(set.spec.template));
    const pods = this.#store.pods.list(namespace).filter((pod) => isOwnedBy(pod, set));
    for (let ordinal = 0; ordinal < set.spec.replicas; ordinal++) {
      // A pod of this name that still terminates must be gone first.
      if (pods.some((pod) => pod.metadata.name === `${name}-${ordinal}`)) continue;
      const labels = { "controller-revision-hash": hash, "statefulset.kubernetes.io/pod-name": `${name}-${ordinal}` };
      this.#makePod(set, { name: `${name}-${ordinal}`, kind: "StatefulSet", labels });
    }
    const live = pods.filter(isLive);
    for (const pod of live) {
      const ordinal = Number(pod.metadata.name.slice(name.length + 1));
      if (ordinal >= set.spec.replicas) terminate(this.#store, { name: pod.metadata.name, namespace });
    }
    const outdated = live.findLast((pod) => pod.metadata.labels?.["controller-revision-hash"] !== hash);
    if (outdated !== undefined && pods.length === live.length && live.every(isReady)) {
      terminate(this.#store, { name: outdated.metadata.name, namespace });
    }
    this.#putStatus("statefulsets", { of: set, live });
  }

  #makePod(
    set: Workload,
    options: { readonly name: string; readonly kind: string; readonly labels?: Readonly<Record<string, string>> },
  ): void {
    const { namespace = "" } = set.metadata;
    const { template } = set.spec;
    this.#store.pods.put({
      metadata: {
        ...template.metadata,
        name: options.name,
        namespace,
        uid: "",
        resourceVersion: "",
        labels: { ...template.metadata?.labels, ...options.labels },
        ownerReferences: [owner(set, options.kind)],
      },
      spec: template.spec,
      status: { phase: "Pending" },
    });
  }

  #putStatus(
    name: "deployments" | "replicasets" | "statefulsets",
    options: { readonly of: Workload; readonly live: readonly Pod[] },
  ): void {
    const { metadata } = options.of;
    const collection = this.#store[name];
    const now = collection.get(metadata.name, metadata.namespace);
    if (now === undefined || now.metadata.uid !== metadata.uid) return;
    const ready = options.live.filter(isReady).length;
    const status = {
      replicas: options.live.length,
      readyReplicas: ready,
      availableReplicas: ready,
      updatedReplicas: options.live.length,
      ...(name === "deployments"
        ? { conditions: [{ type: "Available", status: ready >= now.spec.replicas ? "True" : "False" }] }
        : {}),
    };
    if (JSON.stringify(now.status) !== JSON.stringify(status)) collection.put({ ...now, status });
  }
}

/** Begins the end of a pod: from now on it is terminating. Does nothing when it is, or is gone. */
export function terminate(
  store: Store,
  at: { readonly name: string; readonly namespace: string; readonly grace?: number },
): void {
  const pod = store.pods.get(at.name, at.namespace);
  if (pod === undefined || !isLive(pod)) return;
  store.pods.put({
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp: store.now(), deletionGracePeriodSeconds: at.grace ?? 30 },
  });
}

function isLive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined;
}

function created(of: KubeObject): string {
  return of.metadata.creationTimestamp ?? "";
}

function isOwnedBy(object: KubeObject, by: KubeObject): boolean {
  return object.metadata.ownerReferences?.some(({ uid }) => uid === by.metadata.uid) ?? false;
}

function owner(of: Workload, kind: string) {
  return {
    apiVersion: "apps/v1",
    kind,
    name: of.metadata.name,
    uid: of.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** FNV-1a, as the suffix of names. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash.toString(36);
}

/** Whether a workload's selector picks its own template, as the API demands. */
export function selectsOwnTemplate(of: Workload): boolean {
  return matchesSelector(of.spec.selector, of.spec.template.metadata?.labels);
}
