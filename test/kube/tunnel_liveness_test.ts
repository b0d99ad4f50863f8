/** Whether the other end of a tunnel still lives: pings, silence, and what only looks like silence. */
import assert from "node:assert/strict";
import { port } from "../../src/model/port.ts";
import { encodePing } from "../../src/kube/spdy/frame_writer.ts";
import { connectTunnel } from "../../src/kube/tunnel.ts";
import { FakeClock } from "../fakes/clock.ts";
import { until } from "../fakes/until.ts";
import { bytes, fails, NEVER, pass, pingsOf, POD, roundTrip, withTunnel } from "./tunnel_rig.ts";
import { FakeApiServer, pongs, serverFrame } from "./tunnel_server.ts";

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
