import assert from "node:assert/strict";
import { port } from "../../src/model/port.ts";
import { Bench, spec } from "./bench_world.ts";
import { ask, freePort, says, serve } from "./net.ts";
import { until } from "../fakes/until.ts";

const quick = { every: 30, timeout: 500, failures: 3, probe: { kind: "tcp" } } as const;

Deno.test("Active only after a probe went through, Reconnecting at once when nothing is ready, Active again by itself", async () => {
  await using server = await serve(says("x"));
  await using bench = new Bench();
  const { cluster } = bench;
  await bench.start();
  assert.deepEqual([bench.status().status, bench.status().reason], ["Starting", "connecting"]);
  const pod = cluster.addPod("web-0", server.port);
  cluster.ready([pod]);
  assert.equal(bench.status().status, "Starting");
  const active = await bench.reaches("Active");
  assert.deepEqual([active.reason, active.backend, active.route], [null, "pod default/web-0", "tunnel"]);
  assert.ok(active.lastCheck !== null);
  cluster.ready([]);
  assert.deepEqual([bench.status().status, bench.status().reason], ["Reconnecting", "no-endpoints"]);
  cluster.ready([pod]);
  await bench.reaches("Active");
  const statuses = bench.events.filter(({ type }) => type === "status").map(({ status, reason }) => [status, reason]);
  assert.deepEqual(statuses, [["Active", null], ["Reconnecting", "no-endpoints"], ["Active", null]]);
});

Deno.test("an object that is not there is told, and comes alive by itself", async () => {
  await using server = await serve(says("x"));
  await using bench = new Bench();
  bench.cluster.set({ kind: "missing", reason: "not-found", message: "service default/web does not exist" });
  await bench.start();
  assert.deepEqual([bench.status().status, bench.status().message], [
    "Reconnecting",
    "service default/web does not exist",
  ]);
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  await bench.reaches("Active");
});

Deno.test("probes that fail `failures` times end Active; it takes one success to come back", async () => {
  await using bench = new Bench();
  const backend = await serve(says("x"));
  const at = backend.port;
  bench.cluster.ready([bench.cluster.addPod("web-0", null)], { nodePorts: [at] });
  await bench.start({ route: "direct", health: quick });
  await bench.reaches("Active");
  await backend[Symbol.asyncDispose]();
  const { reason, attempt } = await bench.reaches("Reconnecting");
  assert.equal(reason, "backend-refused");
  assert.ok(attempt >= 3);
  await until(() => bench.status().nextRetry !== null, "the next try is shown");
  await using _back = await serve(says("x"), at);
  await bench.reaches("Active");
  assert.equal(bench.status().attempt, 0);
});

Deno.test("traffic makes probes needless, and does not stop them for good", async () => {
  await using server = await serve(says("x"));
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", null)], { nodePorts: [server.port] });
  const local = await bench.start({ route: "direct", health: { ...quick, every: 1_500 } });
  await bench.reaches("Active");
  await until(() => server.accepted() === 1, "the server has seen the probe");
  const start = performance.now();
  let last = start;
  let longest = 0;
  let asked = 0;
  const before = server.accepted();
  while (performance.now() - start < 2_500) {
    await ask(local);
    asked++;
    await new Promise((resolve) => setTimeout(resolve, 20));
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }
  // On a machine that stood still for as long as that there was a time without traffic, and a probe is right.
  if (longest < 1_000) assert.equal(server.accepted() - before, asked);
  await until(() => server.accepted() - before > asked, "a probe comes once it is quiet");
});

Deno.test("http: the status code decides, asked through the forward's route", async () => {
  let code = 503;
  await using server = await serve((socket) => {
    socket.once("data", (bytes) => {
      assert.match(bytes.toString(), /^GET \/healthz HTTP\/1\.1\r\n/);
      socket.end(`HTTP/1.1 ${code} X\r\nContent-Length: 0\r\n\r\n`);
    });
  });
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  await bench.start({ health: { ...quick, probe: { kind: "http", path: "/healthz" } } });
  const { reason, message } = await bench.reaches("Reconnecting");
  assert.deepEqual([reason, message], ["probe-failed", "GET /healthz answered 503"]);
  code = 204;
  await bench.reaches("Active");
});

Deno.test("http: a server that says nothing times out", async () => {
  await using server = await serve(() => {});
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  await bench.start({ health: { ...quick, timeout: 50, probe: { kind: "http", path: "/" } } });
  assert.equal((await bench.reaches("Reconnecting")).reason, "backend-timeout");
});

Deno.test("exec: the command gets the address, its exit code decides", async () => {
  const calls: unknown[] = [];
  let code = 1;
  await using bench = new Bench({
    exec: (argv, { env }) => {
      calls.push([argv, env]);
      return Promise.resolve({ code, stderr: "no luck\nmore" });
    },
  });
  await using server = await serve(says("x"));
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  const local = await bench.start({ health: { ...quick, probe: { kind: "exec", argv: ["check", "it"] } } });
  assert.equal((await bench.reaches("Reconnecting")).message, "check ended with 1: no luck");
  assert.deepEqual(calls[0], [["check", "it"], { BERTH_HOST: "127.0.0.1", BERTH_PORT: String(local) }]);
  code = 0;
  await bench.reaches("Active");
});

Deno.test("none: a connection that goes through makes it Active, nothing else does", async () => {
  await using server = await serve(says("x"));
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  const local = await bench.start({ health: { ...quick, probe: { kind: "none" } } });
  assert.equal(server.accepted(), 0);
  assert.equal(bench.status().status, "Starting");
  await ask(local);
  await bench.reaches("Active");
});

Deno.test("reconnect: false ends in Failed at the first loss, and a change starts anew", async () => {
  await using server = await serve(says("x"));
  await using bench = new Bench();
  const pod = bench.cluster.addPod("web-0", server.port);
  bench.cluster.ready([pod]);
  const local = await bench.start({ reconnect: false });
  await bench.reaches("Active");
  bench.cluster.ready([]);
  assert.equal(bench.status().status, "Failed");
  bench.cluster.ready([pod]);
  // The reset may be quicker than the client's look at its own connect.
  assert.equal((await ask(local).catch((error) => error)).code, "ECONNRESET");
  assert.equal(bench.status().status, "Failed");
  await bench.forwarders.change(spec({ local: { kind: "fixed", port: port(local) } }), bench.signal);
  await bench.reaches("Active");
});

Deno.test("no event when nothing that a person sees has changed", async () => {
  await using server = await serve(says("x"));
  await using bench = new Bench();
  const pod = bench.cluster.addPod("web-0", server.port);
  bench.cluster.ready([pod]);
  const local = await bench.start({ health: quick });
  await bench.reaches("Active");
  const before = bench.events.length;
  const accepted = server.accepted();
  for (let index = 0; index < 5; index++) bench.cluster.ready([pod]);
  await ask(local);
  await until(() => server.accepted() > accepted + 2, "probes go on");
  assert.equal(bench.events.length, before);
});

Deno.test("after sleep or on another network every way is tried anew, and the spares are dropped", async () => {
  await using server = await serve(says("x"));
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  await bench.start();
  await bench.reaches("Active");
  const spares = [...bench.cluster.tunnels];
  assert.equal(spares.length, 1);
  bench.forwarders.wake();
  assert.ok(spares.every(({ usable }) => !usable));
  await until(() => bench.cluster.opened === 2, "a new tunnel is dialled");
  await bench.reaches("Active");
});

Deno.test("a cluster that is not connected fails the start", async () => {
  await using bench = new Bench();
  const outcome = await bench.forwarders.start(spec({ cluster: "nowhere" }), bench.signal);
  assert.deepEqual(outcome, {
    status: "failed",
    reason: "cluster-unreachable",
    message: "cluster nowhere is not connected",
    retry: true,
  });
  assert.equal(bench.status().status, "Failed");
});

Deno.test("a port where nothing listens any more does not stay Active", async () => {
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", null)], { nodePorts: [await freePort()] });
  await bench.start({ route: "direct", health: quick });
  assert.equal((await bench.reaches("Reconnecting")).reason, "backend-refused");
});
