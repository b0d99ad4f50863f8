import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Bench, spec } from "./bench_world.ts";
import { ask, dial, digest, echo, next, readAll, says, serve, type TestServer } from "./net.ts";
import { until } from "../fakes/until.ts";

/** Both routes lead to the same server: by its NodePort, or by a tunnel to its pod. */
function onRoute(bench: Bench, route: "direct" | "tunnel", server: TestServer): void {
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)], {
    nodePorts: route === "direct" ? [server.port] : [],
  });
}

for (const route of ["direct", "tunnel"] as const) {
  Deno.test(`${route}: half-close, a megabyte up, its digest down`, async () => {
    await using server = await serve(digest);
    await using bench = new Bench();
    onRoute(bench, route, server);
    const port = await bench.start({ route });
    const bytes = randomBytes(1_000_000);
    const socket = await dial(port);
    const ending = readAll(socket);
    socket.end(bytes);
    assert.deepEqual(await ending, { text: createHash("sha256").update(bytes).digest("hex"), code: null });
  });

  Deno.test(`${route}: the server speaks first`, async () => {
    await using server = await serve((socket) => socket.write("220 ready"));
    await using bench = new Bench();
    onRoute(bench, route, server);
    const socket = await dial(await bench.start({ route }));
    assert.equal(await next(socket), "220 ready");
    socket.destroy();
  });

  Deno.test(`${route}: an 8 MiB echo is the same byte by byte`, async () => {
    await using server = await serve(echo);
    await using bench = new Bench();
    onRoute(bench, route, server);
    const bytes = randomBytes(8 << 20);
    const socket = await dial(await bench.start({ route }));
    const ending = readAll(socket);
    socket.end(bytes);
    const { text, code } = await ending;
    assert.equal(code, null);
    assert.ok(Buffer.from(text, "latin1").equals(bytes));
  });

  Deno.test(`${route}: a backend's reset arrives as a reset`, async () => {
    await using server = await serve((socket) => socket.once("data", () => socket.resetAndDestroy()));
    await using bench = new Bench();
    onRoute(bench, route, server);
    const socket = await dial(await bench.start({ route }));
    const ending = readAll(socket);
    socket.write("x");
    assert.equal((await ending).code, "ECONNRESET");
    await until(() => bench.status().connections.open === 0, "the connection is over");
    assert.equal(bench.status().connections.failed, 1);
  });

  Deno.test(`${route}: a client's reset arrives as a reset and is no failure`, async () => {
    const seen = Promise.withResolvers<string>();
    await using server = await serve((socket) => {
      socket.on("error", (error) => seen.resolve("code" in error ? String(error.code) : "?"));
      socket.on("data", (bytes) => socket.write(bytes));
    });
    await using bench = new Bench();
    onRoute(bench, route, server);
    const socket = await dial(await bench.start({ route }));
    socket.write("hello");
    assert.equal(await next(socket), "hello");
    socket.resetAndDestroy();
    assert.equal(await seen.promise, "ECONNRESET");
    await until(() => bench.status().connections.open === 0, "the connection is over");
    assert.equal(bench.status().connections.failed, 0);
  });

  Deno.test(`${route}: a reader that stalls holds back the sender, and gets all of it in the end`, async () => {
    const total = 64 << 20;
    let sent = 0;
    await using server = await serve((socket) => {
      const block = Buffer.alloc(64 << 10, 7);
      const more = () => {
        while (sent < total) {
          sent += block.length;
          if (!socket.write(block)) return void socket.once("drain", more);
        }
        socket.end();
      };
      more();
    });
    await using bench = new Bench();
    onRoute(bench, route, server);
    const health = { ...spec().health, probe: { kind: "none" } } as const;
    const socket = await dial(await bench.start({ route, health }));
    assert.ok((await next(socket)).length > 0);
    let before = -1;
    let looks = 0;
    await until(() => {
      looks = sent === before ? looks + 1 : 0;
      before = sent;
      return looks >= 20;
    }, "the sender is held back");
    assert.ok(sent < total / 2, `${sent} bytes were taken from the sender`);
    await readAll(socket);
    assert.equal(sent, total);
    await until(() => bench.status().bytes.out === total, "all bytes are counted");
  });
}

Deno.test("a thousand connections at once all get their answer", async () => {
  await using server = await serve((socket) => {
    socket.once("data", () => setTimeout(() => socket.end("ok"), 50));
  });
  await using bench = new Bench();
  onRoute(bench, "direct", server);
  const port = await bench.start({ route: "direct" });
  const endings = await Promise.all(Array.from({ length: 1000 }, () => ask(port)));
  assert.equal(endings.filter(({ text, code }) => text === "ok" && code === null).length, 1000);
  await until(() => bench.status().connections.open === 0, "all are over");
  assert.equal(bench.status().connections.total, 1000);
});

Deno.test("resets and cancels beside a long transfer do not touch it", async () => {
  const bytes = randomBytes(16 << 20);
  await using long = await serve((socket) => {
    socket.on("data", (asked) => {
      if (asked[0] === 0x72) socket.resetAndDestroy();
      else if (asked[0] === 0x6c) socket.end(bytes);
    });
  });
  await using bench = new Bench();
  onRoute(bench, "direct", long);
  const port = await bench.start();
  const transfer = await dial(port);
  transfer.write("l");
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 20 }, async (_, index) => {
      const socket = await dial(port);
      const ending = readAll(socket);
      if (index % 2 === 0) socket.write("r");
      else socket.resetAndDestroy();
      if (index % 2 === 0) assert.equal((await ending).code, "ECONNRESET");
    }));
  }
  const { text, code } = await readAll(transfer);
  assert.equal(code, null);
  assert.ok(Buffer.from(text, "latin1").equals(bytes));
});

Deno.test("bytes and connections are counted as the client sees them", async () => {
  await using server = await serve(says("four"));
  await using bench = new Bench();
  onRoute(bench, "direct", server);
  const port = await bench.start();
  await ask(port, "123456");
  await until(() => bench.status().connections.open === 0, "it is over");
  assert.deepEqual(bench.status().bytes, { in: 6, out: 4 });
});

Deno.test("direct: a client that ended its side and is then reset ends the way to a silent server", async () => {
  await using server = await serve((socket) => socket.resume());
  await using bench = new Bench();
  onRoute(bench, "direct", server);
  const socket = await dial(
    await bench.start({ route: "direct", health: { ...spec().health, probe: { kind: "none" } } }),
  );
  socket.end("hello");
  await until(() => server.accepted() === 1 && bench.status().bytes.in === 5, "the server has the connection");
  await bench.forwarders.close(AbortSignal.abort());
  await until(() => {
    // After the end of what it reads a server learns of a reset by writing.
    for (const one of server.sockets) one.write("x");
    return server.sockets.size === 0;
  }, "the server's side is gone as well");
  socket.destroy();
});
