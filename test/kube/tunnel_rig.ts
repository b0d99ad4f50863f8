import assert from "node:assert/strict";
import type { Tunnel } from "../../src/model/cluster_access.ts";
import { type Duplex, StreamError, type StreamFailure } from "../../src/model/stream.ts";
import { connectTunnel } from "../../src/kube/tunnel.ts";
import { concat } from "../fakes/bytes.ts";
import { FakeClock, settle } from "../fakes/clock.ts";
import { FakeApiServer, type FakePeer } from "./tunnel_server.ts";

/** The pod at the other end. */
export const POD = { namespace: "shop", name: "web-0", uid: "u" };
/** A signal that never comes. */
export const NEVER = new AbortController().signal;

/** An open tunnel, its two ends, and the clock that it lives by. */
export interface Setup {
  readonly server: FakeApiServer;
  readonly tunnel: Tunnel;
  readonly peer: FakePeer;
  readonly clock: FakeClock;
}

/** Runs `test` with an open tunnel, and closes all. */
export async function withTunnel(carrier: "spdy" | "websocket", test: (setup: Setup) => Promise<void>): Promise<void> {
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

/** All that comes on a stream until its end. */
export async function text(stream: Duplex): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  for (let bytes = await stream.read(); bytes !== null; bytes = await stream.read()) {
    all += decoder.decode(bytes, { stream: true });
  }
  return all;
}

/** Long enough for what has been sent on loopback to arrive, be answered, and the answer to arrive. */
export async function roundTrip(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await settle();
}

/** Lets time pass as it does: what is sent is answered in between. */
export async function pass(clock: FakeClock, ms: number): Promise<void> {
  await roundTrip();
  for (let left = ms; left > 0; left -= 1_000) {
    await clock.advance(Math.min(left, 1_000));
    await roundTrip();
  }
}

/** The length fields of a stream's DATA frames, read from the wire itself: the parser may report one frame in pieces. */
export function dataFrameLengths(wire: readonly Uint8Array[], streamId: number): number[] {
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
export function pingsOf(peer: FakePeer): number {
  return peer.frames.filter((frame) => frame.type === "ping" && frame.id % 2 === 1).length;
}

/** For `assert.rejects`: a `StreamError` of this kind with such a message. */
export function fails(failure: StreamFailure, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StreamError, String(error));
    assert.equal(error.failure, failure);
    assert.match(error.message, message);
    return true;
  };
}

/** Words in UTF-8. */
export const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);
