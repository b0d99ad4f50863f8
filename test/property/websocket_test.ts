import assert from "node:assert/strict";
import fc from "fast-check";
import { frameInPlace, OPCODE, WebSocketParser } from "../../src/kube/websocket/frames.ts";
import { serverFrame } from "../kube/tunnel_server.ts";
import { concat } from "../fakes/bytes.ts";

const message = fc.record({
  opcode: fc.constantFrom(OPCODE.binary, OPCODE.continuation, OPCODE.ping, OPCODE.pong, OPCODE.close),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 125 }),
    fc.constantFrom(126, 127, 0xffff, 0x1_0000).map((length) => new Uint8Array(length).fill(length % 251)),
  ),
}).map(({ opcode, payload }) => ({ opcode, payload: opcode >= OPCODE.close ? payload.subarray(0, 125) : payload }));

Deno.test("websocket frames cut at any place are read as they were written", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat({ max: 200_000 })), (messages, cutsAt) => {
      const wire = concat(messages.map(({ opcode, payload }) => serverFrame(opcode, payload)));
      const cuts = [...new Set(cutsAt.map((cut) => cut % (wire.length + 1)))].sort((a, b) => a - b);
      const data: Uint8Array[] = [];
      const controls: { opcode: number; payload: Uint8Array }[] = [];
      const parser = new WebSocketParser();
      let from = 0;
      for (const cut of [...cuts, wire.length]) {
        parser.push(wire.subarray(from, cut), {
          data: (payload) => data.push(payload.slice()),
          control: (opcode, payload) => controls.push({ opcode, payload: payload.slice() }),
        });
        from = cut;
      }
      assert.deepEqual(
        concat(data),
        concat(messages.filter(({ opcode }) => opcode < OPCODE.close).map(({ payload }) => payload)),
      );
      assert.deepEqual(
        controls,
        messages.filter(({ opcode }) => opcode >= OPCODE.close).map(({ opcode, payload }) => ({ opcode, payload })),
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("a client's frame says its length and unmasks to what was put in", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(0xffff, 0x1_0000, 0x1_0003)),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      (length, mask) => {
        const payload = new Uint8Array(length).map((_, index) => index * 31);
        const buffer = new Uint8Array(16 + Math.ceil(length / 4) * 4);
        buffer.set(payload, 16);
        const at = frameInPlace(buffer, { start: 16, end: 16 + length, opcode: OPCODE.binary, mask });
        const frame = buffer.subarray(at, 16 + length);
        const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
        assert.equal(view.getUint8(0), 0x82);
        assert.ok((view.getUint8(1) & 0x80) !== 0, "masked");
        const short = view.getUint8(1) & 0x7f;
        const said = short === 127 ? Number(view.getBigUint64(2)) : short === 126 ? view.getUint16(2) : short;
        assert.equal(said, length);
        const size = short === 127 ? 14 : short === 126 ? 8 : 6;
        assert.deepEqual(frame.subarray(size - 4, size), mask);
        assert.deepEqual(frame.subarray(size).map((byte, index) => byte ^ (mask[index % 4] ?? 0)), payload);
      },
    ),
  );
});

Deno.test("what a server may not send here is refused", () => {
  const refuse = (bytes: readonly number[], message: RegExp) =>
    assert.throws(
      () => new WebSocketParser().push(new Uint8Array(bytes), { data: () => {}, control: () => {} }),
      message,
    );
  refuse([0x82, 0x81, 1, 2, 3, 4, 5], /masked/);
  refuse([0x81, 1, 65], /opcode 1/);
  refuse([0xc2, 1, 65], /extension/);
  refuse([0x09, 1, 65], /opcode 9/);
  refuse([0x89, 126, 0, 126], /opcode 9 and 126/);
  refuse([0x83, 1, 65], /opcode 3/);
});
