import { type Duplex, StreamError } from "../model/stream.ts";

/** The value of `Sec-WebSocket-Accept` for a client's key (RFC 6455, 4.2.2). */
export async function acceptKey(key: string): Promise<string> {
  const text = new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-1", text))));
}

/**
 * The server's end of a WebSocket as a byte stream: payloads of binary messages one after the other, however they are cut. Pings are
 * answered. The peer's close frame, or its end of stream, is the end.
 */
export class WebSocketDuplex implements Duplex {
  readonly #below: Duplex;
  #input: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Of the data frame whose payload is being read. */
  #left = 0;
  #mask: Uint8Array<ArrayBuffer> = new Uint8Array(4);
  #maskAt = 0;
  #closed = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(below: Duplex) {
    this.#below = below;
  }

  async read(): Promise<Uint8Array | null> {
    while (true) {
      if (this.#left > 0) {
        if (this.#input.length === 0 && !await this.#fill()) return null;
        const piece = this.#take(Math.min(this.#left, this.#input.length));
        this.#left -= piece.length;
        this.#unmask(piece);
        return piece;
      }
      if (!await this.#need(2)) return null;
      const [first = 0, second = 0] = this.#input;
      const long = second & 0x7f;
      const extra = long === 127 ? 8 : long === 126 ? 2 : 0;
      if ((second & 0x80) === 0) throw new StreamError("protocol", "a client's frame is not masked");
      if (!await this.#need(2 + extra + 4)) return null;
      const head = this.#take(2 + extra + 4);
      const view = new DataView(head.buffer);
      const length = extra === 8 ? Number(view.getBigUint64(2)) : extra === 2 ? view.getUint16(2) : long;
      this.#mask = head.subarray(2 + extra);
      this.#maskAt = 0;
      const opcode = first & 0x0f;
      if (opcode < 0x8) {
        this.#left = length;
        continue;
      }
      if (!await this.#need(length)) return null;
      const payload = this.#take(length);
      this.#unmask(payload);
      if (opcode === 0x9) await this.#send(0xa, payload);
      if (opcode === 0x8) {
        if (!this.#closed) {
          this.#closed = true;
          await this.#send(0x8, payload);
        }
        return null;
      }
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#send(0x2, bytes);
  }

  async closeWrite(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#send(0x8, Uint8Array.of(1000 >> 8, 1000 & 0xff));
  }

  reset(): void {
    this.#below.reset();
  }

  close(): void {
    this.#below.close();
  }

  #send(opcode: number, payload: Uint8Array): Promise<void> {
    const extra = payload.length > 0xffff ? 8 : payload.length > 125 ? 2 : 0;
    const frame = new Uint8Array(2 + extra + payload.length);
    const view = new DataView(frame.buffer);
    frame[0] = 0x80 | opcode;
    frame[1] = extra === 8 ? 127 : extra === 2 ? 126 : payload.length;
    if (extra === 8) view.setBigUint64(2, BigInt(payload.length));
    else if (extra === 2) view.setUint16(2, payload.length);
    frame.set(payload, 2 + extra);
    // A pong may come between two writes, not into one.
    const turn = this.#writing.then(() => this.#below.write(frame));
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  #unmask(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) bytes[at] = (bytes[at] ?? 0) ^ (this.#mask[this.#maskAt++ & 3] ?? 0);
  }

  #take(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#input.slice(0, count);
    this.#input = this.#input.subarray(count);
    return taken;
  }

  async #need(count: number): Promise<boolean> {
    while (this.#input.length < count) if (!await this.#fill()) return false;
    return true;
  }

  async #fill(): Promise<boolean> {
    const bytes = await this.#below.read();
    if (bytes === null) return false;
    const joined = new Uint8Array(this.#input.length + bytes.length);
    joined.set(this.#input);
    joined.set(bytes, this.#input.length);
    this.#input = joined;
    return true;
  }
}
