import { createServer, type Server, type Socket } from "node:net";
import type { Log, Random } from "../model/world.ts";
import { SocketDuplex } from "./duplex.ts";
import { DatagramPort } from "./datagram_port.ts";
import { serviceNameLabel } from "./endpoints.ts";
import type { Kubelet } from "./kubelet.ts";
import type { Service } from "./objects.ts";
import type { Store } from "./store.ts";

/** The range that the API server allots NodePorts from, by default. */
export const nodePortRange = { first: 30000, last: 32767 } as const;

/** A NodePort of a Service. */
interface Entry {
  readonly nodePort: number;
  readonly service: string;
  readonly namespace: string;
  readonly portName: string;
  readonly protocol: "TCP" | "UDP";
}

interface Backend {
  readonly uid: string;
  readonly port: number;
}

/**
 * What kube-proxy is on a node: every NodePort listens on 127.0.0.1 while a ready pod behind it accepts, and is refused otherwise.
 * Each connection goes to a ready pod, chosen at random, without a relay in between; so does each datagram.
 */
export class NodePorts {
  readonly #store: Store;
  readonly #kubelet: Kubelet;
  readonly #random: Random;
  readonly #log: Log;
  readonly #servers = new Map<number, Server>();
  readonly #datagrams = new Map<number, DatagramPort>();
  readonly #closed = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;
  #syncing: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(
    options: { readonly store: Store; readonly kubelet: Kubelet; readonly random: Random; readonly log: Log },
  ) {
    this.#store = options.store;
    this.#kubelet = options.kubelet;
    this.#random = options.random;
    this.#log = options.log;
    this.#unsubscribe = this.#store.subscribe(({ resource }) => {
      if (resource === "services" || resource === "endpointslices") this.sync();
    });
  }

  /** Opens and closes listeners as Services and their endpoints ask for. */
  sync(): void {
    this.#again = true;
    this.#syncing ??= this.#run().finally(() => this.#syncing = null);
  }

  /** Resolves when the listeners are in line. */
  async settled(): Promise<void> {
    while (this.#syncing !== null) await this.#syncing;
  }

  async close(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    await this.settled();
    for (const port of [...this.#servers.keys()]) this.#closePort(port);
    for (const port of [...this.#datagrams.keys()]) this.#closeDatagrams(port);
    await Promise.all(this.#closed);
  }

  /**
   * A NodePort that no Service has and nothing on this machine listens on: `preferred` if it is such a one, else a random one.
   * Undefined when there is none.
   */
  async allot(
    options: { readonly preferred?: number; readonly taken?: ReadonlySet<number> } = {},
  ): Promise<number | undefined> {
    const allotted = new Set([...this.#entries().map(({ nodePort }) => nodePort), ...options.taken ?? []]);
    const size = nodePortRange.last - nodePortRange.first + 1;
    const start = Math.floor(this.#random() * size);
    const random = Array.from({ length: size }, (_, index) => nodePortRange.first + (start + index) % size);
    const candidates = options.preferred === undefined ? random : [options.preferred, ...random];
    for (const candidate of candidates) if (!allotted.has(candidate) && await isFree(candidate)) return candidate;
    return undefined;
  }

  async #run(): Promise<void> {
    // In a turn of its own: the change that woke it may be one of several.
    await Promise.resolve();
    while (this.#again && !this.#stopped) {
      this.#again = false;
      const accepting = this.#entries().filter((entry) => this.#accepting(entry));
      const portsOf = (protocol: Entry["protocol"]) =>
        new Set(accepting.filter((entry) => entry.protocol === protocol).map(({ nodePort }) => nodePort));
      const [open, datagrams] = [portsOf("TCP"), portsOf("UDP")];
      for (const port of [...this.#datagrams.keys()]) if (!datagrams.has(port)) this.#closeDatagrams(port);
      for (const port of datagrams) if (!this.#datagrams.has(port)) await this.#openDatagrams(port);
      for (const port of [...this.#servers.keys()]) if (!open.has(port)) this.#closePort(port);
      for (const port of open) if (!this.#servers.has(port)) await this.#openPort(port);
    }
  }

  async #openPort(nodePort: number): Promise<void> {
    const server = createServer(
      { allowHalfOpen: true, noDelay: true, pauseOnConnect: true },
      (socket) => this.#connect(nodePort, socket),
    );
    const listening = Promise.withResolvers<void>();
    server.on("error", listening.reject);
    server.listen(nodePort, "127.0.0.1", () => listening.resolve());
    try {
      await listening.promise;
      this.#servers.set(nodePort, server);
      const closed: Promise<void> = new Promise<void>((resolve) => server.once("close", () => resolve()))
        .finally(() => this.#closed.delete(closed));
      this.#closed.add(closed);
    } catch (error) {
      this.#log.warn("sandbox NodePort cannot listen: another program has the port", { nodePort, error });
    }
  }

  async #openDatagrams(nodePort: number): Promise<void> {
    try {
      this.#datagrams.set(nodePort, await DatagramPort.open(nodePort, (datagram) => this.#answer(nodePort, datagram)));
    } catch (error) {
      this.#log.warn("sandbox UDP NodePort cannot listen: another program has the port", { nodePort, error });
    }
  }

  #closeDatagrams(nodePort: number): void {
    const closed: Promise<void> = (this.#datagrams.get(nodePort)?.close() ?? Promise.resolve())
      .finally(() => this.#closed.delete(closed));
    this.#closed.add(closed);
    this.#datagrams.delete(nodePort);
  }

  #answer(nodePort: number, datagram: Uint8Array): Uint8Array | undefined {
    const entry = this.#entries().find((one) => one.nodePort === nodePort && one.protocol === "UDP");
    const backends = entry === undefined ? [] : this.#backends(entry);
    const chosen = backends[Math.floor(this.#random() * backends.length)];
    return chosen === undefined ? undefined : this.#kubelet.process(chosen.uid)?.answer(chosen.port, datagram);
  }

  #closePort(nodePort: number): void {
    this.#servers.get(nodePort)?.close();
    this.#servers.delete(nodePort);
  }

  #connect(nodePort: number, socket: Socket): void {
    const entry = this.#entries().find((one) => one.nodePort === nodePort && one.protocol === "TCP");
    const backends = entry === undefined ? [] : this.#backends(entry);
    const chosen = backends[Math.floor(this.#random() * backends.length)];
    const process = chosen === undefined ? undefined : this.#kubelet.process(chosen.uid);
    if (chosen === undefined || process === undefined) new SocketDuplex(socket).reset();
    else process.accept(chosen.port, socket);
  }

  #entries(): readonly Entry[] {
    return this.#store.services.list().flatMap((service) => nodePortsOf(service));
  }

  #accepting(entry: Entry): boolean {
    return this.#backends(entry).some(({ uid, port }) => {
      const process = this.#kubelet.process(uid);
      return entry.protocol === "TCP" ? process?.localPort(port) !== undefined : process?.hearsDatagrams(port) === true;
    });
  }

  #backends(entry: Entry): readonly Backend[] {
    return this.#store.endpointslices.list(entry.namespace)
      .filter((slice) => slice.metadata.labels?.[serviceNameLabel] === entry.service)
      .flatMap((slice) => {
        const port = slice.ports?.find(({ name, protocol }) =>
          (name ?? "") === entry.portName && (protocol ?? "TCP") === entry.protocol
        )?.port;
        if (port === undefined) return [];
        return (slice.endpoints ?? []).flatMap(({ conditions, targetRef }) =>
          conditions?.ready === false || targetRef?.uid === undefined ? [] : [{ uid: targetRef.uid, port }]
        );
      });
  }
}

function nodePortsOf({ metadata, spec }: Service): readonly Entry[] {
  if (spec.type !== "NodePort" && spec.type !== "LoadBalancer") return [];
  return (spec.ports ?? []).flatMap(({ nodePort = 0, name = "", protocol }) =>
    nodePort === 0 || protocol === "SCTP"
      ? []
      : [{ nodePort, service: metadata.name, namespace: metadata.namespace ?? "", portName: name, protocol }]
  );
}

/** Whether nothing on this machine listens on a port of 127.0.0.1, tried by listening. */
function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
