import { StreamError } from "../../model/stream.ts";
import { type ControlFrame, FLAG, FRAME_HEADER_SIZE, type FrameSink, type Setting, TYPE, VERSION } from "./frames.ts";

/** The longest control frame that is taken: the real ones are under 1 KiB, and one split over reads is buffered whole. */
export const MAX_CONTROL_FRAME = 64 * 1024;

const CONTROL_BIT = 0x80;

/**
 * Finds frames in a byte stream that may be cut anywhere. Copies nothing but the frame headers and control frames that
 * a cut goes through, and holds at most `MAX_CONTROL_FRAME` bytes.
 *
 * Throws `StreamError("protocol")` at bytes that are no SPDY/3 frame; it is of no more use after that.
 */
export class FrameParser {
  /** The start of a header or control frame whose end has not come yet. */
  #held = new Uint8Array(256);
  #heldLength = 0;
  /** Bytes of the current DATA frame's payload still to come. */
  #dataLeft = 0;
  #dataStream = 0;
  #dataFin = false;

  /** True between frames: an end of the byte stream here cuts none. */
  get idle(): boolean {
    return this.#heldLength === 0 && this.#dataLeft === 0;
  }

  /** Reports every frame, and every piece of a DATA frame, that `bytes` completes. */
  push(bytes: Uint8Array, sink: FrameSink): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#dataLeft > 0) {
        const take = Math.min(this.#dataLeft, bytes.length - at);
        this.#dataLeft -= take;
        sink.data(this.#dataStream, bytes.subarray(at, at + take), this.#dataFin && this.#dataLeft === 0);
        at += take;
      } else if (this.#heldLength > 0) {
        at = this.#continueHeld(bytes, at, sink);
      } else {
        const left = bytes.length - at;
        const size = left >= FRAME_HEADER_SIZE ? this.#frameSize(bytes, at) : FRAME_HEADER_SIZE;
        if (left < size) {
          this.#hold(bytes, at, left);
          return;
        }
        this.#take(bytes, at, sink);
        at += size;
      }
    }
  }

  /** Fills up what is held, and reports it when it is whole. Returns how far `bytes` are used. */
  #continueHeld(bytes: Uint8Array, start: number, sink: FrameSink): number {
    let at = start;
    if (this.#heldLength < FRAME_HEADER_SIZE) {
      const take = Math.min(FRAME_HEADER_SIZE - this.#heldLength, bytes.length - at);
      this.#hold(bytes, at, take);
      at += take;
      if (this.#heldLength < FRAME_HEADER_SIZE) return at;
    }
    const size = this.#frameSize(this.#held, 0);
    const take = Math.min(size - this.#heldLength, bytes.length - at);
    this.#hold(bytes, at, take);
    at += take;
    if (this.#heldLength === size) {
      this.#heldLength = 0;
      this.#take(this.#held, 0, sink);
    }
    return at;
  }

  #hold(bytes: Uint8Array, at: number, length: number): void {
    const needed = this.#heldLength + length;
    if (needed > this.#held.length) {
      const larger = new Uint8Array(Math.max(needed, this.#held.length * 2));
      larger.set(this.#held.subarray(0, this.#heldLength));
      this.#held = larger;
    }
    this.#held.set(bytes.subarray(at, at + length), this.#heldLength);
    this.#heldLength = needed;
  }

  /** How many bytes must be there before `#take`: the header of a DATA frame, the whole of a control frame. */
  #frameSize(bytes: Uint8Array, at: number): number {
    if ((byte(bytes, at) & CONTROL_BIT) === 0) return FRAME_HEADER_SIZE;
    const version = uint16(bytes, at) & 0x7fff;
    if (version !== VERSION) throw protocolError(`control frame of version ${version}`);
    const length = uint24(bytes, at + 5);
    if (length > MAX_CONTROL_FRAME) throw protocolError(`control frame of ${length} bytes`);
    return FRAME_HEADER_SIZE + length;
  }

  #take(bytes: Uint8Array, at: number, sink: FrameSink): void {
    const length = uint24(bytes, at + 5);
    if ((byte(bytes, at) & CONTROL_BIT) !== 0) {
      sink.control(parseControl(bytes.subarray(at, at + FRAME_HEADER_SIZE + length)));
      return;
    }
    const fin = (byte(bytes, at + 4) & FLAG.fin) !== 0;
    const streamId = uint31(bytes, at);
    if (length > 0) {
      this.#dataStream = streamId;
      this.#dataFin = fin;
      this.#dataLeft = length;
    } else if (fin) {
      sink.data(streamId, NO_BYTES, true);
    }
  }
}

const NO_BYTES = new Uint8Array(0);

/** One whole control frame, header included. */
function parseControl(frame: Uint8Array): ControlFrame {
  const code = uint16(frame, 2);
  const flags = byte(frame, 4);
  const length = frame.length - FRAME_HEADER_SIZE;
  const need = (bytes: number) => {
    if (length < bytes) throw protocolError(`control frame ${code} of ${length} bytes`);
  };
  const fin = (flags & FLAG.fin) !== 0;
  switch (code) {
    case TYPE.synStream:
      need(10);
      return {
        type: "synStream",
        streamId: uint31(frame, 8),
        associatedTo: uint31(frame, 12),
        priority: byte(frame, 16) >> 5,
        fin,
        unidirectional: (flags & FLAG.unidirectional) !== 0,
        headerBlock: frame.subarray(18),
      };
    case TYPE.synReply:
    case TYPE.headers:
      need(4);
      return {
        type: code === TYPE.synReply ? "synReply" : "headers",
        streamId: uint31(frame, 8),
        fin,
        headerBlock: frame.subarray(12),
      };
    case TYPE.rstStream:
      need(8);
      return { type: "rstStream", streamId: uint31(frame, 8), status: uint32(frame, 12) };
    case TYPE.settings:
      need(4);
      return { type: "settings", clear: (flags & FLAG.clearSettings) !== 0, entries: parseSettings(frame) };
    case TYPE.ping:
      need(4);
      return { type: "ping", id: uint32(frame, 8) };
    case TYPE.goAway:
      need(8);
      return { type: "goAway", lastGoodStreamId: uint31(frame, 8), status: uint32(frame, 12) };
    case TYPE.windowUpdate:
      need(8);
      return { type: "windowUpdate", streamId: uint31(frame, 8), delta: uint31(frame, 12) };
    default:
      return { type: "unknown", code };
  }
}

function parseSettings(frame: Uint8Array): readonly Setting[] {
  const count = uint32(frame, 8);
  if (frame.length < 12 + count * 8) throw protocolError(`SETTINGS of ${count} entries in ${frame.length} bytes`);
  return Array.from({ length: count }, (_, index) => {
    const at = 12 + index * 8;
    return { flags: byte(frame, at), id: uint24(frame, at + 1), value: uint32(frame, at + 4) };
  });
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function uint16(bytes: Uint8Array, at: number): number {
  return byte(bytes, at) << 8 | byte(bytes, at + 1);
}

function uint24(bytes: Uint8Array, at: number): number {
  return byte(bytes, at) << 16 | uint16(bytes, at + 1);
}

function uint32(bytes: Uint8Array, at: number): number {
  return (uint16(bytes, at) << 16 | uint16(bytes, at + 2)) >>> 0;
}

function uint31(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at) & 0x7fff_ffff;
}

function protocolError(what: string): StreamError {
  return new StreamError("protocol", `not SPDY/3.1: ${what}`);
}
