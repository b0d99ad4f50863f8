import { StreamError } from "../../model/stream.ts";

/** Frames of WebSocket as a client needs them. Source: RFC 6455, section 5. */

/** The longest frame header that a client sends. */
const MAX_FRAME_HEADER = 14;

/** Opcodes. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Takes what `WebSocketParser` finds. */
export interface WebSocketSink {
  /** A piece of a binary message: a view of what was given to `push`. */
  data(payload: Uint8Array): void;
  /** A close, ping or pong frame; the payload (at most 125 bytes) is only valid during the call. */
  control(opcode: number, payload: Uint8Array): void;
}

/**
 * Takes the frames off a server's byte stream that may be cut anywhere. Where one message ends and the next begins does not matter
 * to what is inside, so it is not said. Throws `StreamError("protocol")` at what a server may not send here: masked frames, text,
 * extensions.
 */
export class WebSocketParser {
  readonly #header = new Uint8Array(10);
  #headerLength = 0;
  readonly #control = new Uint8Array(125);
  #controlLength = 0;
  #opcode = 0;
  #left = 0;
  #inFrame = false;

  push(bytes: Uint8Array, sink: WebSocketSink): void {
    let at = 0;
    while (at < bytes.length) {
      if (!this.#inFrame) {
        this.#header[this.#headerLength++] = bytes[at++] ?? 0;
        if (this.#headerComplete()) this.#begin(sink);
        continue;
      }
      const piece = bytes.subarray(at, at + this.#left);
      at += piece.length;
      this.#left -= piece.length;
      if (this.#opcode < OPCODE.close) sink.data(piece);
      else {
        this.#control.set(piece, this.#controlLength);
        this.#controlLength += piece.length;
      }
      if (this.#left === 0) this.#finish(sink);
    }
  }

  #headerComplete(): boolean {
    if (this.#headerLength < 2) return false;
    const short = (this.#header[1] ?? 0) & 0x7f;
    return this.#headerLength === (short === 127 ? 10 : short === 126 ? 4 : 2);
  }

  #begin(sink: WebSocketSink): void {
    const [first = 0, second = 0] = this.#header;
    const view = new DataView(this.#header.buffer);
    const short = second & 0x7f;
    this.#left = short === 127 ? Number(view.getBigUint64(2)) : short === 126 ? view.getUint16(2) : short;
    this.#opcode = first & 0x0f;
    this.#headerLength = 0;
    this.#controlLength = 0;
    if ((first & 0x70) !== 0) throw protocolError("an extension that was not agreed");
    if ((second & 0x80) !== 0) throw protocolError("a masked frame from the server");
    if (this.#opcode >= OPCODE.close ? short > 125 || (first & 0x80) === 0 : !isBinary(this.#opcode)) {
      throw protocolError(`a frame of opcode ${this.#opcode} and ${this.#left} bytes`);
    }
    this.#inFrame = true;
    if (this.#left === 0) this.#finish(sink);
  }

  #finish(sink: WebSocketSink): void {
    this.#inFrame = false;
    if (this.#opcode >= OPCODE.close) sink.control(this.#opcode, this.#control.subarray(0, this.#controlLength));
  }
}

function isBinary(opcode: number): boolean {
  return opcode === OPCODE.binary || opcode === OPCODE.continuation;
}

function protocolError(what: string): StreamError {
  return new StreamError("protocol", `not WebSocket as agreed: ${what}`);
}

/**
 * Makes `buffer[start, end)` the payload of one whole frame, in place: masks it, and writes the header before it. Needs `MAX_FRAME_HEADER`
 * bytes before `start`; `start` and the length of the buffer must be multiples of four. Returns where the frame begins.
 */
export function frameInPlace(
  buffer: Uint8Array,
  frame: { readonly start: number; readonly end: number; readonly opcode: number; readonly mask: Uint8Array },
): number {
  const { start, end, mask } = frame;
  const length = end - start;
  const size = length < 126 ? 6 : length < 0x1_0000 ? 8 : MAX_FRAME_HEADER;
  const at = start - size;
  const view = new DataView(buffer.buffer, buffer.byteOffset);
  buffer[at] = 0x80 | frame.opcode;
  if (size === 6) buffer[at + 1] = 0x80 | length;
  else if (size === 8) {
    buffer[at + 1] = 0x80 | 126;
    view.setUint16(at + 2, length);
  } else {
    buffer[at + 1] = 0x80 | 127;
    view.setBigUint64(at + 2, BigInt(length));
  }
  buffer.set(mask, start - 4);
  const words = new Uint32Array(buffer.buffer, buffer.byteOffset + start - 4, 1 + Math.ceil(length / 4));
  const word = words[0] ?? 0;
  for (let index = 1; index < words.length; index++) words[index] = (words[index] ?? 0) ^ word;
  return at;
}
