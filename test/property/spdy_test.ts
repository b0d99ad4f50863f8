import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameParser, MAX_CONTROL_FRAME } from "../../src/kube/spdy/frame_parser.ts";
import {
  encodeData,
  encodeGoAway,
  encodePing,
  encodeRstStream,
  encodeSynReply,
  encodeSynStream,
} from "../../src/kube/spdy/frame_writer.ts";
import type { ControlFrame } from "../../src/kube/spdy/frames.ts";
import { concat } from "../fakes/bytes.ts";
import { encodeSettings, encodeWindowUpdate } from "../kube/server_frames.ts";

/** What a parser reported, DATA pieces of one frame joined. */
type Seen = ControlFrame | { type: "data"; streamId: number; payload: Uint8Array; fin: boolean };

const streamId = fc.integer({ min: 1, max: 0x7fff_ffff });
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.uint8Array({ maxLength: 300 });

/** A frame on the wire beside what must be read from it. */
const frame: fc.Arbitrary<{ wire: Uint8Array; seen: Seen }> = fc.oneof<
  fc.Arbitrary<{ wire: Uint8Array; seen: Seen }>[]
>(
  fc.record({ streamId, payload: fc.uint8Array({ minLength: 1, maxLength: 300 }), fin: fc.boolean() }).map((of) => ({
    wire: encodeData(of.streamId, of),
    seen: { type: "data", ...of },
  })),
  streamId.map((id) => ({
    wire: encodeData(id, { payload: new Uint8Array(), fin: true }),
    seen: { type: "data", streamId: id, payload: new Uint8Array(), fin: true },
  })),
  fc.record({
    streamId,
    headerBlock: bytes,
    fin: fc.boolean(),
    unidirectional: fc.boolean(),
    associatedTo: fc.integer({ min: 0, max: 0x7fff_ffff }),
    priority: fc.integer({ min: 0, max: 7 }),
  }).map((of) => ({ wire: encodeSynStream(of.streamId, of), seen: { type: "synStream", ...of } })),
  fc.record({ streamId, headerBlock: bytes, fin: fc.boolean() }).map((of) => ({
    wire: encodeSynReply(of.streamId, of),
    seen: { type: "synReply", ...of },
  })),
  fc.record({ streamId, status: word }).map((of) => ({
    wire: encodeRstStream(of.streamId, of.status),
    seen: { type: "rstStream", ...of },
  })),
  word.map((id) => ({ wire: encodePing(id), seen: { type: "ping", id } })),
  fc.record({ lastGoodStreamId: streamId, status: word }).map((of) => ({
    wire: encodeGoAway(of.lastGoodStreamId, of.status),
    seen: { type: "goAway", ...of },
  })),
  fc.record({ streamId, delta: streamId }).map((of) => ({
    wire: encodeWindowUpdate(of.streamId, of.delta),
    seen: { type: "windowUpdate", ...of },
  })),
  fc.array(
    fc.record({ id: fc.integer({ min: 0, max: 0xff_ffff }), flags: fc.integer({ min: 0, max: 255 }), value: word }, {
      noNullPrototype: true,
    }),
    { maxLength: 5 },
  ).map((entries) => ({ wire: encodeSettings(entries), seen: { type: "settings", clear: false, entries } })),
);

/** Collects with copies, as views end with the call. */
class Collector {
  readonly seen: Seen[] = [];
  #open: { streamId: number; parts: Uint8Array[]; left: number } | null = null;

  constructor(private readonly lengths: number[]) {}

  data(id: number, payload: Uint8Array, fin: boolean): void {
    this.#open ??= { streamId: id, parts: [], left: this.lengths.shift() ?? 0 };
    assert.equal(this.#open.streamId, id);
    this.#open.parts.push(payload.slice());
    this.#open.left -= payload.length;
    assert.ok(this.#open.left >= 0);
    if (this.#open.left > 0) return assert.equal(fin, false, "FIN before the frame's last piece");
    this.seen.push({ type: "data", streamId: id, payload: concat(this.#open.parts), fin });
    this.#open = null;
  }

  control(of: ControlFrame): void {
    assert.equal(this.#open, null, "a control frame inside a DATA frame");
    this.seen.push("headerBlock" in of ? { ...of, headerBlock: of.headerBlock.slice() } : of);
  }
}

Deno.test("frames cut at any place are read as they were written", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), fc.array(fc.nat({ max: 5000 })), (frames, cutsAt) => {
      const wire = concat(frames.map(({ wire }) => wire));
      const cuts = [...new Set(cutsAt.map((cut) => cut % (wire.length + 1)))].sort((a, b) => a - b);
      const collector = new Collector(
        frames.flatMap(({ seen }) => seen.type === "data" ? [seen.payload.length] : []),
      );
      const parser = new FrameParser();
      let from = 0;
      for (const cut of [...cuts, wire.length]) {
        parser.push(wire.subarray(from, cut), collector);
        from = cut;
      }
      assert.deepEqual(collector.seen, frames.map(({ seen }) => seen));
      assert.equal(parser.idle, true);
    }),
    { numRuns: 300 },
  );
});

Deno.test("frames are read alike however small the pieces", () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 9 }), (frames, size) => {
      const wire = concat(frames.map(({ wire }) => wire));
      const collector = new Collector(frames.flatMap(({ seen }) => seen.type === "data" ? [seen.payload.length] : []));
      const parser = new FrameParser();
      for (let at = 0; at < wire.length; at += size) {
        const rest = at + size < wire.length;
        parser.push(wire.subarray(at, at + size), collector);
        if (rest && size === 1 && at === 0) assert.equal(parser.idle, false);
      }
      assert.deepEqual(collector.seen, frames.map(({ seen }) => seen));
    }),
  );
});

Deno.test("payloads are handed on as views of what was read", () => {
  const wire = encodeData(1, { payload: new Uint8Array([1, 2, 3]) });
  let seen: Uint8Array | null = null;
  new FrameParser().push(wire, { data: (_, payload) => seen = payload, control: () => assert.fail() });
  assert.equal((seen as Uint8Array | null)?.buffer, wire.buffer);
});

Deno.test("bytes that are no SPDY/3 are refused, whatever they are", () => {
  const refuse = (wire: Uint8Array, message: RegExp) =>
    assert.throws(() => new FrameParser().push(wire, { data: () => {}, control: () => {} }), message);
  refuse(new Uint8Array([0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1]), /version 2/);
  refuse(new Uint8Array([0x80, 3, 0, 6, 0, 0, 0, 2, 0, 0]), /control frame 6 of 2 bytes/);
  refuse(new Uint8Array([0x80, 3, 0, 4, 0, 0, 0, 4, 0, 1, 0, 0]), /SETTINGS of 65536 entries/);
  const tooLong = MAX_CONTROL_FRAME + 1;
  refuse(new Uint8Array([0x80, 3, 0, 1, 0, tooLong >> 16, tooLong >> 8 & 255, tooLong & 255]), /65537 bytes/);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (garbage) => {
    try {
      new FrameParser().push(garbage, { data: () => {}, control: () => {} });
    } catch (error) {
      assert.equal(error instanceof Error && error.name, "StreamError");
    }
  }));
});
