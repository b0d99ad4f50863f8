import type {
  Backend,
  ClusterAccess,
  PodRef,
  TargetState,
  TargetWatch,
  Tunnel,
} from "../../src/model/cluster_access.ts";
import { AccessError } from "../../src/model/cluster_access.ts";
import { type Port, port } from "../../src/model/port.ts";
import type { ClusterStatus } from "../../src/model/status.ts";
import { type Duplex, StreamError } from "../../src/model/stream.ts";
import { NetSocket } from "../../src/forward/net_socket.ts";

/** The container port of every fake pod. */
export const POD_PORT = port(80);

/** A pod of a `FakeCluster`: what listens in it is a socket on loopback, or nothing. */
export interface FakePod {
  readonly pod: PodRef;
  readonly createdAt: number;
  /** Where its port leads; null: nothing listens there, a stream is refused. */
  listens: number | null;
}

/** A cluster without an API server: one target, whose state the test sets, and tunnels that lead to loopback sockets. */
export class FakeCluster implements ClusterAccess {
  readonly name: string;
  readonly status: ClusterStatus;
  readonly tunnels = new Set<FakeTunnel>();
  /** How many tunnels were opened, and how often `refresh` was called. */
  opened = 0;
  refreshed = 0;
  /** Set: `openTunnel` rejects with it. */
  tunnelFailure: AccessError | null = null;
  /** Set: `openTunnel` waits for it. */
  tunnelGate: Promise<void> | null = null;
  readonly #pods = new Map<string, FakePod>();
  readonly #listeners = new Set<() => void>();
  #state: TargetState = { kind: "unknown", reason: "connecting", message: "first list under way" };
  #created = 0;

  constructor(name = "dev") {
    this.name = name;
    this.status = { name, kind: "kubeconfig", reachable: true, reason: null, message: null, version: "v1.31.4" };
  }

  /** Watches that are open now. */
  get watches(): number {
    return this.#listeners.size;
  }

  /** A pod whose port leads to `listens` on loopback. It is no backend until `ready` names it. */
  addPod(name: string, listens: number | null): FakePod {
    const createdAt = ++this.#created;
    const one: FakePod = { pod: { namespace: "default", name, uid: `${name}-${createdAt}` }, createdAt, listens };
    this.#pods.set(one.pod.uid, one);
    return one;
  }

  /** The target now has these pods ready. */
  ready(
    pods: readonly FakePod[],
    { nodePorts = [], prefer = "any" }: { readonly nodePorts?: readonly number[]; readonly prefer?: "newest" | "any" } =
      {},
  ): void {
    const backends = [...pods].sort((a, b) => b.createdAt - a.createdAt)
      .map(({ pod, createdAt }): Backend => ({ kind: "pod", pod, port: POD_PORT, createdAt }));
    this.set({
      kind: "known",
      backends,
      nodePorts: nodePorts.map((value) => ({ host: "127.0.0.1", port: port(value) })),
      prefer,
      message: backends.length === 0 ? "no pod is ready" : null,
    });
  }

  set(state: TargetState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }

  subscribe(): () => void {
    return () => {};
  }

  watch(): TargetWatch {
    const current = () => this.#state;
    const mine = new Set<() => void>();
    const drop = (listener: () => void) => {
      mine.delete(listener);
      this.#listeners.delete(listener);
    };
    return {
      get state() {
        return current();
      },
      subscribe: (listener) => {
        mine.add(listener);
        this.#listeners.add(listener);
        return () => drop(listener);
      },
      close: () => [...mine].forEach(drop),
    };
  }

  async openTunnel(pod: PodRef, signal: AbortSignal): Promise<Tunnel> {
    this.opened++;
    if (this.tunnelGate !== null) await this.tunnelGate;
    signal.throwIfAborted();
    if (this.tunnelFailure !== null) throw this.tunnelFailure;
    const target = this.#pods.get(pod.uid);
    if (target === undefined) throw new AccessError("not-found", `pod ${pod.name} is not there`);
    const tunnel = new FakeTunnel(target, () => this.tunnels.delete(tunnel));
    this.tunnels.add(tunnel);
    return tunnel;
  }

  refresh(): void {
    this.refreshed++;
  }

  close(): Promise<void> {
    for (const tunnel of this.tunnels) tunnel.close();
    return Promise.resolve();
  }
}

/** A tunnel to a fake pod. */
export class FakeTunnel implements Tunnel {
  readonly pod: PodRef;
  readonly closed: Promise<{ readonly message: string }>;
  usable = true;
  readonly #target: FakePod;
  readonly #streams = new Set<LoopbackStream>();
  readonly #ended: () => void;
  readonly #resolve: (how: { readonly message: string }) => void;

  constructor(target: FakePod, ended: () => void) {
    const { promise, resolve } = Promise.withResolvers<{ readonly message: string }>();
    this.pod = target.pod;
    this.#target = target;
    this.#ended = ended;
    this.closed = promise;
    this.#resolve = resolve;
  }

  get streams(): number {
    return this.#streams.size;
  }

  open(_port: Port, _signal: AbortSignal): Promise<Duplex> {
    if (!this.usable) return Promise.reject(new StreamError("gone", "the tunnel is closed"));
    const stream = new LoopbackStream(this.#target.listens, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    return Promise.resolve(stream);
  }

  close(): void {
    if (!this.usable) return;
    this.usable = false;
    for (const stream of this.#streams) stream.reset();
    this.#ended();
    this.#resolve({ message: "closed" });
  }
}

/** A stream that opens at once and says at the first read whether anything listens, as a tunnel's does. */
class LoopbackStream implements Duplex {
  readonly #socket: Promise<NetSocket>;
  readonly #done: () => void;
  readonly #end = new AbortController();

  constructor(listens: number | null, done: () => void) {
    this.#done = done;
    this.#socket = listens === null
      ? Promise.reject(new StreamError("refused", "connection refused"))
      : NetSocket.dial({ host: "127.0.0.1", port: port(listens) }, this.#end.signal);
    this.#socket.catch(() => {});
  }

  async read(): Promise<Uint8Array | null> {
    return await (await this.#connected()).read();
  }

  async write(bytes: Uint8Array): Promise<void> {
    await (await this.#connected()).write(bytes);
  }

  async closeWrite(): Promise<void> {
    await (await this.#connected()).closeWrite();
  }

  reset(): void {
    this.#end.abort(new StreamError("gone", "reset from this side"));
    this.#socket.then((socket) => socket.reset(), () => {});
    this.#done();
  }

  close(): void {
    this.#socket.then((socket) => socket.close(), () => {});
    this.#done();
  }

  async #connected(): Promise<NetSocket> {
    try {
      return await this.#socket;
    } catch (error) {
      throw error instanceof StreamError ? error : new StreamError("gone", "the stream ended");
    }
  }
}
