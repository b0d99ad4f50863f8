/** Clients that see how a connection ends, break off, abandon, and last; and what a process holds. Load goes to loopback only. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { sleep, until } from "./harness.ts";

/** How a connection ended for its client: in order, by a reset or another error, or not within the limit. */
export interface Ending {
  readonly bytes: Uint8Array;
  readonly end: "fin" | "open" | string;
}

/** A connection to a local port that is not made yet; half-open capable, so that each side ends by itself. */
export function open(port: number): Socket {
  return connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
}

/** The same, once it is made. */
export async function dial(port: number): Promise<Socket> {
  const socket = open(port);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  // One that fails later tells whoever reads; unheard it would end the process.
  socket.on("error", () => {});
  return socket;
}

/** Reads until the end, an error, `enough` bytes or the limit in milliseconds; then the socket is destroyed. */
export function readAll(socket: Socket, { limit = 60_000, enough = Infinity } = {}): Promise<Ending> {
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    let size = 0;
    const finish = (end: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ bytes: Buffer.concat(parts), end });
    };
    const timer = setTimeout(() => finish("open"), limit);
    socket.on("data", (bytes: Uint8Array) => {
      parts.push(bytes);
      size += bytes.length;
      if (size >= enough) finish("open");
    });
    socket.on("end", () => finish("fin"));
    socket.on("error", (error) => finish("code" in error ? String(error.code) : error.message));
    socket.resume();
  });
}

/** Bytes that differ along the way, so that a piece lost, doubled or moved shows. */
export function pattern(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** Writes, and waits until the system has taken it. */
export function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => error ? reject(error) : resolve());
  });
}

/**
 * A transfer through an echo, paced so that it lasts as long as wanted. `end` sends no more, waits for the rest of the
 * echo and says whether it is what was sent.
 */
export function longEcho(port: number): { end(): Promise<{ readonly bytes: number; readonly whole: boolean }> } {
  let over = false;
  const work = (async () => {
    const socket = await dial(port);
    const sent = createHash("sha256");
    const got = createHash("sha256");
    let out = 0;
    let back = 0;
    let broken: string | null = null;
    socket.on("data", (bytes: Uint8Array) => {
      got.update(bytes);
      back += bytes.length;
    });
    socket.on("end", () => broken ??= "it ended");
    socket.on("error", (error) => broken ??= error.message);
    try {
      for (let seed = 1; !over; seed++) {
        const piece = pattern(64 * 1024, seed);
        sent.update(piece);
        await write(socket, piece);
        out += piece.length;
        assert.equal(broken, null, `the long transfer broke after ${back} of ${out} bytes`);
        await sleep(20);
      }
      await until(() => Promise.resolve(back >= out || broken !== null), {
        limit: 120_000,
        what: () => `the rest of the echo: ${back} of ${out} bytes`,
      });
      assert.equal(broken, null, `the long transfer broke after ${back} of ${out} bytes`);
    } finally {
      socket.destroy();
    }
    return { bytes: back, whole: back === out && sent.digest("hex") === got.digest("hex") };
  })();
  // Whoever calls `end` hears of it.
  work.catch(() => {});
  return {
    end: () => {
      over = true;
      return work;
    },
  };
}

/** Connections that ask for a stream without end and never read. `end` breaks them off. */
export async function abandoned(port: number, count: number): Promise<{ end(): void }> {
  const sockets: Socket[] = [];
  for (let made = 0; made < count; made++) {
    const socket = await dial(port);
    socket.pause();
    sockets.push(socket);
  }
  return { end: () => sockets.forEach((socket) => socket.resetAndDestroy()) };
}

/** Runs `count` of `one`, so many at once. */
export async function many(
  count: number,
  { atOnce, one }: { readonly atOnce: number; readonly one: (index: number) => Promise<void> },
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) await one(next++);
  }));
}

/** What a process holds, from /proc. `rss` in MiB. */
export async function held(pid: number): Promise<{ readonly sockets: number; readonly rss: number }> {
  let sockets = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    const link = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
    if (link.startsWith("socket:")) sockets++;
  }
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return { sockets, rss: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024 };
}

/** The middle of some figures. */
export function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1] ?? NaN;
}
