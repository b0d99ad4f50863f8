import { BerthProcess } from "./berth_process.ts";
import { findPids } from "./processes.ts";
import type { Address } from "./protocol.ts";
import { BOX_PORT_NAMES, BOX_PORTS, type BoxPort, type Rig } from "./rig.ts";
import { answers, freePorts, lasts, until } from "./shell.ts";

/** The ways to a pod that are compared, in the order of the table. */
export const WAY_NAMES = [
  "none",
  "k3d-lb",
  "socat",
  "kubectl-spdy",
  "kubectl-ws",
  "berth-direct",
  "berth-tunnel",
] as const;

/** The name of a way. */
export type WayName = typeof WAY_NAMES[number];

/** One way from a client on this machine to the workload. */
export interface Way {
  readonly name: WayName;
  start(): Promise<void>;
  address(port: BoxPort): Address;
  /** The processes whose cost is the way's own; their children count too. */
  pids(): readonly number[];
  /** Begins anew where the way does not survive what was just done to it: kubectl hangs after an abandoned download. */
  renew(): Promise<void>;
  stop(): Promise<void>;
}

/** The way of that name, not started yet. */
export function makeWay(name: WayName, rig: Rig): Way {
  switch (name) {
    case "none":
      return existing(name, {
        address: (port) => ({ host: rig.node, port: BOX_PORTS[port].nodePort }),
        pids: () => Promise.resolve([]),
      });
    case "k3d-lb":
      return existing(name, {
        address: (port) => ({ host: "127.0.0.1", port: rig.published[port] }),
        pids: async () => {
          const proxies = await Promise.all(
            Object.values(rig.published).map((port) => findPids(["docker-proxy", String(port)])),
          );
          return [await rig.loadBalancerPid(), ...proxies.flat()];
        },
      });
    case "socat":
      return new Children(name, (locals) =>
        BOX_PORT_NAMES.map((port) => [
          "socat",
          "-b65536",
          `TCP-LISTEN:${locals[port]},bind=127.0.0.1,reuseaddr,fork`,
          `TCP:${rig.node}:${BOX_PORTS[port].nodePort}`,
        ]));
    case "kubectl-spdy":
    case "kubectl-ws":
      return new Children(name, (locals) => [
        portForward(rig, BOX_PORT_NAMES.map((port) => `${locals[port]}:${BOX_PORTS[port].port}`)),
      ], { KUBECTL_PORT_FORWARD_WEBSOCKETS: String(name === "kubectl-ws"), KUBECONFIG: rig.kubeconfig });
    case "berth-direct":
    case "berth-tunnel":
      return new Berth(name, rig);
    default:
      return name satisfies never;
  }
}

/** The command line of a port-forward to the workload. */
export function portForward(rig: Rig, mappings: readonly string[]): readonly [string, ...string[]] {
  return ["kubectl", "--context", rig.context, "port-forward", "pod/box", ...mappings];
}

function existing(
  name: WayName,
  { address, pids }: { readonly address: (port: BoxPort) => Address; readonly pids: () => Promise<readonly number[]> },
): Way {
  let known: readonly number[] = [];
  return {
    name,
    address,
    start: async () => {
      known = await pids();
    },
    pids: () => known,
    renew: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

function localPorts(): Readonly<Record<BoxPort, number>> {
  const ports = freePorts(BOX_PORT_NAMES.length);
  return Object.fromEntries(BOX_PORT_NAMES.map((name, index) => [name, ports[index] ?? 0])) as Record<BoxPort, number>;
}

/** Forwarders that are programs of others. */
class Children implements Way {
  readonly name: WayName;
  readonly #commands: (
    locals: Readonly<Record<BoxPort, number>>,
  ) => readonly (readonly [string, ...string[]])[];
  readonly #env: Readonly<Record<string, string>>;
  #locals = localPorts();
  #running: readonly Deno.ChildProcess[] = [];

  constructor(
    name: WayName,
    commands: (locals: Readonly<Record<BoxPort, number>>) => readonly (readonly [string, ...string[]])[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.name = name;
    this.#commands = commands;
    this.#env = env;
  }

  async start(): Promise<void> {
    this.#running = this.#commands(this.#locals).map(([program, ...args]) => spawnQuiet([program, ...args], this.#env));
    await until(async () => await answers(this.#locals.http) ? true : null, `${this.name} answers`);
  }

  address(port: BoxPort): Address {
    return { host: "127.0.0.1", port: this.#locals[port] };
  }

  pids(): readonly number[] {
    return this.#running.map((one) => one.pid);
  }

  async renew(): Promise<void> {
    // socat has a process a connection: nothing of the past is left in it.
    if (this.name === "socat") return;
    await this.stop();
    this.#locals = localPorts();
    await this.start();
  }

  async stop(): Promise<void> {
    await endAll(this.#running);
    this.#running = [];
  }
}

/** Starts a program whose words nobody needs. */
export function spawnQuiet(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  return lasts(
    new Deno.Command(program, { args, env: { ...env }, stdin: "null", stdout: "null", stderr: "null" }).spawn(),
  );
}

/** Ends processes that this one started. */
export async function endAll(children: readonly Deno.ChildProcess[]): Promise<void> {
  await Promise.all(children.map(async (child) => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await child.status;
    clearTimeout(late);
  }));
}

/** `deno task up` with one forward a port. */
class Berth implements Way {
  readonly name: "berth-direct" | "berth-tunnel";
  readonly #rig: Rig;
  readonly #locals = localPorts();
  #process: BerthProcess | null = null;
  #pid = 0;

  constructor(name: "berth-direct" | "berth-tunnel", rig: Rig) {
    this.name = name;
    this.#rig = rig;
  }

  async start(): Promise<void> {
    const forwards = BOX_PORT_NAMES.map((name) => ({ name, port: BOX_PORTS[name].port, local: this.#locals[name] }));
    this.#process = await BerthProcess.start(forwards, {
      ...this.#rig,
      route: this.name === "berth-direct" ? "direct" : "tunnel",
    });
    this.#pid = await this.#process.active();
  }

  address(port: BoxPort): Address {
    return { host: "127.0.0.1", port: this.#locals[port] };
  }

  pids(): readonly number[] {
    return [this.#pid];
  }

  /** Nothing to do: that it goes on as before is part of what is measured. */
  renew(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = null;
  }
}
