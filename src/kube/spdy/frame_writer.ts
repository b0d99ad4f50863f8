import { FLAG, FRAME_HEADER_SIZE, TYPE, VERSION } from "./frames.ts";

/** The longest payload that the 24-bit length field can say. */
const MAX_PAYLOAD = 0xff_ff_ff;

/** A SYN_STREAM frame. `headerBlock` comes from a `HeaderBlockEncoder`, in the order in which frames are sent. */
export function encodeSynStream(
  streamId: number,
  options: {
    readonly headerBlock: Uint8Array;
    readonly fin?: boolean;
    readonly unidirectional?: boolean;
    readonly associatedTo?: number;
    /** 0 (first) to 7. */
    readonly priority?: number;
  },
): Uint8Array {
  const flags = (options.fin === true ? FLAG.fin : 0) | (options.unidirectional === true ? FLAG.unidirectional : 0);
  const { frame, view } = control(TYPE.synStream, { flags, length: 10 + options.headerBlock.length });
  view.setUint32(8, streamId);
  view.setUint32(12, options.associatedTo ?? 0);
  view.setUint8(16, (options.priority ?? 0) << 5);
  frame.set(options.headerBlock, 18);
  return frame;
}

/** A SYN_REPLY frame. */
export function encodeSynReply(
  streamId: number,
  options: { readonly headerBlock: Uint8Array; readonly fin?: boolean },
): Uint8Array {
  const flags = options.fin === true ? FLAG.fin : 0;
  const { frame, view } = control(TYPE.synReply, { flags, length: 4 + options.headerBlock.length });
  view.setUint32(8, streamId);
  frame.set(options.headerBlock, 12);
  return frame;
}

/** A RST_STREAM frame; `status` is one of `RST_STATUS`. */
export function encodeRstStream(streamId: number, status: number): Uint8Array {
  return twoWords(TYPE.rstStream, [streamId, status]);
}

/** A PING frame. Ids are odd where the client began the exchange, even where the server did. */
export function encodePing(id: number): Uint8Array {
  const { frame, view } = control(TYPE.ping, { length: 4 });
  view.setUint32(8, id);
  return frame;
}

/** A GOAWAY frame; `status` is one of `GOAWAY_STATUS`. */
export function encodeGoAway(lastGoodStreamId: number, status: number): Uint8Array {
  return twoWords(TYPE.goAway, [lastGoodStreamId, status]);
}

/** Writes the eight bytes that go before a DATA frame's payload of `length` bytes (at most `MAX_PAYLOAD`) at `at`. */
export function writeDataHeader(
  into: Uint8Array,
  frame: { readonly at?: number; readonly streamId: number; readonly length: number; readonly fin?: boolean },
): void {
  const { at = 0, streamId, length } = frame;
  if (length > MAX_PAYLOAD) throw new RangeError(`DATA frame of ${length} bytes`);
  into[at] = streamId >>> 24 & 0x7f;
  into[at + 1] = streamId >>> 16;
  into[at + 2] = streamId >>> 8;
  into[at + 3] = streamId;
  into[at + 4] = frame.fin === true ? FLAG.fin : 0;
  into[at + 5] = length >>> 16;
  into[at + 6] = length >>> 8;
  into[at + 7] = length;
}

/** A DATA frame with a copy of `payload`. */
export function encodeData(
  streamId: number,
  options: { readonly payload: Uint8Array; readonly fin?: boolean },
): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_SIZE + options.payload.length);
  writeDataHeader(frame, { streamId, length: options.payload.length, fin: options.fin === true });
  frame.set(options.payload, FRAME_HEADER_SIZE);
  return frame;
}

function control(
  type: number,
  options: { readonly flags?: number; readonly length: number },
): { readonly frame: Uint8Array; readonly view: DataView } {
  const frame = new Uint8Array(FRAME_HEADER_SIZE + options.length);
  const view = new DataView(frame.buffer);
  view.setUint16(0, 0x8000 | VERSION);
  view.setUint16(2, type);
  view.setUint32(4, ((options.flags ?? 0) << 24 | options.length) >>> 0);
  return { frame, view };
}

function twoWords(type: number, words: readonly [number, number]): Uint8Array {
  const { frame, view } = control(type, { length: 8 });
  view.setUint32(8, words[0]);
  view.setUint32(12, words[1]);
  return frame;
}
