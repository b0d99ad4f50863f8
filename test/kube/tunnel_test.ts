import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Tunnel } from "../../src/model/cluster_access.ts";
import { port } from "../../src/model/port.ts";
import { type Duplex, type Outlet, StreamError, type StreamFailure } from "../../src/model/stream.ts";
import { encodeData, encodeGoAway, encodePing, encodeRstStream } from "../../src/kube/spdy/frame_writer.ts";
import { connectTunnel } from "../../src/kube/tunnel.ts";
import { FakeClock, settle } from "../fakes/clock.ts";
import { FakeApiServer, type FakePeer, pongs, serverFrame } from "./tunnel_server.ts";
import { until } from "../fakes/until.ts";
import { concat } from "../fakes/bytes.ts";
import { encodeSettings, encodeWindowUpdate } from "./server_frames.ts";

const POD = { namespace: "shop", name: "web-0", uid: "u" };
const NEVER = new AbortController().signal;

interface Setup {
  readonly server: FakeApiServer;
  readonly tunnel: Tunnel;
  readonly peer: FakePeer;
  readonly clock: FakeClock;
}

/** Runs `test` with an open tunnel, and closes all. */
async function withTunnel(carrier: "spdy" | "websocket", test: (setup: Setup) => Promise<void>): Promise<void> {
  await using server = new FakeApiServer(() => carrier);
  const clock = new FakeClock();
  const tunnel = await connectTunnel(server.transport, POD, { carrier, signal: NEVER, clock });
  try {
    const peer = server.peers[0];
    assert.ok(peer !== undefined);
    await test({ server, tunnel, peer, clock });
  } finally {
    tunnel.close();
    await tunnel.closed;
  }
  assert.equal(clock.pending, 0, "a timer is left");
}

async function text(stream: Duplex): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  for (let bytes = await stream.read(); bytes !== null; bytes = await stream.read()) {
    all += decoder.decode(bytes, { stream: true });
  }
  return all;
}

/** Long enough for what has been sent on loopback to arrive, be answered, and the answer to arrive. */
async function roundTrip(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await settle();
}

/** Lets time pass as it does: what is sent is answered in between. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  await roundTrip();
  for (let left = ms; left > 0; left -= 1_000) {
    await clock.advance(Math.min(left, 1_000));
    await roundTrip();
  }
}

/** The length fields of a stream's DATA frames, read from the wire itself: the parser may report one frame in pieces. */
function dataFrameLengths(wire: readonly Uint8Array[], streamId: number): number[] {
  const all = concat(wire);
  const view = new DataView(all.buffer);
  const lengths: number[] = [];
  for (let at = 0; at + 8 <= all.length;) {
    const length = view.getUint32(at + 4) & 0xff_ffff;
    if (view.getUint32(at) === streamId) lengths.push(length);
    at += 8 + length;
  }
  return lengths;
}

/** How many PINGs of ours the peer has got. */
function pingsOf(peer: FakePeer): number {
  return peer.frames.filter((frame) => frame.type === "ping" && frame.id % 2 === 1).length;
}

function fails(failure: StreamFailure, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StreamError, String(error));
    assert.equal(error.failure, failure);
    assert.match(error.message, message);
    return true;
  };
}

const bytes = (words: string) => new TextEncoder().encode(words);

for (const carrier of ["spdy", "websocket"] as const) {
  Deno.test(`tunnel over ${carrier}: a connection is an error stream and a data stream, and bytes go both ways`, () =>
    withTunnel(carrier, async ({ tunnel, peer, server }) => {
      const stream = await tunnel.open(port(8080), NEVER);
      assert.equal(tunnel.streams, 1);
      const { error, data } = await peer.opened(0);
      assert.deepEqual(peer.frames.slice(0, 2), [
        {
          type: "synStream",
          streamId: error,
          fin: true,
          headers: { streamtype: "error", port: "8080", requestid: "0" },
        },
        {
          type: "synStream",
          streamId: data,
          fin: false,
          headers: { streamtype: "data", port: "8080", requestid: "0" },
        },
      ]);
      await stream.write(bytes("ping"));
      await peer.until((frame) => frame.type === "data" && frame.streamId === data);
      assert.equal(peer.received(data), "ping");
      await peer.data(data, "pong");
      const pong = await stream.read();
      assert.equal(new TextDecoder().decode(pong ?? undefined), "pong");
      assert.equal(Object.getPrototypeOf(pong), Uint8Array.prototype, "no Buffer, whose slice does not copy");
      await peer.data(data, "", true);
      await peer.data(error, "", true);
      assert.equal(await stream.read(), null);
      await until(() => tunnel.streams === 0, "tunnel.streams === 0");
      assert.match(
        server.heads[0] ?? "",
        /^(GET|POST) \/base\/api\/v1\/namespaces\/shop\/pods\/web-0\/portforward HTTP\/1\.1\r\n/,
      );
      assert.match(server.heads[0] ?? "", /Authorization: Bearer first/);
    }));

  Deno.test(`tunnel over ${carrier}: what the peer says may be cut at any byte`, async () => {
    const script = (error: number, data: number) =>
      concat([
        encodeSettings([{ id: 4, flags: 0, value: 65536 }]),
        encodeData(data, { payload: bytes("hello ") }),
        encodePing(2),
        encodeWindowUpdate(data, 100),
        encodeData(data, { payload: bytes("world") }),
        encodeData(data, { payload: bytes("!") }),
        encodeData(data, { payload: new Uint8Array(), fin: true }),
        encodeData(error, { payload: bytes("connect: connection refused"), fin: true }),
      ]);
    const length = script(1, 3).length;
    await withTunnel(carrier, async ({ tunnel, peer }) => {
      for (let cut = 0; cut <= length; cut++) {
        const stream = await tunnel.open(port(80), NEVER);
        const { error, data } = await peer.opened(cut);
        void peer.send(script(error, data), cut);
        let all = "";
        await assert.rejects(async () => {
          for (let piece = await stream.read(); piece !== null; piece = await stream.read()) {
            all += new TextDecoder().decode(piece);
          }
        }, fails("refused", /nothing listens on port 80 of pod shop\/web-0/));
        assert.equal(all, "hello world!", `cut at ${cut}`);
        peer.frames.length = 0;
      }
      await until(() => tunnel.streams === 0, "tunnel.streams === 0");
    });
  });
}

Deno.test("tunnel: the error stream's text is waited for, and not for ever", () =>
  withTunnel("spdy", async ({ tunnel, peer, clock }) => {
    const stream = await tunnel.open(port(80), NEVER);
    const { data } = await peer.opened(0);
    await peer.data(data, "all", true);
    assert.equal(new TextDecoder().decode(await stream.read() ?? undefined), "all");
    let ended = false;
    const reading = stream.read().finally(() => ended = true);
    await until(() => clock.pending === 2, "clock.pending === 2");
    assert.equal(ended, false);
    await clock.advance(1_000);
    assert.equal(await reading, null);
    await stream.closeWrite();
    await until(() => tunnel.streams === 0, "tunnel.streams === 0");
  }));

Deno.test("tunnel: an error text ends the stream even where the data stream is forgotten", () =>
  withTunnel("spdy", async ({ tunnel, peer, clock }) => {
    const stream = await tunnel.open(port(80), NEVER);
    const { error } = await peer.opened(0);
    const reading = assert.rejects(stream.read(), fails("gone", /port 80 of pod shop\/web-0: .*not found/));
    await peer.data(error, "error forwarding port 80 to pod 12ab, uid : failed to find sandbox: not found", true);
    await until(() => clock.pending === 2, "clock.pending === 2");
    await clock.advance(1_000);
    await reading;
    await peer.until((frame) => frame.type === "rstStream");
  }));

Deno.test("tunnel: an early RST ends its stream alone", () =>
  withTunnel("spdy", async ({ tunnel, peer }) => {
    const cut = await tunnel.open(port(80), NEVER);
    const refused = await tunnel.open(port(81), NEVER);
    const lives = await tunnel.open(port(82), NEVER);
    const { data: first } = await peer.opened(0);
    const { data: second } = await peer.opened(1);
    const { data: third, error } = await peer.opened(2);
    await peer.send(encodeRstStream(first, 5));
    await peer.send(encodeRstStream(second, 3));
    await assert.rejects(cut.read(), fails("reset", /reset by/));
    await assert.rejects(cut.write(bytes("x")), fails("reset", /reset by/));
    await assert.rejects(refused.read(), fails("refused", /refused/));
    await peer.data(third, "still here");
    await peer.data(error, "", true);
    await peer.data(third, "", true);
    assert.equal(await text(lives), "still here");
  }));

Deno.test("tunnel: each direction ends by itself", () =>
  withTunnel("spdy", async ({ tunnel, peer }) => {
    const asks = await tunnel.open(port(80), NEVER);
    const { error, data } = await peer.opened(0);
    await asks.write(bytes("question"));
    await asks.closeWrite();
    await peer.until((frame) => frame.type === "data" && frame.streamId === data && frame.fin);
    assert.equal(peer.received(data), "question");
    await peer.data(data, "answer");
    await peer.data(error, "", true);
    await peer.data(data, "", true);
    assert.equal(await text(asks), "answer");

    const hears = await tunnel.open(port(80), NEVER);
    const second = await peer.opened(1);
    await peer.data(second.data, "", true);
    await settle();
    await hears.write(bytes("said after the peer's end"));
    await peer.until((frame) => frame.type === "data" && frame.streamId === second.data);
    await peer.data(second.error, "", true);
    assert.equal(await hears.read(), null);
    await assert.rejects(hears.write(bytes("into the void")), fails("reset", /ended the connection/));
    await peer.until((frame) => frame.type === "rstStream" && frame.streamId === second.data);
    assert.equal(tunnel.streams, 0);
  }));

Deno.test("tunnel: close sends what was written, then FIN, and throws away what comes", () =>
  withTunnel("spdy", async ({ tunnel, peer, clock }) => {
    const stream = await tunnel.open(port(80), NEVER);
    const { error, data } = await peer.opened(0);
    await stream.write(bytes("last words"));
    stream.close();
    stream.close();
    assert.equal(await stream.read(), null);
    await peer.until((frame) => frame.type === "data" && frame.streamId === data && frame.fin);
    assert.equal(peer.received(data), "last words");
    assert.equal(tunnel.streams, 1, "the peer has not ended it yet");
    await peer.data(data, new Uint8Array(3_000_000));
    await peer.data(data, "", true);
    await peer.data(error, "", true);
    await until(() => tunnel.streams === 0, "tunnel.streams === 0");

    const stubborn = await tunnel.open(port(80), NEVER);
    await peer.opened(1);
    stubborn.close();
    await pass(clock, 20_000);
    await peer.until((frame) => frame.type === "rstStream");
    assert.equal(tunnel.streams, 0);
  }));

Deno.test("tunnel: GOAWAY lets open streams end, takes no new ones, and fails those it does not know", () =>
  withTunnel("spdy", async ({ tunnel, peer }) => {
    const known = await tunnel.open(port(80), NEVER);
    const unknown = await tunnel.open(port(80), NEVER);
    const { data, error } = await peer.opened(0);
    await peer.opened(1);
    await peer.send(encodeGoAway(data, 0));
    await assert.rejects(unknown.read(), fails("gone", /closing the tunnel/));
    assert.equal(tunnel.usable, false);
    await assert.rejects(tunnel.open(port(80), NEVER), fails("gone", /closing/));
    await peer.data(data, "the rest");
    await peer.data(error, "", true);
    await peer.data(data, "", true);
    assert.equal(await text(known), "the rest");
    assert.match((await tunnel.closed).message, /closing the tunnel/);
  }));

Deno.test("tunnel: the end of the carrier ends all streams, but not what had come to its own end", () =>
  withTunnel("spdy", async ({ tunnel, peer }) => {
    const cut = await tunnel.open(port(80), NEVER);
    const ended = await tunnel.open(port(80), NEVER);
    const { data } = await peer.opened(1);
    await peer.data(data, "whole", true);
    peer.conn.close();
    await assert.rejects(cut.read(), fails("gone", /closed the connection/));
    assert.equal(await text(ended), "whole");
    assert.match((await tunnel.closed).message, /closed/);
    assert.equal(tunnel.usable, false);
    assert.equal(tunnel.streams, 0);
  }));

Deno.test("tunnel: bytes that are no SPDY end it and say so", () =>
  withTunnel("spdy", async ({ tunnel, peer }) => {
    await peer.send(bytes("\x80\x02HTTP/1.1 408 Request Timeout"));
    assert.match((await tunnel.closed).message, /not SPDY\/3\.1/);
  }));

Deno.test("tunnel: PINGs are answered, and sent at least every 30 s, idle or not", () =>
  withTunnel("spdy", async ({ tunnel, peer, clock }) => {
    await peer.send(encodePing(42));
    await peer.until((frame) => frame.type === "ping" && frame.id === 42);
    for (let round = 0; round < 4; round++) {
      const before = pingsOf(peer);
      await pass(clock, 29_000);
      assert.ok(pingsOf(peer) > before);
    }
    assert.equal(tunnel.usable, true);
  }));

Deno.test("tunnel: a dead peer is seen within 30 s", () =>
  withTunnel("spdy", async ({ tunnel, peer, clock }) => {
    const stream = await tunnel.open(port(80), NEVER);
    await peer.opened(0);
    await roundTrip();
    peer.answersPings = false;
    // The worst case: the last sign of life comes just after a beat.
    await pass(clock, 9_900);
    await peer.data((await peer.opened(0)).data, "alive");
    assert.equal((await stream.read())?.length, 5);
    const failed = assert.rejects(stream.read(), fails("gone", /does not answer any more/));
    await pass(clock, 29_400);
    await failed;
    assert.equal(tunnel.usable, false);
  }));

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

Deno.test("tunnel: a stream the peer never answers for is given up", () =>
  withTunnel("spdy", async ({ tunnel, peer, clock }) => {
    peer.answersStreams = false;
    const stream = await tunnel.open(port(80), NEVER);
    const failed = assert.rejects(stream.read(), fails("timeout", /does not answer for the stream/));
    await pass(clock, 10_000);
    await failed;
    assert.equal(tunnel.streams, 0);
  }));

Deno.test("tunnel: a peer that a stalled upload holds up is asked for on another connection before it counts as dead", async () => {
  let upgrades = 0;
  await using server = new FakeApiServer(() =>
    ++upgrades <= 2 ? "spdy" : { answer: "HTTP/1.1 503 Down\r\ncontent-length: 0\r\n\r\n" }
  );
  const clock = new FakeClock();
  const tunnel = await connectTunnel(server.transport, POD, { carrier: "spdy", signal: NEVER, clock });
  const peer = server.peers[0];
  assert.ok(peer !== undefined);
  peer.answersPings = false;
  const stream = await tunnel.open(port(80), NEVER);
  await stream.write(new Uint8Array(1_000_000));
  await pass(clock, 35_000);
  assert.equal(upgrades, 2);
  assert.equal(tunnel.usable, true, "the API server answers: the backend stalls");
  const failed = assert.rejects(stream.read(), fails("gone", /does not answer any more/));
  await pass(clock, 30_000);
  await failed;
  await tunnel.closed;
});

Deno.test("tunnel over websocket: the server's pings are answered and its close is said", () =>
  withTunnel("websocket", async ({ tunnel, peer }) => {
    for (let byte = 0; byte < 3; byte++) {
      await peer.conn.write(serverFrame(9, bytes("are you there")).subarray(byte * 5, byte * 5 + 5));
    }
    await until(
      () =>
        pongs(peer).some(({ opcode, payload }) =>
          opcode === 10 && new TextDecoder().decode(payload) === "are you there"
        ),
      'pongs(peer).some(({ opcode, payload }) => opcode === 10 && new TextDecoder().decode(payload) === "are you there")',
    );
    await peer.conn.write(serverFrame(8, new Uint8Array([0x03, 0xf3, ...bytes("proxy error")])));
    assert.match((await tunnel.closed).message, /closed the WebSocket: 1011 proxy error/);
  }));

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
