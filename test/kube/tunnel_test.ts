/** What a tunnel is: streams of bytes both ways, their ends and errors, and the end of the carrier. */
import assert from "node:assert/strict";
import { port } from "../../src/model/port.ts";
import { encodeData, encodeGoAway, encodePing, encodeRstStream } from "../../src/kube/spdy/frame_writer.ts";
import { concat } from "../fakes/bytes.ts";
import { settle } from "../fakes/clock.ts";
import { until } from "../fakes/until.ts";
import { encodeSettings, encodeWindowUpdate } from "./server_frames.ts";
import { bytes, fails, NEVER, pass, text, withTunnel } from "./tunnel_rig.ts";

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
