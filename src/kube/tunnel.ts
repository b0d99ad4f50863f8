import type { Socket } from "node:net";
import { AccessError, type PodRef, type Tunnel } from "../model/cluster_access.ts";
import type { Port } from "../model/port.ts";
import { type Duplex, StreamError } from "../model/stream.ts";
import type { Clock, Log } from "../model/world.ts";
import type { Carrier, CarrierKind } from "./carrier.ts";
import { CarrierChoice } from "./carrier_choice.ts";
import { SocketCarrier } from "./carrier_socket.ts";
import { forwardError } from "./forward_error.ts";
import { upgrade, UpgradeRefusedError } from "./handshake.ts";
import { openSocket } from "./open_socket.ts";
import { type Backlog, PortStream } from "./port_stream.ts";
import { ServerSocket } from "./server_socket.ts";
import { SpdySession } from "./spdy/session.ts";
import type { Transport } from "./transport.ts";
import { WebSocketCarrier } from "./websocket/carrier.ts";

/** Milliseconds for connecting, and again for the answer to the upgrade, which passes through the kubelet and the runtime. */
const DIAL_TIMEOUT = 10_000;
/** The same when only asking whether the API server still answers. */
const VERIFY_TIMEOUT = 5_000;
/** Bytes read ahead of a reader that has the tunnel for itself. */
const READ_AHEAD = 256 * 1024;
/** Bytes that wait for one of several readers before it holds up the others. */
const STALL_LIMIT = 1024 * 1024;
/** Milliseconds in which such a reader must take something, or its stream alone is cut. */
const STALL_GRACE = 500;

/** How to open a tunnel. */
export interface TunnelOptions {
  /** A carrier, or the cluster's memory of which one gets through: then the next is tried where the first is not passed on. */
  readonly carrier: CarrierKind | CarrierChoice;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log?: Log;
  /** Milliseconds for each of connecting and upgrading; 10 s. */
  readonly timeout?: number;
}

/**
 * Opens a tunnel to a pod. Rejects with `AccessError` (the API server's own words where it had some), or with the signal's reason; nothing is left
 * open then. A 401 makes the credentials be read anew and is tried once more. The signal ends the opening only, not the tunnel.
 */
export async function connectTunnel(transport: Transport, pod: PodRef, options: TunnelOptions): Promise<Tunnel> {
  const { carrier: choice, clock, log } = options;
  const kinds = choice instanceof CarrierChoice ? choice.order : [choice];
  let refused: UpgradeRefusedError | null = null;
  for (const kind of kinds) {
    try {
      const carrier = await openCarrier(transport, pod, { ...options, kind });
      if (choice instanceof CarrierChoice) choice.worked(kind);
      log?.debug("Opened tunnel", { pod: `${pod.namespace}/${pod.name}`, carrier: kind });
      return new PodTunnel(pod, carrier, { clock, verify: () => answers(transport, pod, { kind, clock }) });
    } catch (error) {
      if (!(error instanceof UpgradeRefusedError)) throw error;
      log?.debug("Upgrade not passed on", { carrier: kind, message: error.message });
      refused ??= error;
    }
  }
  throw new AccessError(
    "cluster-unreachable",
    `no tunnel gets through to ${transport.server.host}: ${refused?.message ?? "no carrier"}`,
    { cause: refused },
  );
}

interface Opening {
  readonly kind: CarrierKind;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly timeout?: number;
}

async function openCarrier(transport: Transport, pod: PodRef, opening: Opening): Promise<Carrier> {
  try {
    return await dialCarrier(transport, pod, opening);
  } catch (error) {
    if (!(error instanceof AccessError) || error.reason !== "unauthorized") throw error;
    transport.expire();
    return await dialCarrier(transport, pod, opening);
  }
}

async function dialCarrier(transport: Transport, pod: PodRef, opening: Opening): Promise<Carrier> {
  const { kind, signal, clock, timeout = DIAL_TIMEOUT } = opening;
  const headers = await transport.headers(signal);
  const server = new ServerSocket();
  const socket = await openSocket(transport, { signal, clock, timeout, onread: server.onread });
  server.attach(socket);
  const unguard = destroyOn(socket, { signal, clock, timeout });
  try {
    const first = await upgrade(server, { server: transport.server, pod, kind, headers });
    signal.throwIfAborted();
    const plain = new SocketCarrier(server, first);
    return kind === "spdy" ? plain : new WebSocketCarrier(plain);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    if (!unguard.expired()) throw error;
    throw new AccessError(
      "cluster-unreachable",
      `${transport.server.host} did not answer the upgrade within ${timeout} ms`,
      { cause: error },
    );
  } finally {
    unguard.stop();
  }
}

/** Destroys the socket when aborted or late, which ends every wait for it. */
function destroyOn(
  socket: Socket,
  limits: { readonly signal: AbortSignal; readonly clock: Clock; readonly timeout: number },
): { expired(): boolean; stop(): void } {
  let expired = false;
  // Without a listener an error between two listeners would end the process.
  socket.on("error", () => {});
  const destroy = () => socket.destroy();
  const cancel = limits.clock.after(limits.timeout, () => {
    expired = true;
    destroy();
  });
  limits.signal.addEventListener("abort", destroy, { once: true });
  if (limits.signal.aborted) destroy();
  return {
    expired: () => expired,
    stop: () => {
      cancel();
      limits.signal.removeEventListener("abort", destroy);
    },
  };
}

/** Whether a new tunnel to the pod can be opened. */
async function answers(
  transport: Transport,
  pod: PodRef,
  how: { readonly kind: CarrierKind; readonly clock: Clock },
): Promise<boolean> {
  try {
    const carrier = await dialCarrier(transport, pod, { ...how, signal: NEVER, timeout: VERIFY_TIMEOUT });
    carrier.destroy();
    return true;
  } catch {
    return false;
  }
}

const NEVER = new AbortController().signal;

/** Port streams in one SPDY session, and who of them may hold up the others. */
class PodTunnel implements Tunnel, Backlog {
  readonly pod: PodRef;
  readonly #session: SpdySession;
  readonly #clock: Clock;
  readonly #streams = new Set<PortStream>();
  /** Streams with as much waiting as they may have. */
  readonly #full = new Set<PortStream>();
  #nextRequest = 0;
  #cancelGrace: (() => void) | null = null;

  constructor(
    pod: PodRef,
    carrier: Carrier,
    options: { readonly clock: Clock; readonly verify: () => Promise<boolean> },
  ) {
    this.pod = pod;
    this.#clock = options.clock;
    this.#session = new SpdySession(carrier, options);
  }

  get streams(): number {
    return this.#streams.size;
  }

  get usable(): boolean {
    return this.#session.usable;
  }

  get closed(): Promise<{ readonly message: string }> {
    return this.#session.closed;
  }

  // deno-lint-ignore require-await -- the contract is a promise, and failures are rejections
  async open(port: Port, signal: AbortSignal): Promise<Duplex> {
    signal.throwIfAborted();
    const stream = new PortStream({
      session: this.#session,
      clock: this.#clock,
      port,
      requestId: this.#nextRequest++,
      backlog: this,
      explain: (text) => forwardError(text, { pod: this.pod, port }),
    });
    this.#streams.add(stream);
    this.#weighAll();
    return stream;
  }

  close(): void {
    this.#cancelGrace?.();
    this.#cancelGrace = null;
    this.#session.close("closed here");
  }

  changed(stream: PortStream): void {
    // What a stream that has ended still has to read lies here already, and concerns nobody else.
    if (!this.#streams.has(stream)) return;
    this.#weigh(stream);
    this.#flow();
  }

  ended(stream: PortStream): void {
    this.#streams.delete(stream);
    this.#weighAll();
  }

  #weighAll(): void {
    this.#full.clear();
    for (const stream of this.#streams) this.#weigh(stream);
    this.#flow();
  }

  #weigh(stream: PortStream): void {
    const limit = this.#streams.size > 1 ? STALL_LIMIT : READ_AHEAD;
    if (stream.waiting >= limit) this.#full.add(stream);
    // Half way down, so that the carrier is not switched on and off with every chunk.
    else if (stream.waiting < limit / 2) this.#full.delete(stream);
  }

  #flow(): void {
    this.#session.pause(this.#full.size > 0);
    if (this.#full.size === 0 || this.#streams.size === 1) {
      this.#cancelGrace?.();
      this.#cancelGrace = null;
    } else if (this.#cancelGrace === null) this.#watchStalled();
  }

  /** The others wait this long for a full stream's reader, and not longer. */
  #watchStalled(): void {
    const before = new Map([...this.#full].map((stream) => [stream, stream.taken]));
    this.#cancelGrace = this.#clock.after(STALL_GRACE, () => {
      this.#cancelGrace = null;
      for (const stream of [...this.#full]) {
        if (before.get(stream) !== stream.taken) continue;
        stream.cut(
          new StreamError(
            "timeout",
            `cut: the client reads nothing, ${
              STALL_LIMIT / 1024
            } KiB wait for it, and other connections share the tunnel`,
          ),
        );
      }
      this.#flow();
    });
  }
}
