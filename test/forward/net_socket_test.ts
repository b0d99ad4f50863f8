import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { randomBytes } from "node:crypto";
import { NetSocket } from "../../src/forward/net_socket.ts";
import { pump } from "../../src/forward/relay.ts";
import { port } from "../../src/model/port.ts";
import { StreamError } from "../../src/model/stream.ts";
import { dial, echo, freePort, next, readAll, serve } from "./net.ts";

const signal = new AbortController().signal;
const loopback = (value: number) => ({ host: "127.0.0.1", port: port(value) });

/** One accepted connection as a `NetSocket`, and the client's end of it. `tamper` sees the socket first. */
async function accepted(tamper: (socket: Socket) => void = () => {}) {
  const ready = Promise.withResolvers<NetSocket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    tamper(socket);
    ready.resolve(NetSocket.accepted(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  const client = await dial(address.port);
  const stream = await ready.promise;
  server.close();
  return { client, stream };
}

const withoutBuffers = (socket: Socket) => {
  const handle: unknown = Reflect.get(socket, "_handle");
  assert(typeof handle === "object" && handle !== null);
  Object.defineProperty(handle, "useUserBuffer", { value: undefined });
};

for (const [name, tamper] of [["buffered", undefined], ["as the runtime gives it", withoutBuffers]] as const) {
  Deno.test(`accepted, ${name}: bytes both ways, each direction ends by itself`, async () => {
    const { client, stream } = await accepted(tamper);
    client.end("hello");
    const first = await stream.read();
    assert.equal(new TextDecoder().decode(first ?? undefined), "hello");
    assert.equal(await stream.read(), null);
    assert.equal(stream.remoteHost, "127.0.0.1");
    await stream.write(new TextEncoder().encode("bye"));
    await stream.closeWrite();
    assert.deepEqual(await readAll(client), { text: "bye", code: null });
    stream.close();
  });

  Deno.test(`accepted, ${name}: a reset from this side arrives as a reset`, async () => {
    const { client, stream } = await accepted(tamper);
    await stream.write(new Uint8Array([1]));
    await next(client);
    const ending = readAll(client);
    stream.reset();
    stream.reset();
    assert.equal((await ending).code, "ECONNRESET");
    await assert.rejects(stream.read(), StreamError);
    await assert.rejects(stream.write(new Uint8Array(1)), StreamError);
  });

  Deno.test(`accepted, ${name}: a reset from the peer fails the read`, async () => {
    const { client, stream } = await accepted(tamper);
    const read = stream.read();
    client.resetAndDestroy();
    await assert.rejects(read, { name: "StreamError", failure: "reset" });
  });

  Deno.test(`accepted, ${name}: a slow reader gets every byte in order`, async () => {
    await using server = await serve(echo);
    const { client, stream } = await accepted(tamper);
    const backend = await NetSocket.dial(loopback(server.port), signal);
    const bytes = randomBytes(6 << 20);
    const both = Promise.all([pump(stream, backend, () => {}), pump(backend, stream, () => {})]);
    const parts: Uint8Array[] = [];
    const all = new Promise<void>((resolve) => client.once("end", resolve));
    client.on("data", (part: Uint8Array) => {
      parts.push(part.slice());
      // The reader pauses after every chunk, so that writes towards it stall again and again.
      client.pause();
      setTimeout(() => client.resume(), 0);
    });
    client.end(bytes);
    await all;
    assert.deepEqual(await both, [{ kind: "eof" }, { kind: "eof" }]);
    assert.ok(Buffer.concat(parts).equals(bytes));
    client.destroy();
    stream.close();
    backend.close();
  });
}

Deno.test("dial: a refusal is told as such", async () => {
  await assert.rejects(NetSocket.dial(loopback(await freePort()), signal), { failure: "refused" });
});

Deno.test("dial: given up, it rejects with the signal's reason and leaves no socket behind", async () => {
  const control = new AbortController();
  const dialled = NetSocket.dial({ host: "192.0.2.1", port: port(9) }, control.signal);
  control.abort(new Error("no longer"));
  await assert.rejects(dialled, { message: "no longer" });
  await assert.rejects(NetSocket.dial(loopback(9), control.signal), { message: "no longer" });
});
