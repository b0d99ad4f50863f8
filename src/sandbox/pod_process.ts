import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Log } from "../model/world.ts";
import { type Answerer, behave, type Behaviour, behaviourNames } from "./behaviours.ts";
import { SocketDuplex } from "./duplex.ts";
import type { Pod } from "./objects.ts";

/** A port that misbehaves: nothing listens, accepts and says nothing, resets each connection. */
export type PortFault = "refuse" | "hang" | "reset";

/** The annotation that says what a pod's ports do: `8080=json,9002=echo`. */
export const behavioursAnnotation = "sandbox.berth/behaviours";

/** What ports do that no annotation speaks of. */
const usual: Readonly<Record<number, Behaviour>> = {
  9001: "digest",
  9002: "echo",
  9003: "reset",
  9004: "hang",
  9005: "source",
  9006: "sink",
  9008: "banner",
};

/** TCP ports of a pod and their behaviours: those its containers declare and those that the annotation names. */
export function portsOfPod(pod: Pod): ReadonlyMap<number, Behaviour> {
  const ports = new Map<number, Behaviour>();
  for (const { containerPort, protocol } of pod.spec.containers.flatMap((container) => container.ports ?? [])) {
    if (protocol === "TCP") ports.set(containerPort, usual[containerPort] ?? "json");
  }
  for (const pair of (pod.metadata.annotations?.[behavioursAnnotation] ?? "").split(",")) {
    const [port, name] = pair.trim().split("=");
    const behaviour = behaviourNames.find((known) => known === name);
    if (behaviour !== undefined) ports.set(Number(port), behaviour);
  }
  return ports;
}

/** UDP ports that the containers of a pod declare. */
export function udpPortsOfPod(pod: Pod): ReadonlySet<number> {
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  return new Set(ports.filter(({ protocol }) => protocol === "UDP").map(({ containerPort }) => containerPort));
}

interface Listening {
  readonly behaviour: Behaviour;
  fault: PortFault | null;
  server: Server | null;
}

/** The running containers of one pod: a listener on loopback for each container port, and the connections open to them. */
export class PodProcess {
  readonly #by: Answerer;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #ports: ReadonlyMap<number, Listening>;
  readonly #udpPorts: ReadonlySet<number>;
  /** One for each listener that there was: settled when it and its connections are closed. */
  readonly #closed: Promise<void>[] = [];
  readonly #connections = new Map<SocketDuplex, Promise<unknown>>();

  constructor(options: {
    readonly ports: ReadonlyMap<number, Behaviour>;
    readonly udpPorts: ReadonlySet<number>;
    readonly by: Omit<Answerer, "stopped">;
    readonly log: Log;
  }) {
    this.#by = { ...options.by, stopped: this.#stop.signal };
    this.#log = options.log;
    this.#udpPorts = options.udpPorts;
    this.#ports = new Map(
      [...options.ports].map(([port, behaviour]) => [port, { behaviour, fault: null, server: null }]),
    );
  }

  /** Resolves once all ports listen. */
  async start(): Promise<void> {
    await Promise.all([...this.#ports].map(([number, port]) => this.#listen(port, number)));
  }

  /** The port on 127.0.0.1 that stands for a container port, or undefined when nothing listens there. */
  localPort(containerPort: number): number | undefined {
    const server = this.#ports.get(containerPort)?.server ?? null;
    const address: AddressInfo | string | null = server === null ? null : server.address();
    return address === null || typeof address === "string" ? undefined : address.port;
  }

  /** Serves a connection that came in elsewhere, as a NodePort's does. A port that nothing listens on resets it. */
  accept(containerPort: number, socket: Socket): void {
    const port = this.#ports.get(containerPort);
    const connection = new SocketDuplex(socket);
    if (port === undefined || port.server === null || this.#stop.signal.aborted) {
      connection.reset();
      return;
    }
    const behaviour = port.fault === "hang" || port.fault === "reset" ? port.fault : port.behaviour;
    const served = behave(behaviour, { connection, by: this.#by })
      .then(() => connection.gone).finally(() => this.#connections.delete(connection));
    this.#connections.set(connection, served);
  }

  /** Whether a UDP port of a container is open. */
  hearsDatagrams(containerPort: number): boolean {
    return this.#udpPorts.has(containerPort) && !this.#stop.signal.aborted;
  }

  /** What a UDP port of a container answers to a datagram: the same. Undefined where nothing listens. */
  answer(containerPort: number, datagram: Uint8Array): Uint8Array | undefined {
    return this.hearsDatagrams(containerPort) ? datagram : undefined;
  }

  /** Makes a port misbehave from now on, or behave again. Open connections stay as they are. */
  async setFault(containerPort: number, fault: PortFault | null): Promise<void> {
    const port = this.#ports.get(containerPort);
    if (port === undefined || this.#stop.signal.aborted) return;
    port.fault = fault;
    if (fault === "refuse") closeServer(port);
    else if (port.server === null) await this.#listen(port, containerPort);
  }

  /** Ends the process: listeners close and connections are cut. Resolves when all of that is done. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("the pod stopped"));
    for (const port of this.#ports.values()) closeServer(port);
    for (const connection of this.#connections.keys()) connection.close();
    await Promise.all([...this.#connections.values(), ...this.#closed]);
  }

  async #listen(port: Listening, containerPort: number): Promise<void> {
    // pauseOnConnect: bytes wait until the behaviour reads them. allowHalfOpen: the two directions end separately.
    const server = createServer(
      { allowHalfOpen: true, noDelay: true, pauseOnConnect: true },
      (socket) => this.accept(containerPort, socket),
    );
    const listening = Promise.withResolvers<void>();
    server.on("error", listening.reject);
    this.#closed.push(new Promise((resolve) => server.once("close", () => resolve())));
    server.listen(0, "127.0.0.1", () => listening.resolve());
    try {
      await listening.promise;
    } catch (error) {
      this.#log.error("sandbox pod cannot listen", { pod: this.#by.pod, port: containerPort, error });
      return;
    }
    port.server = server;
    if (this.#stop.signal.aborted) closeServer(port);
  }
}

/** Stops listening. */
function closeServer(port: Listening): void {
  port.server?.close();
  port.server = null;
}
