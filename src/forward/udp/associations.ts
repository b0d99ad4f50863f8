import type { Socket } from "node:dgram";
import type { ForwardStatus, SocketAddress } from "../../model/status.ts";
import type { Clock } from "../../model/world.ts";
import { closeSocket, type Datagram, datagramSocket, send } from "./bind.ts";

/**
 * A client without a datagram in either direction for this long is forgotten, in milliseconds: as long as Linux remembers a flow
 * (nf_conntrack_udp_timeout_stream).
 */
export const IDLE = 120_000;
/** Clients of one forward at once: each has a socket. With one more, the one that was silent for longest is forgotten. */
export const MOST = 512;

interface Association {
  readonly socket: Socket;
  readonly to: SocketAddress;
  reply: (bytes: Uint8Array) => void;
  last: number;
}

/** The clients of a UDP forward: each has a socket of its own towards the node, so that answers find their way back. */
export class Associations {
  readonly #clock: Clock;
  readonly #onAnswer: (from: SocketAddress) => void;
  readonly #open = new Map<string, Association>();
  #total = 0;
  #failed = 0;
  #in = 0;
  #out = 0;

  /** `onAnswer` hears of every datagram that a backend sent. */
  constructor({ clock, onAnswer }: { readonly clock: Clock; readonly onAnswer: (from: SocketAddress) => void }) {
    this.#clock = clock;
    this.#onAnswer = onAnswer;
  }

  /** The part of a status record. A datagram that had no way counts as a failed connection. */
  get view(): Pick<ForwardStatus, "connections" | "bytes"> {
    return {
      connections: {
        open: this.#open.size,
        total: this.#total,
        failed: this.#failed,
        causes: this.#failed === 0 ? {} : { "no-endpoints": this.#failed },
      },
      bytes: { in: this.#in, out: this.#out },
    };
  }

  /** Passes a client's datagram on to `to`; a client that is known keeps its own way. `at`: which listening address it came to. */
  pass(datagram: Datagram, { at, to }: { readonly at: string; readonly to: SocketAddress }): void {
    const id = `${at} ${datagram.from.host} ${datagram.from.port}`;
    const one = this.#open.get(id) ?? this.#add(id, { datagram, to });
    one.last = this.#clock.monotonic();
    one.reply = datagram.reply;
    this.#in += datagram.bytes.length;
    send(one.socket, { bytes: datagram.bytes, ...one.to });
  }

  /** A datagram had no way. */
  lose(datagram: Datagram): void {
    this.#failed++;
    this.#total++;
    this.#in += datagram.bytes.length;
  }

  /** Forgets the clients whose way leads elsewhere: their next datagram takes a new one. */
  retain(ways: readonly SocketAddress[]): void {
    for (const [id, { to }] of this.#open) {
      if (!ways.some(({ host, port }) => host === to.host && port === to.port)) this.#end(id);
    }
  }

  /** Forgets the clients that were silent for long. */
  sweep(): void {
    const before = this.#clock.monotonic() - IDLE;
    for (const [id, { last }] of this.#open) if (last <= before) this.#end(id);
  }

  /** Forgets all. */
  close(): void {
    for (const id of [...this.#open.keys()]) this.#end(id);
  }

  #add(id: string, { datagram, to }: { readonly datagram: Datagram; readonly to: SocketAddress }): Association {
    if (this.#open.size >= MOST) this.#endOldest();
    const socket = datagramSocket(to.host);
    const one: Association = { socket, to, reply: datagram.reply, last: 0 };
    this.#open.set(id, one);
    this.#total++;
    socket.on("message", (bytes, { address, port }) => {
      // The socket hears whoever sends to it; only the node it was opened for may answer.
      if (address !== to.host || port !== to.port) return;
      one.last = this.#clock.monotonic();
      this.#out += bytes.length;
      one.reply(bytes);
      this.#onAnswer(to);
    });
    socket.on("error", () => {
      if (this.#open.get(id) === one) this.#end(id);
    });
    return one;
  }

  #endOldest(): void {
    let oldest: readonly [id: string, last: number] | null = null;
    for (const [id, { last }] of this.#open) if (oldest === null || last < oldest[1]) oldest = [id, last];
    if (oldest !== null) this.#end(oldest[0]);
  }

  #end(id: string): void {
    const one = this.#open.get(id);
    this.#open.delete(id);
    if (one !== undefined) void closeSocket(one.socket);
  }
}
