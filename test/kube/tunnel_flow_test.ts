/** Many streams in one tunnel: who waits for whom, who is cut, and that what flows is whole. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { port } from "../../src/model/port.ts";
import { type Outlet, StreamError } from "../../src/model/stream.ts";
import { encodePing } from "../../src/kube/spdy/frame_writer.ts";
import { concat } from "../fakes/bytes.ts";
import { settle } from "../fakes/clock.ts";
import { until } from "../fakes/until.ts";
import { bytes, dataFrameLengths, fails, NEVER, pass, text, withTunnel } from "./tunnel_rig.ts";

Deno.test("tunnel: a reader that pauses is no dead peer, and holds the peer up", () =>
  withTunnel("spdy", async ({ tunnel, peer, clock }) => {
    const stream = await tunnel.open(port(80), NEVER);
    const { data, error } = await peer.opened(0);
    const size = 32 * 1024 * 1024;
    let sent = 0;
    const sending = (async () => {
      for (; sent < size; sent += 65_536) await peer.data(data, new Uint8Array(65_536).fill(sent / 65_536));
      await peer.data(error, "", true);
      await peer.data(data, "", true);
    })();
    let before = -1;
    while (before !== sent) {
      before = sent;
      for (let turn = 0; turn < 200; turn++) await settle();
    }
    assert.ok(sent < size / 2, `the peer could send ${sent} bytes`);
    await pass(clock, 60_000);
    assert.equal(tunnel.usable, true);
    let got = 0;
    for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
      for (let at = 0; at < chunk.length; at += 4096) {
        assert.equal(chunk[at], Math.floor((got + at) / 65_536) % 256);
      }
      got += chunk.length;
    }
    await sending;
    assert.equal(got, size);
  }));

Deno.test("tunnel: of several readers the one that stalls is cut alone, with the reason", () =>
  withTunnel("spdy", async ({ tunnel, peer, clock }) => {
    const stalls = await tunnel.open(port(80), NEVER);
    const lives = await tunnel.open(port(81), NEVER);
    const first = await peer.opened(0);
    const second = await peer.opened(1);
    const flood = (async () => {
      for (let sent = 0; sent < 64; sent++) await peer.data(first.data, new Uint8Array(65_536));
      await peer.data(second.data, "after the flood");
    })();
    const reading = lives.read();
    await until(() => clock.pending === 2, "clock.pending === 2");
    await clock.advance(500);
    assert.equal(new TextDecoder().decode(await reading ?? undefined), "after the flood");
    await flood;
    await assert.rejects(stalls.read(), fails("timeout", /the client reads nothing/));
    await peer.until((frame) => frame.type === "rstStream" && frame.streamId === first.data);
    assert.equal(tunnel.streams, 1);
  }));

Deno.test("tunnel: of several readers one that is only slow is not cut", () =>
  withTunnel("spdy", async ({ tunnel, peer, clock }) => {
    const slow = await tunnel.open(port(80), NEVER);
    await tunnel.open(port(81), NEVER);
    const { data, error } = await peer.opened(0);
    const flood = (async () => {
      for (let sent = 0; sent < 64; sent++) await peer.data(data, new Uint8Array(65_536));
      await peer.data(error, "", true);
      await peer.data(data, "", true);
    })();
    let got = 0;
    await until(() => clock.pending === 2, "clock.pending === 2");
    for (let chunk = await slow.read(); chunk !== null; chunk = await slow.read()) {
      got += chunk.length;
      await clock.advance(100);
    }
    await flood;
    assert.equal(got, 64 * 65_536);
  }));

Deno.test("tunnel: thousands of streams leave nothing on either side", () =>
  withTunnel("spdy", async ({ tunnel, peer }) => {
    for (let round = 0; round < 2_000; round++) {
      const stream = await tunnel.open(port(80), NEVER);
      const { error, data } = await peer.opened(round);
      await stream.write(bytes("x"));
      if (round % 4 === 0) stream.reset();
      else {
        await peer.data(error, "", true);
        await peer.data(data, "y", true);
        assert.equal(await text(stream), "y");
      }
      const ended = await peer.until((frame) =>
        (frame.type === "rstStream" || (frame.type === "data" && frame.fin)) && frame.streamId === data
      );
      assert.ok(ended);
      peer.frames.length = 0;
    }
    await until(() => tunnel.usable, "tunnel.usable");
    assert.equal(tunnel.streams, 0);
  }));

Deno.test("tunnel: after a stream that was written to it takes others once the peer shows that nothing is stuck", () =>
  withTunnel("spdy", async ({ tunnel, peer }) => {
    peer.answersPings = false;
    const stream = await tunnel.open(port(80), NEVER);
    await stream.write(bytes("perhaps unread"));
    stream.reset();
    assert.equal(tunnel.usable, false);
    const pings = () => peer.frames.flatMap((frame) => frame.type === "ping" ? [frame.id] : []);
    await until(() => pings().length === 5, "pings().length === 5");
    for (const id of pings()) await peer.send(encodePing(id));
    await until(() => tunnel.usable, "tunnel.usable");
  }));

Deno.test("tunnel: one that a finished stream left stuck ends by itself", () =>
  withTunnel("spdy", async ({ tunnel, peer, clock }) => {
    const stream = await tunnel.open(port(80), NEVER);
    await peer.opened(0);
    await stream.write(bytes("unread"));
    peer.answersPings = false;
    stream.reset();
    await clock.advance(9_800);
    assert.match((await tunnel.closed).message, /left unread bytes/);
  }));

Deno.test("tunnel: one whose pod goes on sending to a connection that was given up is closed at once, if nobody else is in it", () =>
  withTunnel("spdy", async ({ tunnel, peer }) => {
    const flood = await tunnel.open(port(9005), NEVER);
    const quiet = await tunnel.open(port(80), NEVER);
    const { data } = await peer.opened(0);
    const { data: other } = await peer.opened(1);
    flood.reset();
    await peer.data(data, new Uint8Array(2_000_000));
    await peer.data(other, "still here");
    assert.equal(new TextDecoder().decode(await quiet.read() ?? undefined), "still here");
    quiet.reset();
    await peer.data(data, new Uint8Array(2_000_000));
    assert.match((await tunnel.closed).message, /left unread/);
  }));

for (const carrier of ["spdy", "websocket"] as const) {
  Deno.test(`tunnel over ${carrier}: what flows on to an outlet that is slow at times is whole, and so is its end`, () =>
    withTunnel(carrier, async ({ tunnel, peer }) => {
      const stream = await tunnel.open(port(80), NEVER);
      const { data, error } = await peer.opened(0);
      const sent = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251);
      const parts: Uint8Array[] = [];
      let ready: (error: StreamError | null) => void = () => {};
      let lent: Uint8Array | null = null;
      let ended = false;
      let counted = 0;
      const outlet: Outlet = {
        accept: (whenReady) => ready = whenReady,
        offer: (bytes) => {
          assert.equal(lent, null, "offered before the last one was through");
          if (parts.length % 3 === 2) {
            lent = bytes;
            return false;
          }
          parts.push(bytes.slice());
          return true;
        },
        closeWrite: () => {
          ended = true;
          return Promise.resolve();
        },
      };
      const flow = stream.flow?.(outlet, (count) => counted += count);
      assert.ok(flow !== undefined);
      const sending = (async () => {
        for (let at = 0; at < sent.length; at += 30_000) await peer.data(data, sent.subarray(at, at + 30_000));
        await peer.data(error, "", true);
        await peer.data(data, "", true);
      })();
      for (let turn = 0; !ended; turn++) {
        assert.ok(turn < 100_000, "it never ends");
        await settle();
        if (lent === null || turn % 5 !== 0) continue;
        // Only now is it looked at: it must still be what was offered.
        const late: Uint8Array = lent;
        parts.push(late.slice());
        lent = null;
        ready(null);
      }
      await sending;
      assert.deepEqual(await flow, { kind: "eof" });
      assert.equal(counted, sent.length);
      assert.ok(Buffer.concat(parts).equals(sent), "not the bytes that were sent");
    }));
}

Deno.test("tunnel: a write of up to 256 KiB is one frame", () =>
  withTunnel("spdy", async ({ tunnel, peer }) => {
    const stream = await tunnel.open(port(80), NEVER);
    const { data } = await peer.opened(0);
    const sizes = [65_536, 65_536, 262_144, 10, 262_144, 262_144, 65_536, 262_144];
    for (const size of sizes) await stream.write(new Uint8Array(size));
    await stream.closeWrite();
    await peer.until((frame) => frame.type === "data" && frame.streamId === data && frame.fin);
    assert.deepEqual(dataFrameLengths(peer.wire, data), [...sizes, 0]);
  }));

Deno.test("tunnel: large writes arrive whole over both carriers", async () => {
  for (const carrier of ["spdy", "websocket"] as const) {
    await withTunnel(carrier, async ({ tunnel, peer }) => {
      const stream = await tunnel.open(port(80), NEVER);
      const { data } = await peer.opened(0);
      const sent = new Uint8Array(1_234_567).map((_, index) => index * 7 + (index >> 9));
      // The array is used again as soon as the write resolves.
      const scratch = new Uint8Array(100_003);
      for (let at = 0; at < sent.length; at += scratch.length) {
        const part = sent.subarray(at, at + scratch.length);
        scratch.set(part);
        await stream.write(scratch.subarray(0, part.length));
        scratch.fill(0);
      }
      await stream.closeWrite();
      await peer.until((frame) => frame.type === "data" && frame.streamId === data && frame.fin);
      const got = concat(peer.frames.flatMap((frame) => frame.type === "data" ? [frame.payload] : []));
      assert.equal(got.length, sent.length);
      assert.deepEqual(got, sent);
    });
  }
});
