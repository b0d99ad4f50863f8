import { FrameParser } from "../kube/spdy/frame_parser.ts";
import { encodeData, encodeGoAway, encodePing, encodeRstStream, encodeSynReply } from "../kube/spdy/frame_writer.ts";
import { GOAWAY_STATUS, RST_STATUS } from "../kube/spdy/frames.ts";
import { HeaderBlockEncoder } from "../kube/spdy/headers.ts";
import { type Duplex, StreamError } from "../model/stream.ts";
import type { Clock, Log } from "../model/world.ts";
import { ConnDuplex } from "./duplex.ts";
import { HeaderBlockDecoder } from "./header_blocks.ts";
import { Incoming } from "./incoming.ts";
import type { Pod } from "./objects.ts";

/** Where a container port listens on 127.0.0.1; `refused` when nothing does, `gone` when the pod has ended. */
export type PodPort = number | "refused" | "gone";

type Frame =
  | { readonly kind: "data"; readonly id: number; readonly payload: Uint8Array; readonly fin: boolean }
  | { readonly kind: "open"; readonly id: number; readonly fin: boolean; readonly block: Uint8Array }
  | { readonly kind: "reset"; readonly id: number }
  | { readonly kind: "ping"; readonly id: number };

/** Two streams of one request id: together they are one connection to a port. */
interface Pair {
  readonly port: number;
  data?: number;
  error?: number;
  readonly incoming: Incoming;
  connection?: Duplex;
  cancelled: boolean;
}

/** Milliseconds that a connection stays for the client's bytes after the pod's end of stream. Container runtimes take up to a second. */
const LINGER = 100;

/**
 * The server's end of one tunnel, as the API server, kubelet and container runtime give it together: SPDY/3.1 frames, a `data` and an
 * `error` stream for each connection, text on the error stream after the data stream's end. Unlike containerd 1.6 it hands a client's
 * end of stream on to the pod.
 */
export class TunnelServer {
  readonly #connection: Duplex;
  readonly #pod: Pod;
  readonly #localPort: (port: number) => PodPort;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #decoder = new HeaderBlockDecoder();
  readonly #encoder = new HeaderBlockEncoder();
  readonly #pairs = new Map<string, Pair>();
  readonly #streams = new Map<number, Pair>();
  readonly #forwards = new Set<Promise<void>>();
  #lastStream = 0;
  #goneAway = false;
  #over = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly connection: Duplex;
    readonly pod: Pod;
    readonly localPort: (port: number) => PodPort;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#connection = options.connection;
    this.#pod = options.pod;
    this.#localPort = options.localPort;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Serves until the client ends the tunnel or breaks the protocol. Never rejects. */
  async run(): Promise<void> {
    const parser = new FrameParser();
    try {
      for (let bytes = await this.#connection.read(); bytes !== null; bytes = await this.#connection.read()) {
        const frames: Frame[] = [];
        parser.push(bytes, {
          // Pieces wait for the pod longer than the bytes of one read are valid.
          data: (id, payload, fin) => frames.push({ kind: "data", id, payload: payload.slice(), fin }),
          control: (frame) => {
            if (frame.type === "synStream") {
              frames.push({ kind: "open", id: frame.streamId, fin: frame.fin, block: frame.headerBlock.slice() });
            } else if (frame.type === "rstStream") frames.push({ kind: "reset", id: frame.streamId });
            else if (frame.type === "ping") frames.push({ kind: "ping", id: frame.id });
          },
        });
        for (const frame of frames) await this.#take(frame);
      }
    } catch (error) {
      this.#log.debug("sandbox tunnel ended", { pod: this.#pod.metadata.name, error });
    }
    this.#over = true;
    for (const pair of this.#pairs.values()) this.#cancel(pair);
    this.#decoder.close();
    this.#connection.close();
    await Promise.all(this.#forwards);
  }

  /** Tells the client to open no more streams here; those that are open go on. */
  async goAway(): Promise<void> {
    this.#goneAway = true;
    await this.#send(encodeGoAway(this.#lastStream, GOAWAY_STATUS.ok)).catch(() => undefined);
  }

  async #take(frame: Frame): Promise<void> {
    switch (frame.kind) {
      case "ping":
        return await this.#send(encodePing(frame.id));
      case "open":
        return await this.#open(frame);
      case "reset": {
        const pair = this.#streams.get(frame.id);
        if (pair !== undefined && pair.data === frame.id) this.#cancel(pair);
        return;
      }
      case "data": {
        const pair = this.#streams.get(frame.id);
        if (pair === undefined) return await this.#send(encodeRstStream(frame.id, RST_STATUS.invalidStream));
        if (pair.data !== frame.id) return;
        pair.incoming.push(frame.payload);
        if (frame.fin) pair.incoming.end({ now: false });
        return await pair.incoming.room();
      }
      default:
        return frame satisfies never;
    }
  }

  async #open(frame: Extract<Frame, { kind: "open" }>): Promise<void> {
    const headers = new Map(await this.#decoder.decode(frame.block));
    const type = headers.get("streamtype");
    const port = Number(headers.get("port"));
    const requestId = headers.get("requestid") ?? "";
    if (
      this.#goneAway || (type !== "data" && type !== "error") || !Number.isInteger(port) || port < 1 || port > 65535
    ) {
      return await this.#send(encodeRstStream(frame.id, RST_STATUS.refusedStream));
    }
    this.#lastStream = frame.id;
    const pair = this.#pairs.get(requestId) ?? { port, incoming: new Incoming(), cancelled: false };
    this.#pairs.set(requestId, pair);
    this.#streams.set(frame.id, pair);
    pair[type] = frame.id;
    if (type === "data" && frame.fin) pair.incoming.end({ now: false });
    await this.#send(encodeSynReply(frame.id, { headerBlock: this.#encoder.encode([]) }));
    if (pair.data === undefined || pair.error === undefined) return;
    const ids = { data: pair.data, error: pair.error };
    const forward = this.#forward(pair, ids).catch((error) => this.#log.debug("sandbox tunnel cut a stream", { error }))
      .finally(() => {
        this.#forwards.delete(forward);
        this.#pairs.delete(requestId);
        for (const id of [ids.data, ids.error]) this.#streams.delete(id);
        pair.connection?.close();
        pair.incoming.end({ now: true });
      });
    this.#forwards.add(forward);
  }

  async #forward(pair: Pair, ids: { readonly data: number; readonly error: number }): Promise<void> {
    const problem = await this.#relay(pair, ids.data);
    // Also after a reset of the data stream: clients wait for the end of the error stream.
    if (this.#over) return;
    const payload = new TextEncoder().encode(problem === null ? "" : this.#describe(pair.port, problem));
    await this.#send(encodeData(ids.error, { payload, fin: true }));
  }

  /** Carries the bytes of one connection. Resolves, when both directions have ended, with what went wrong. */
  async #relay(pair: Pair, id: number): Promise<string | null> {
    const fin = () => this.#send(encodeData(id, { payload: new Uint8Array(0), fin: true }));
    const connection = await this.#dial(pair.port);
    if (typeof connection === "string") {
      await fin();
      return connection;
    }
    pair.connection = connection;
    if (pair.cancelled) return null;
    const up = this.#carryUp(pair, connection);
    try {
      for (let bytes = await connection.read(); bytes !== null; bytes = await connection.read()) {
        await this.#send(encodeData(id, { payload: bytes }));
      }
    } catch (error) {
      if (pair.cancelled) return null;
      await fin();
      const cut = error instanceof StreamError && error.failure === "reset"
        ? "connection reset by peer"
        : "broken pipe";
      return `read tcp4 127.0.0.1->127.0.0.1:${pair.port}: read: ${cut}`;
    }
    if (pair.cancelled) return null;
    await fin();
    // Container runtimes do not wait for ever for the other direction, and clients count on that: kubectl ends its half only after the
    // error stream has ended.
    const stopWaiting = new AbortController();
    const waited = this.#clock.sleep(LINGER, stopWaiting.signal).catch(() => undefined);
    await Promise.race([up, waited]);
    stopWaiting.abort();
    await waited;
    pair.incoming.end({ now: true });
    return null;
  }

  async #carryUp(pair: Pair, connection: Duplex): Promise<void> {
    try {
      for (let piece = await pair.incoming.take(); piece !== null; piece = await pair.incoming.take()) {
        await connection.write(piece);
      }
      if (!pair.cancelled) await connection.closeWrite();
    } catch {
      // The pod takes no more: the reading side says why. What the client still sends is dropped.
      pair.incoming.end({ now: true });
    }
  }

  async #dial(port: number): Promise<Duplex | string> {
    const local = this.#localPort(port);
    if (local === "gone") return "network namespace is closed: the pod has ended";
    const refused = `failed to connect to localhost:${port} inside namespace, ` +
      `IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found`;
    if (local === "refused") return refused;
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: local });
      connection.setNoDelay();
      return new ConnDuplex(connection);
    } catch {
      return refused;
    }
  }

  #describe(port: number, problem: string): string {
    return `error forwarding port ${port} to pod ${this.#pod.metadata.uid}, uid : failed to execute portforward in network namespace: ${problem}`;
  }

  #cancel(pair: Pair): void {
    pair.cancelled = true;
    pair.incoming.end({ now: true });
    pair.connection?.close();
  }

  #send(frame: Uint8Array): Promise<void> {
    const turn = this.#writing.then(() => this.#connection.write(frame));
    this.#writing = turn.catch(() => undefined);
    return turn;
  }
}
