import type { Clock, Log } from "../model/world.ts";
import { hasCondition, type Pod } from "./objects.ts";
import { PodProcess, type PortFault, portsOfPod, udpPortsOfPod } from "./pod_process.ts";
import type { Store } from "./store.ts";

/** The name of the only node. */
export const nodeName = "sandbox-0";

/** Times of a pod's life, in milliseconds. */
export interface PodTimes {
  /** From the start of its containers to Ready. */
  readonly readyDelay: number;
  /** From the request to delete it to its end; a shorter grace period counts. */
  readonly stopDelay: number;
}

interface Running {
  readonly process: PodProcess;
  cancel: () => void;
  /** False: a switch holds Ready at False. */
  mayBeReady: boolean;
}

/** Runs pods: starts what appears in the store, reports Ready, and ends what is being deleted. */
export class Kubelet {
  times: PodTimes;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #running = new Map<string, Running>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #timers = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #addresses = 0;

  constructor(options: { readonly store: Store; readonly clock: Clock; readonly log: Log; readonly times: PodTimes }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
    this.times = options.times;
    this.#unsubscribe = this.#store.subscribe((change) => {
      if (change.resource !== "pods") return;
      const { name, namespace = "", uid, deletionTimestamp } = change.object.metadata;
      if (change.type === "ADDED") this.#begin(namespace, name);
      else if (change.type === "DELETED") this.#end(uid);
      else if (deletionTimestamp !== undefined && change.previous?.metadata.deletionTimestamp === undefined) {
        this.#wind(uid, { namespace, name });
      }
    });
  }

  /** The process of a pod, while it runs. */
  process(uid: string): PodProcess | undefined {
    return this.#running.get(uid)?.process;
  }

  /** Resolves when nothing is being started or ended. Waits do not count. */
  async settled(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  /** Holds a pod's Ready at False, or lets it be True again. */
  setReady(uid: string, ready: boolean): void {
    const running = this.#running.get(uid);
    const pod = this.#byUid(uid);
    if (running === undefined || pod === undefined) return;
    running.mayBeReady = ready;
    this.#report(pod, { ready });
  }

  /** Makes a port of a pod misbehave, or (null) behave. */
  async setFault(uid: string, options: { readonly port: number; readonly fault: PortFault | null }): Promise<void> {
    await this.#running.get(uid)?.process.setFault(options.port, options.fault);
  }

  /** Restarts a pod's containers: same pod, connections cut, Ready again after the usual delay. */
  async restart(uid: string): Promise<void> {
    const running = this.#running.get(uid);
    const pod = this.#byUid(uid);
    if (running === undefined || pod === undefined) return;
    running.cancel();
    this.#running.delete(uid);
    this.#report(pod, { ready: false, restarted: true });
    await running.process.stop();
    const { namespace = "", name } = pod.metadata;
    this.#begin(namespace, name);
    await this.settled();
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    for (const cancel of this.#timers) cancel();
    for (const uid of [...this.#running.keys()]) this.#end(uid);
    await this.settled();
  }

  #begin(namespace: string, name: string): void {
    this.#track(async () => {
      // After the change that is being told: the store's listeners see one change at a time.
      await Promise.resolve();
      const pod = this.#store.pods.get(name, namespace);
      if (pod === undefined) return;
      const { uid } = pod.metadata;
      const version = pod.spec.containers[0]?.env?.find((variable) => variable.name === "VERSION")?.value ?? "";
      const by = { pod: name, namespace, version, clock: this.#clock };
      const running: Running = {
        process: new PodProcess({ ports: portsOfPod(pod), udpPorts: udpPortsOfPod(pod), by, log: this.#log }),
        cancel: () => {},
        mayBeReady: true,
      };
      this.#running.set(uid, running);
      await running.process.start();
      const started = this.#byUid(uid);
      if (started === undefined || this.#running.get(uid) !== running) return;
      const delay = this.times.readyDelay;
      this.#report(started, { ready: delay === 0 });
      if (delay === 0) return;
      running.cancel = this.#later(delay, () => {
        const waiting = this.#byUid(uid);
        if (waiting !== undefined && running.mayBeReady) this.#report(waiting, { ready: true });
      });
    });
  }

  /** A pod was asked to go: it does so after a while. */
  #wind(uid: string, at: { readonly namespace: string; readonly name: string }): void {
    const running = this.#running.get(uid);
    const remove = () => {
      if (this.#store.pods.get(at.name, at.namespace)?.metadata.uid === uid) {
        this.#store.pods.remove(at.name, at.namespace);
      }
    };
    running?.cancel();
    const cancel = this.#later(this.times.stopDelay, remove);
    if (running !== undefined) running.cancel = cancel;
  }

  #end(uid: string): void {
    const running = this.#running.get(uid);
    if (running === undefined) return;
    this.#running.delete(uid);
    running.cancel();
    this.#track(() => running.process.stop());
  }

  #report(pod: Pod, options: { readonly ready: boolean; readonly restarted?: boolean }): void {
    const status = options.ready ? "True" : "False";
    if (hasCondition(pod, "Ready") === options.ready && pod.status?.phase === "Running" && options.restarted !== true) {
      return;
    }
    const lastTransitionTime = this.#store.now();
    const restartCount = (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) + (options.restarted === true ? 1 : 0);
    this.#store.pods.put({
      ...pod,
      spec: { ...pod.spec, nodeName },
      status: {
        ...pod.status,
        phase: "Running",
        hostIP: "127.0.0.1",
        podIP: pod.status?.podIP ?? this.#newAddress(),
        startTime: pod.metadata.creationTimestamp ?? lastTransitionTime,
        conditions: [
          { type: "PodScheduled", status: "True", lastTransitionTime },
          { type: "Initialized", status: "True", lastTransitionTime },
          { type: "ContainersReady", status, lastTransitionTime },
          { type: "Ready", status, lastTransitionTime },
        ],
        containerStatuses: pod.spec.containers.map(({ name, image }) => ({
          name,
          image,
          ready: options.ready,
          started: true,
          restartCount,
          state: { running: { startedAt: lastTransitionTime } },
        })),
      },
    });
  }

  #later(delay: number, action: () => void): () => void {
    const cancelTimer = this.#clock.after(delay, () => {
      this.#timers.delete(cancel);
      action();
    });
    const cancel = () => {
      this.#timers.delete(cancel);
      cancelTimer();
    };
    this.#timers.add(cancel);
    return cancel;
  }

  #newAddress(): string {
    this.#addresses++;
    return `10.42.${this.#addresses >> 8}.${this.#addresses & 0xff}`;
  }

  #byUid(uid: string): Pod | undefined {
    return this.#store.pods.list().find((pod) => pod.metadata.uid === uid);
  }

  #track(task: () => Promise<void>): void {
    const promise = task().catch((error) => this.#log.error("sandbox pod failed", { error }))
      .finally(() => this.#tasks.delete(promise));
    this.#tasks.add(promise);
  }
}
