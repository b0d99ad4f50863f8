import { connect, type Socket } from "node:net";

/** Connections under way at once. */
const AT_ONCE = 48;
/** A connection that is not through after this long has failed, in milliseconds. */
const LIMIT = 60_000;
const WORD = new TextEncoder().encode("a word to be given back, and short as most requests are\n");

/**
 * Makes `count` connections to an echo on a local port. Most say a word, hear it and end; of every twenty two are reset after
 * the answer, one before it, and one ends its own side first. Returns how many did not go as they should.
 */
export async function connections(count: number, port: number): Promise<number> {
  let next = 0;
  let failed = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < count) if (!await one(port, next++ % 20)) failed++;
  }));
  return failed;
}

function one(port: number, how: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    let heard = 0;
    const done = (well: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(well);
    };
    const timer = setTimeout(() => done(false), LIMIT);
    socket.on("connect", () => {
      socket.write(WORD);
      if (how === 0) {
        socket.resetAndDestroy();
        done(true);
      } else if (how === 1) socket.end();
    });
    socket.on("data", (bytes: Uint8Array) => {
      heard += bytes.length;
      if (heard < WORD.length) return;
      if (how === 2 || how === 3) {
        socket.resetAndDestroy();
        done(true);
      } else if (how !== 1) socket.end();
    });
    socket.on("end", () => done(heard === WORD.length));
    socket.on("error", () => done(false));
  });
}
