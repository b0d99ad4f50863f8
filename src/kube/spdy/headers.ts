import { StreamError } from "../../model/stream.ts";

/**
 * Header blocks of SPDY/3.1: name and value pairs inside one zlib stream per direction.
 * Source: SPDY protocol draft 3, section 2.6.10, and `moby/spdystream/spdy`.
 */

/** Headers of one stream: names in lower case, none twice. */
export type Headers = readonly (readonly [name: string, value: string])[];

const ZLIB_HEADER = [0x78, 0x01];
/** The longest stored block of DEFLATE. */
const MAX_STORED = 0xffff;

/**
 * Encodes the header blocks of one direction of one connection, in the order in which they are sent. They are not
 * compressed: DEFLATE's stored blocks are valid zlib and need no compressor. Each is followed by an empty stored block,
 * the sync flush at which a reader hands out what it has.
 */
export class HeaderBlockEncoder {
  #first = true;

  /** The next header block. Throws a RangeError above 65,535 bytes. */
  encode(headers: Headers): Uint8Array {
    const pairs = encodePairs(headers);
    if (pairs.length > MAX_STORED) throw new RangeError(`Header block of ${pairs.length} bytes`);
    const block = [
      ...(this.#first ? ZLIB_HEADER : []),
      ...[0, pairs.length & 0xff, pairs.length >> 8, ~pairs.length & 0xff, ~pairs.length >> 8 & 0xff],
    ];
    this.#first = false;
    const out = new Uint8Array(block.length + pairs.length + 5);
    out.set(block);
    out.set(pairs, block.length);
    out.set([0, 0, 0, 0xff, 0xff], block.length + pairs.length);
    return out;
  }
}

/** The bytes inside the compression: counts and lengths are 32-bit, big-endian. */
function encodePairs(headers: Headers): Uint8Array {
  const encoder = new TextEncoder();
  const texts = headers.flatMap(([name, value]) => [encoder.encode(name), encoder.encode(value)]);
  const out = new Uint8Array(4 + texts.reduce((sum, text) => sum + 4 + text.length, 0));
  const view = new DataView(out.buffer);
  view.setUint32(0, headers.length);
  let at = 4;
  for (const text of texts) {
    view.setUint32(at, text.length);
    out.set(text, at + 4);
    at += 4 + text.length;
  }
  return out;
}

/** The reverse of `encodePairs`. Throws `StreamError("protocol")` where lengths do not fit. */
export function decodePairs(bytes: Uint8Array): Headers {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  let at = 0;
  const word = (): number => {
    if (at + 4 > bytes.length) throw new StreamError("protocol", "header block ends early");
    at += 4;
    return view.getUint32(at - 4);
  };
  const text = (): string => {
    const length = word();
    if (at + length > bytes.length) throw new StreamError("protocol", "header block ends early");
    at += length;
    return decoder.decode(bytes.subarray(at - length, at));
  };
  const count = word();
  const headers: [string, string][] = [];
  for (let index = 0; index < count; index++) headers.push([text(), text()]);
  return headers;
}
