import assert from "node:assert/strict";
import { autoPort } from "../../src/conventions/auto_port.ts";
import { port } from "../../src/model/port.ts";
import { Bench, spec } from "./bench_world.ts";
import { ask, dial, freePort, next, readAll, says, serve } from "./net.ts";
import { until } from "../fakes/until.ts";

const fixed = (value: number) => ({ kind: "fixed", port: port(value) }) as const;

Deno.test("a port that another forward holds is named with that forward", async () => {
  await using bench = new Bench();
  const taken = await bench.start({ name: "web" });
  const outcome = await bench.forwarders.start(spec({ name: "api", local: fixed(taken) }), bench.signal);
  assert.deepEqual(outcome, {
    status: "failed",
    reason: "port-in-use",
    message: `port ${taken} is already in use by forward web`,
    retry: true,
  });
  const { status, reason, listen } = bench.status("api");
  assert.deepEqual({ status, reason, listen }, { status: "Failed", reason: "port-in-use", listen: [] });
  assert.ok(bench.events.some(({ key, status }) => key === "forward:api" && status === "Failed"));
});

Deno.test("a port that a program holds is named with that program", async () => {
  await using other = await serve(says("other"));
  await using bench = new Bench({ whoHolds: () => Promise.resolve("nginx (PID 1234)") });
  const outcome = await bench.forwarders.start(spec({ local: fixed(other.port) }), bench.signal);
  assert.equal(outcome.status === "failed" && outcome.message, `port ${other.port} is in use by nginx (PID 1234)`);
});

Deno.test("a failed forward starts when its port becomes free", async () => {
  await using bench = new Bench();
  const other = await serve(says("other"));
  const wanted = spec({ local: fixed(other.port) });
  await bench.forwarders.start(wanted, bench.signal);
  assert.equal(bench.status().status, "Failed");
  await other[Symbol.asyncDispose]();
  assert.deepEqual(await bench.forwarders.start(wanted, bench.signal), { status: "done" });
  assert.equal(bench.status().status, "Starting");
});

Deno.test("next-free takes the next port and keeps it over a change", async () => {
  await using other = await serve(says("other"));
  await using bench = new Bench();
  const wanted = spec({ local: fixed(other.port), onConflict: "next-free" });
  assert.deepEqual(await bench.forwarders.start(wanted, bench.signal), { status: "done" });
  const got = bench.localPort();
  assert.ok(got > other.port);
  await bench.forwarders.change({ ...wanted, hold: 1 }, bench.signal);
  assert.equal(bench.localPort(), got);
});

Deno.test("a range gives its first free port, and says when it has none", async () => {
  await using bench = new Bench();
  const first = await freePort();
  const range = { kind: "range", range: { first: port(first), last: port(first) } } as const;
  await bench.start({ name: "a", local: range });
  assert.equal(bench.localPort("a"), first);
  const outcome = await bench.forwarders.start(spec({ name: "b", local: range }), bench.signal);
  assert.equal(outcome.status === "failed" && outcome.reason, "port-in-use");
});

Deno.test("auto: the lease first, then the port of the name; what it got is leased", async () => {
  await using bench = new Bench();
  assert.equal(await bench.start({ name: "auto-one", local: { kind: "auto" } }), autoPort("auto-one"));
  assert.equal(bench.leases.get("auto-one"), autoPort("auto-one"));
  const leased = port(await freePort());
  bench.leases.set("auto-two", leased);
  assert.equal(await bench.start({ name: "auto-two", local: { kind: "auto" } }), leased);
});

Deno.test("all addresses share one port, and one that this machine lacks is tolerated and shown", async () => {
  await using bench = new Bench();
  const local = await bench.start({ bind: ["127.0.0.1", "127.0.0.2", "192.0.2.7"] });
  assert.deepEqual(bench.status().listen, [{ host: "127.0.0.1", port: local }, { host: "127.0.0.2", port: local }]);
  await until(() => bench.status().message !== null, "the note shows");
  const outcome = await bench.forwarders.start(spec({ name: "b", bind: ["192.0.2.7"] }), bench.signal);
  assert.equal(outcome.status === "failed" && outcome.reason, "address-unavailable");
});

Deno.test("a change of the port moves the listener only after the new one is bound, and keeps an open download", async () => {
  await using server = await serve((socket) => {
    socket.write("start");
    socket.once("data", () => socket.end("rest"));
  });
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)], { nodePorts: [server.port] });
  const before = await bench.start();
  const download = await dial(before);
  assert.equal(await next(download), "start");
  const after = await freePort();
  assert.deepEqual(await bench.forwarders.change(spec({ local: fixed(after) }), bench.signal), { status: "done" });
  await assert.rejects(dial(before));
  const fresh = await dial(after);
  assert.equal(await next(fresh), "start");
  fresh.destroy();
  const ending = readAll(download);
  download.write("go");
  assert.deepEqual(await ending, { text: "rest", code: null });
});

Deno.test("a change that cannot bind leaves the old listener in force", async () => {
  await using other = await serve(says("other"));
  await using server = await serve(says("mine"));
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  const before = await bench.start();
  const outcome = await bench.forwarders.change(spec({ local: fixed(other.port) }), bench.signal);
  assert.equal(outcome.status, "failed");
  assert.equal(bench.localPort(), before);
  assert.equal((await ask(before)).text, "mine");
  await bench.reaches("Active");
});

Deno.test("addresses come and go without touching those that stay, also where one covers another", async () => {
  await using server = await serve(says("yes"));
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  const local = await bench.start();
  const bind = async (...hosts: string[]) => {
    const outcome = await bench.forwarders.change(spec({ local: fixed(local), bind: hosts }), bench.signal);
    assert.deepEqual(outcome, { status: "done" });
    assert.deepEqual(bench.status().listen.map(({ host }) => host), hosts);
    assert.equal((await ask(local)).text, "yes");
  };
  await bind("127.0.0.1", "127.0.0.2");
  await bind("0.0.0.0");
  await bind("127.0.0.1");
});

Deno.test("released forwards trade ports and keep their connections", async () => {
  await using server = await serve((socket) => {
    socket.write("open");
    socket.once("data", () => socket.end("bye"));
  });
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  const [a, b] = [await bench.start({ name: "a" }), await bench.start({ name: "b" })];
  const socket = await dial(a);
  assert.equal(await next(socket), "open");
  bench.forwarders.release("a");
  bench.forwarders.release("b");
  const swapped = await Promise.all([
    bench.forwarders.change(spec({ name: "a", local: fixed(b) }), bench.signal),
    bench.forwarders.change(spec({ name: "b", local: fixed(a) }), bench.signal),
  ]);
  assert.deepEqual(swapped, [{ status: "done" }, { status: "done" }]);
  assert.deepEqual([bench.localPort("a"), bench.localPort("b")], [b, a]);
  const ending = readAll(socket);
  socket.write("x");
  assert.equal((await ending).text, "bye");
});

Deno.test("stop drains: the listener is gone at once, open connections end by themselves", async () => {
  await using server = await serve((socket) => {
    socket.write("open");
    socket.once("data", () => socket.end("bye"));
  });
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  const local = await bench.start();
  const socket = await dial(local);
  assert.equal(await next(socket), "open");
  const stopping = bench.forwarders.stop("web", bench.signal);
  await until(() => bench.events.some(({ status }) => status === "Stopped"), "it says that it stopped");
  await assert.rejects(dial(local));
  const ending = readAll(socket);
  socket.write("x");
  assert.deepEqual(await ending, { text: "bye", code: null });
  assert.deepEqual(await stopping, { status: "done" });
});

Deno.test("stop cuts what is left when the signal says so", async () => {
  await using server = await serve((socket) => socket.write("open"));
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  const socket = await dial(await bench.start());
  assert.equal(await next(socket), "open");
  const second = new AbortController();
  const stopping = bench.forwarders.stop("web", second.signal);
  const ending = readAll(socket);
  second.abort();
  assert.equal((await ending).code, "ECONNRESET");
  await stopping;
});
