import type { Api } from "./api.ts";
import { terminate } from "./controller.ts";
import type { Carrier, Faults, Forbidden } from "./faults.ts";
import type { Kubelet, PodTimes } from "./kubelet.ts";
import type { NodePorts } from "./node_ports.ts";
import { isReady, type KubeObject, type Pod } from "./objects.ts";
import type { PortFault } from "./pod_process.ts";
import type { Manifest } from "./scenario.ts";
import { matchesLabels } from "./selectors.ts";
import type { Darkness, TlsServer } from "./server.ts";
import { notFound } from "./status_error.ts";
import type { Store } from "./store.ts";

/** A pod, by its name. */
export interface PodName {
  /** Absent: `default`. */
  readonly namespace?: string;
  readonly name: string;
}

/** What a test or a demo needs to know of a pod. */
export interface PodView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/**
 * The switches of a sandbox. Methods that name a pod, workload or Service reject with an `ApiError` (404) when there is none. A promise
 * resolves when the change is in the API; what follows from it comes after, as in a cluster: `settled` or `until` wait for that.
 */
export class Control {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Pods, newest first. */
  pods(
    options: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> } = {},
  ): readonly PodView[] {
    return this.#parts.store.pods.list(options.namespace)
      .filter((pod) => matchesLabels(options.labels ?? {}, pod.metadata.labels)).map(viewOf)
      .sort((a, b) => b.createdAt - a.createdAt);
  }

  /** The NodePort of a Service's port (of its only or first one when none is named); undefined when it has none. */
  nodePort(service: PodName & { readonly port?: number | string }): number | undefined {
    const found = this.#parts.store.services.get(service.name, service.namespace ?? "default");
    const ports = found?.spec.ports ?? [];
    return ports.find(({ port, name }) => service.port === undefined || service.port === port || service.port === name)
      ?.nodePort;
  }

  /** Makes an object, as a POST would. */
  async create(manifest: Manifest): Promise<KubeObject> {
    const { store, api } = this.#parts;
    const { type } = store.collection(manifest.resource);
    return await api.writer.create(
      { type, namespace: type.namespaced ? manifest.namespace ?? "default" : undefined },
      manifest.object,
    );
  }

  /** Merges a patch into an object, as a PATCH would. */
  async patch(manifest: Manifest & { readonly name: string }): Promise<KubeObject> {
    return await this.#parts.api.writer.update(this.#address(manifest), { patch: manifest.object });
  }

  /** Deletes an object, as a DELETE would. */
  async remove(of: Omit<Manifest, "object"> & { readonly name: string }): Promise<void> {
    await this.#parts.api.writer.remove(this.#address(of), {});
  }

  /** Deletes a pod: it terminates and is replaced if something owns it. `now`: without a grace period. */
  deletePod(pod: PodName, options: { readonly now?: boolean } = {}): void {
    const { name, namespace = "default" } = this.#pod(pod).metadata;
    if (options.now === true) this.#parts.store.pods.remove(name, namespace);
    else terminate(this.#parts.store, { name, namespace });
  }

  /** Restarts a pod's containers: the same pod, its connections cut. */
  async restartPod(pod: PodName): Promise<void> {
    await this.#parts.kubelet.restart(this.#pod(pod).metadata.uid);
  }

  /** Sets the number of replicas of a Deployment or StatefulSet. */
  async scale(workload: PodName & { readonly kind?: "deployments" | "statefulsets" }, replicas: number): Promise<void> {
    const { api } = this.#parts;
    await api.writer.scale(this.#address({ resource: workload.kind ?? "deployments", ...workload }), {
      spec: { replicas },
    });
  }

  /** Replaces the pods of a Deployment one by one, as `kubectl rollout restart` does. */
  async rollOut(workload: PodName): Promise<void> {
    const { store, api } = this.#parts;
    const annotations = { "kubectl.kubernetes.io/restartedAt": store.newUid() };
    await api.writer.update(this.#address({ resource: "deployments", ...workload }), {
      patch: { spec: { template: { metadata: { annotations } } } },
    });
  }

  /** Holds a pod's Ready at False, or lets it be True. */
  setReady(pod: PodName, ready: boolean): void {
    this.#parts.kubelet.setReady(this.#pod(pod).metadata.uid, ready);
  }

  /** Makes a port of a pod misbehave; null makes it behave. */
  async setPort(pod: PodName & { readonly port: number }, fault: PortFault | null): Promise<void> {
    await this.#parts.kubelet.setFault(this.#pod(pod).metadata.uid, { port: pod.port, fault });
    this.#parts.nodePorts.sync();
    await this.#parts.nodePorts.settled();
  }

  /** Changes how long pods take to be Ready and to go; for what begins after. */
  setTimes(times: Partial<PodTimes>): void {
    this.#parts.kubelet.times = { ...this.#parts.kubelet.times, ...times };
  }

  /** Cuts all open watches. Returns how many there were. */
  dropWatches(): number {
    const open = [...this.#parts.api.watches];
    for (const watch of open) watch.cut();
    return open.length;
  }

  /** The next `count` watches begin with a 410, whatever version they ask for. */
  expireWatches(count = 1): void {
    this.#parts.faults.expireWatches = count;
  }

  /** Forgets the history of changes: watches and continued lists from any version up to now get a 410. */
  compact(): void {
    this.#parts.store.compact();
  }

  /** The API goes out of reach: refuses connections, or takes them and never answers. NodePorts live on. */
  async goDark(how: Darkness): Promise<void> {
    await this.#parts.server.goDark(how);
  }

  /** The API is back, on the same port. */
  async comeBack(): Promise<void> {
    await this.#parts.server.comeBack();
  }

  /** Takes a permission away: 403 from now on. Returns the way to give it back. */
  forbid(what: Forbidden): () => void {
    this.#parts.faults.forbidden.add(what);
    return () => this.#parts.faults.forbidden.delete(what);
  }

  /** Answers everything with 401, or stops to. */
  refuseCredentials(refuse: boolean): void {
    this.#parts.faults.refuseCredentials = refuse;
  }

  /** Makes a new token: the old one gets 401, `Sandbox.kubeconfig` holds the new one. */
  rotateCredentials(): void {
    this.#parts.faults.token = newToken();
  }

  /** Lets each answer of the API wait. */
  slowDown(milliseconds: number): void {
    this.#parts.faults.delay = milliseconds;
  }

  /** Answers upgrades of these kinds with 400, as behind a proxy that does not pass them on; all others work. */
  refuseUpgrades(...carriers: readonly Carrier[]): void {
    this.#parts.faults.refusedUpgrades.clear();
    for (const carrier of carriers) this.#parts.faults.refusedUpgrades.add(carrier);
  }

  /** How many tunnels are open. */
  get tunnels(): number {
    return this.#parts.api.tunnels.size;
  }

  /** How many watches are open. */
  get watches(): number {
    return this.#parts.api.watches.size;
  }

  /** Sends GOAWAY on all tunnels: they take no more streams. */
  async goAway(): Promise<void> {
    await Promise.all([...this.#parts.api.tunnels].map((tunnel) => tunnel.goAway()));
  }

  /** Cuts all tunnels. */
  closeTunnels(): void {
    for (const tunnel of [...this.#parts.api.tunnels]) tunnel.close();
  }

  /** Resolves when all that was changed has had its effect, but for waits (Ready delays, grace periods). */
  async settled(): Promise<void> {
    const { controller, kubelet, nodePorts, store } = this.#parts;
    for (let before = -1; before !== store.revision;) {
      before = store.revision;
      await controller.settled();
      await kubelet.settled();
      await nodePorts.settled();
    }
  }

  /** Resolves when `holds` does: tried now and after each change. Rejects with the signal's reason. */
  async until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    const done = Promise.withResolvers<void>();
    const look = () => holds() ? done.resolve() : undefined;
    const abort = () => done.reject(signal.reason);
    const unsubscribe = store.subscribe(look);
    signal.addEventListener("abort", abort, { once: true });
    try {
      if (signal.aborted) abort();
      look();
      await done.promise;
      await this.settled();
    } finally {
      unsubscribe();
      signal.removeEventListener("abort", abort);
    }
  }

  #address(of: { readonly resource: Manifest["resource"]; readonly namespace?: string; readonly name: string }) {
    const { type } = this.#parts.store.collection(of.resource);
    return { type, namespace: type.namespaced ? of.namespace ?? "default" : undefined, name: of.name };
  }

  #pod({ name, namespace = "default" }: PodName): Pod {
    const found = this.#parts.store.pods.get(name, namespace);
    if (found === undefined) throw notFound(this.#parts.store.pods.type, name);
    return found;
  }
}

/** What the switches act on. */
interface Parts {
  readonly store: Store;
  readonly controller: { settled(): Promise<void> };
  readonly kubelet: Kubelet;
  readonly nodePorts: NodePorts;
  readonly api: Api;
  readonly server: TlsServer;
  readonly faults: Faults;
}

/** A fresh bearer token. A secret: from the system's generator, whatever randomness the sandbox was given. */
export function newToken(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(24)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function viewOf(pod: Pod): PodView {
  const { name, namespace = "", uid, creationTimestamp, deletionTimestamp } = pod.metadata;
  return {
    namespace,
    name,
    uid,
    ready: isReady(pod),
    terminating: deletionTimestamp !== undefined,
    createdAt: Date.parse(creationTimestamp ?? ""),
  };
}
