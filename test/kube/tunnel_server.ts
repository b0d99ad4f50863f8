import { FrameParser } from "../../src/kube/spdy/frame_parser.ts";
import { encodeData, encodePing, encodeSynReply } from "../../src/kube/spdy/frame_writer.ts";
import type { ControlFrame } from "../../src/kube/spdy/frames.ts";
import { decodePairs, HeaderBlockEncoder } from "../../src/kube/spdy/headers.ts";
import type { Transport } from "../../src/kube/transport.ts";
import { settle } from "../fakes/clock.ts";

/** What the fake API server says to a request: an upgrade, or the text of a whole answer; null closes without a word, "silent" says nothing. */
export type Reply = "spdy" | "websocket" | "silent" | { readonly answer: string } | null;

/** A frame as the fake peer saw it, payloads copied. */
export type Seen =
  | Exclude<ControlFrame, { readonly headerBlock: Uint8Array }>
  | {
    readonly type: "synStream";
    readonly streamId: number;
    readonly fin: boolean;
    readonly headers: Readonly<Record<string, string>>;
  }
  | { readonly type: "data"; readonly streamId: number; readonly payload: Uint8Array; readonly fin: boolean };

/** The pods' end of one tunnel. */
export class FakePeer {
  readonly frames: Seen[] = [];
  /** All that came, as it came. */
  readonly wire: Uint8Array[] = [];
  /** Answers PINGs, as a live peer does. */
  answersPings = true;
  /** Answers SYN_STREAM. */
  answersStreams = true;
  #first = true;
  readonly #listeners = new Set<() => void>();
  readonly #parser = new FrameParser();
  readonly #headers = new HeaderBlockEncoder();
  #writing: Promise<void> = Promise.resolve();
  ended = false;

  constructor(readonly conn: Deno.Conn, readonly wrap: (bytes: Uint8Array) => Uint8Array) {}

  /** Sends bytes in order after all that was sent before; `cut` sends the first part alone, and the rest a turn later. */
  send(bytes: Uint8Array, cut?: number): Promise<void> {
    const parts = cut === undefined ? [this.wrap(bytes)] : cutAt(this.wrap(bytes), cut);
    this.#writing = this.#writing.then(async () => {
      for (const part of parts) {
        for (let at = 0; at < part.length;) at += await this.conn.write(part.subarray(at));
        if (parts.length > 1) await settle();
      }
    }).catch(() => {});
    return this.#writing;
  }

  data(streamId: number, text: string | Uint8Array, fin = false): Promise<void> {
    const payload = typeof text === "string" ? new TextEncoder().encode(text) : text;
    return this.send(encodeData(streamId, { payload, fin }));
  }

  /** Waits until a frame that fits has been seen; frames seen before count. */
  async until<S extends Seen>(fits: (frame: Seen) => frame is S): Promise<S>;
  async until(fits: (frame: Seen) => boolean): Promise<Seen>;
  async until(fits: (frame: Seen) => boolean): Promise<Seen> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined) return found;
      if (this.ended) throw new Error("the tunnel ended first");
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  /** The ids of the next pair of streams that was opened. */
  async opened(requestId: number): Promise<{ readonly error: number; readonly data: number }> {
    const find = async (type: string) => {
      const frame = await this.until((frame) =>
        frame.type === "synStream" && "headers" in frame && frame.headers["streamtype"] === type &&
        frame.headers["requestid"] === String(requestId)
      );
      return frame.type === "synStream" ? frame.streamId : 0;
    };
    return { error: await find("error"), data: await find("data") };
  }

  /** All that came on a stream. */
  received(streamId: number): string {
    const decoder = new TextDecoder();
    return this.frames.map((frame) =>
      frame.type === "data" && frame.streamId === streamId ? decoder.decode(frame.payload, { stream: true }) : ""
    ).join("");
  }

  take(bytes: Uint8Array): void {
    this.wire.push(bytes.slice());
    this.#parser.push(bytes, {
      data: (streamId, payload, fin) => this.frames.push({ type: "data", streamId, payload: payload.slice(), fin }),
      control: (frame) => this.#control(frame),
    });
    for (const listener of [...this.#listeners]) listener();
  }

  end(): void {
    this.ended = true;
    for (const listener of [...this.#listeners]) listener();
  }

  #control(frame: ControlFrame): void {
    if (frame.type === "synReply" || frame.type === "headers") return;
    if (frame.type !== "synStream") {
      this.frames.push(frame);
      if (frame.type === "ping" && frame.id % 2 === 1 && this.answersPings) void this.send(encodePing(frame.id));
      return;
    }
    // Stored blocks: after zlib's two bytes (once), five of the block's header, and five of the empty one at the end.
    const pairs = frame.headerBlock.subarray(this.#first ? 7 : 5, -5);
    this.#first = false;
    this.frames.push({
      type: "synStream",
      streamId: frame.streamId,
      fin: frame.fin,
      headers: Object.fromEntries(decodePairs(pairs)),
    });
    if (this.answersStreams) {
      void this.send(encodeSynReply(frame.streamId, { headerBlock: this.#headers.encode([]) }));
    }
  }
}

/** An API server on loopback that only knows port-forward. */
export class FakeApiServer implements AsyncDisposable {
  readonly heads: string[] = [];
  readonly peers: FakePeer[] = [];
  expired = 0;
  token = "first";
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<unknown>;
  readonly #conns = new Set<Deno.Conn>();

  constructor(readonly reply: (head: string) => Reply = () => "spdy") {
    this.#serving = this.#serve();
  }

  get transport(): Transport {
    const address = this.#listener.addr;
    if (address.transport !== "tcp") throw new Error("no TCP address");
    return {
      server: new URL(`http://127.0.0.1:${address.port}/base/`),
      headers: () => Promise.resolve({ Authorization: `Bearer ${this.token}` }),
      expire: () => {
        this.expired++;
        this.token = "second";
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) closeQuietly(conn);
    this.#conns.clear();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    const running: Promise<void>[] = [];
    try {
      for await (const conn of this.#listener) running.push(this.#connection(conn));
    } catch {
      // The listener was closed while it waited.
    }
    await Promise.allSettled(running);
  }

  async #connection(conn: Deno.TcpConn): Promise<void> {
    this.#conns.add(conn);
    try {
      conn.setNoDelay(true);
      await this.#talk(conn);
    } catch {
      // The other side, or the end of the test, cut the connection.
    } finally {
      if (this.#conns.delete(conn)) closeQuietly(conn);
    }
  }

  async #talk(conn: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(256 * 1024);
    let head = "";
    while (!head.includes("\r\n\r\n")) {
      const length = await conn.read(buffer);
      if (length === null) return;
      head += new TextDecoder().decode(buffer.subarray(0, length));
    }
    this.heads.push(head);
    const reply = this.reply(head);
    if (reply === null) return;
    if (reply === "silent") {
      await conn.read(buffer);
      return;
    }
    if (typeof reply === "object") {
      await conn.write(new TextEncoder().encode(reply.answer));
      return;
    }
    await conn.write(new TextEncoder().encode(reply === "spdy" ? SPDY_101 : await websocket101(head)));
    const peer = new FakePeer(conn, reply === "spdy" ? (bytes) => bytes : binaryMessage);
    this.peers.push(peer);
    const unwrap = reply === "spdy"
      ? (bytes: Uint8Array) => peer.take(bytes)
      : unmask((bytes) => peer.take(bytes), peer);
    try {
      for (let length = await conn.read(buffer); length !== null; length = await conn.read(buffer)) {
        unwrap(buffer.subarray(0, length));
      }
    } finally {
      peer.end();
    }
  }
}

/** A test may have closed it. */
function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

const SPDY_101 = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n";

async function websocket101(head: string): Promise<string> {
  const key = /sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? "";
  const text = new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const accept = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-1", text))));
  return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n\r\n`;
}

/** One unmasked frame, as a server sends it. */
export function serverFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const size = payload.length < 126 ? 2 : payload.length < 0x1_0000 ? 4 : 10;
  const out = new Uint8Array(size + payload.length);
  const view = new DataView(out.buffer);
  out[0] = 0x80 | opcode;
  if (size === 2) out[1] = payload.length;
  else if (size === 4) {
    out[1] = 126;
    view.setUint16(2, payload.length);
  } else {
    out[1] = 127;
    view.setBigUint64(2, BigInt(payload.length));
  }
  out.set(payload, size);
  return out;
}

function binaryMessage(bytes: Uint8Array): Uint8Array {
  return serverFrame(2, bytes);
}

/** Takes a client's frames apart, and refuses unmasked ones. Control frames other than close are kept as bytes in `peer.frames` of nobody. */
function unmask(take: (bytes: Uint8Array) => void, peer: FakePeer): (bytes: Uint8Array) => void {
  let held = new Uint8Array(0);
  return (bytes) => {
    const all = new Uint8Array(held.length + bytes.length);
    all.set(held);
    all.set(bytes, held.length);
    held = all;
    for (;;) {
      const view = new DataView(held.buffer, held.byteOffset, held.byteLength);
      if (held.length < 2) return;
      if ((view.getUint8(1) & 0x80) === 0) throw new Error("an unmasked frame");
      const short = view.getUint8(1) & 0x7f;
      const size = short === 127 ? 14 : short === 126 ? 8 : 6;
      if (held.length < size) return;
      const length = short === 127 ? Number(view.getBigUint64(2)) : short === 126 ? view.getUint16(2) : short;
      if (held.length < size + length) return;
      const mask = held.subarray(size - 4, size);
      const payload = held.slice(size, size + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
      const opcode = view.getUint8(0) & 0x0f;
      held = held.slice(size + length);
      if (opcode === 2) take(payload);
      else pongs(peer).push({ opcode, payload });
    }
  };
}

const controls = new WeakMap<FakePeer, { opcode: number; payload: Uint8Array }[]>();

/** The WebSocket control frames that a peer got. */
export function pongs(peer: FakePeer): { opcode: number; payload: Uint8Array }[] {
  const known = controls.get(peer) ?? [];
  controls.set(peer, known);
  return known;
}

function cutAt(bytes: Uint8Array, at: number): Uint8Array[] {
  return [bytes.subarray(0, at), bytes.subarray(at)].filter((part) => part.length > 0);
}
