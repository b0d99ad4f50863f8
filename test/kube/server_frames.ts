/** SPDY frames that only a server sends, or that nobody sends any more: what the client has to read without ever writing it. */
import { type Setting, TYPE, VERSION } from "../../src/kube/spdy/frames.ts";

/** A SETTINGS frame. */
export function encodeSettings(entries: readonly Setting[]): Uint8Array {
  const words = entries.flatMap(({ id, flags, value }) => [(flags << 24 | id) >>> 0, value]);
  return control(TYPE.settings, [entries.length, ...words]);
}

/** A WINDOW_UPDATE frame. */
export function encodeWindowUpdate(streamId: number, delta: number): Uint8Array {
  return control(TYPE.windowUpdate, [streamId, delta]);
}

function control(type: number, words: readonly number[]): Uint8Array {
  const frame = new Uint8Array(8 + words.length * 4);
  const view = new DataView(frame.buffer);
  view.setUint16(0, 0x8000 | VERSION);
  view.setUint16(2, type);
  view.setUint32(4, words.length * 4);
  words.forEach((word, index) => view.setUint32(8 + index * 4, word));
  return frame;
}
