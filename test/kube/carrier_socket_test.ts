/** The socket under a tunnel holds the peer back while nobody reads, and loses nothing by that. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:tls";
import { systemClock } from "../../src/host/clock.ts";
import { SocketCarrier } from "../../src/kube/carrier_socket.ts";
import { openSocket } from "../../src/kube/open_socket.ts";
import { ServerSocket } from "../../src/kube/server_socket.ts";
import type { Transport } from "../../src/kube/transport.ts";
import { makeCertificates } from "../../src/sandbox/certificates.ts";

const clock = systemClock();
const NEVER = new AbortController().signal;
/** More than systems buffer for one connection over loopback, and less than a flood brings in the time of this test. */
const BUFFERED = 48 * 1024 * 1024;

for (const buffered of [true, false]) {
  const how = buffered ? "into our buffers" : "as the runtime gives it";
  Deno.test(`a paused TLS carrier, read ${how}, holds its peer back, and goes on where it was`, async () => {
    const { ca, cert, key } = await makeCertificates(clock.now());
    let written = 0;
    let over = false;
    const server = createServer({ cert, key }, (socket) => {
      socket.on("error", () => {});
      const flood = () => {
        while (!over) {
          // Every fourth byte counts, so that what is lost shows.
          const block = new Uint8Array(64 * 1024);
          new DataView(block.buffer).setUint32(0, written / block.length);
          written += block.length;
          if (!socket.write(block)) return void socket.once("drain", flood);
        }
        socket.end();
      };
      flood();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert(typeof address === "object" && address !== null);
    const transport: Transport = {
      server: new URL(`https://127.0.0.1:${address.port}`),
      caCerts: [ca],
      headers: () => Promise.resolve({}),
      expire: () => {},
    };
    const reading = new ServerSocket();
    const { onread } = reading;
    reading.attach(
      await openSocket(transport, { signal: NEVER, clock, timeout: 30_000, ...(buffered ? { onread } : {}) }),
    );
    const carrier = new SocketCarrier(reading, new Uint8Array(0));
    let got = 0;
    let next = 0;
    const ended = Promise.withResolvers<string>();
    const wait = async (what: string, holds: () => boolean) => {
      for (let looks = 0; !holds(); looks++) {
        assert.ok(looks < 3_000, `not within 30 s: ${what}`);
        await clock.sleep(10);
      }
    };
    carrier.start({
      bytes: (chunk) => {
        for (; next < got + chunk.length; next += 64 * 1024) {
          const at = next - got;
          // A count that is cut in two is left out.
          if (at + 4 > chunk.length) continue;
          const count = new DataView(chunk.buffer, chunk.byteOffset).getUint32(at);
          assert.equal(count, next / (64 * 1024));
        }
        got += chunk.length;
        return true;
      },
      ended: ended.resolve,
    });
    await wait("some bytes", () => got > 1024 * 1024);
    carrier.pause();
    // Until the peer is stuck: what it has written does not change any more.
    for (let last = -1, same = 0; same < 20 && written < BUFFERED; last = written) {
      await clock.sleep(20);
      same = written === last ? same + 1 : 0;
    }
    assert.ok(written - got < BUFFERED, `${written - got} bytes were taken and not handed on`);
    const before = got;
    carrier.resume();
    await wait("more bytes", () => got > before + BUFFERED);
    over = true;
    await ended.promise;
    assert.equal(got, written);
    carrier.destroy();
    server.close();
    await once(server, "close");
  });
}
