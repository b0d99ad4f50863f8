import assert from "node:assert/strict";
import { AccessError } from "../../src/model/cluster_access.ts";
import { port } from "../../src/model/port.ts";
import { Bench, spec } from "./bench_world.ts";
import { ask, dial, echo, freePort, next, readAll, says, serve } from "./net.ts";
import { until } from "../fakes/until.ts";

const unprobed = { health: { ...spec().health, probe: { kind: "none" } } } as const;

Deno.test("a connection waits for a backend that appears, and the listener refuses none", async () => {
  await using server = await serve(says("here"));
  await using bench = new Bench();
  const local = await bench.start();
  const waiting = [ask(local), ask(local), ask(local)];
  await until(() => bench.status().connections.open === 3, "they are held");
  bench.cluster.ready([]);
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)]);
  assert.deepEqual((await Promise.all(waiting)).map(({ text }) => text), ["here", "here", "here"]);
});

Deno.test("a connection is held no longer than asked, then reset", async () => {
  await using bench = new Bench();
  bench.cluster.ready([]);
  const { code } = await ask(await bench.start({ hold: 30 }));
  assert.equal(code, "ECONNRESET");
  await until(() => bench.status().connections.failed === 1, "it counts as failed");
});

Deno.test("newest: new connections go to the newer pod, open ones stay; the switch is told", async () => {
  await using one = await serve((socket) => {
    socket.write("one");
    socket.pipe(socket);
  });
  await using two = await serve(says("two"));
  await using bench = new Bench();
  const { cluster } = bench;
  const older = cluster.addPod("task-1", one.port);
  cluster.ready([older], { prefer: "newest" });
  const local = await bench.start();
  await bench.reaches("Active");
  const open = await dial(local);
  assert.equal(await next(open), "one");
  cluster.ready([older, cluster.addPod("task-2", two.port)], { prefer: "newest" });
  assert.equal((await ask(local)).text, "two");
  await until(() => bench.status().backend === "pod default/task-2", "status shows the newer pod");
  assert.equal(bench.events.filter(({ type }) => type === "switch").length, 1);
  open.write("still here");
  assert.equal(await next(open), "still here");
  open.destroy();
});

Deno.test("round-robin takes turns, sticky stays", async () => {
  await using one = await serve(says("1"));
  await using two = await serve(says("2"));
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("a", one.port), bench.cluster.addPod("b", two.port)]);
  const texts = async (local: number) => {
    const all: string[] = [];
    for (let index = 0; index < 6; index++) all.push((await ask(local)).text);
    return new Set(all).size;
  };
  assert.equal(await texts(await bench.start({ ...unprobed })), 2);
  assert.equal(await texts(await bench.start({ ...unprobed, name: "s", balance: "sticky" })), 1);
});

Deno.test("tunnel: a pod that refuses costs the client nothing, what it said goes to the next pod", async () => {
  await using server = await serve(echo);
  await using bench = new Bench();
  const { cluster } = bench;
  const good = cluster.addPod("good", server.port);
  cluster.ready([good, cluster.addPod("refuses-1", null), cluster.addPod("refuses-2", null)], { prefer: "newest" });
  const local = await bench.start({ ...unprobed });
  for (let index = 0; index < 5; index++) {
    assert.deepEqual(await ask(local, "said once"), { text: "said once", code: null });
  }
  assert.equal(bench.status().connections.failed, 0);
  assert.equal(bench.status().bytes.in, 5 * "said once".length);
});

Deno.test("tunnel: when every pod refuses, the client is reset after hold and the status says why", async () => {
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("refuses", null)]);
  const { code } = await ask(await bench.start({ hold: 50 }));
  assert.equal(code, "ECONNRESET");
  const { reason } = await bench.reaches("Reconnecting");
  assert.equal(reason, "backend-refused");
});

Deno.test("tunnel: a pod that dies is replaced within hold", async () => {
  await using server = await serve(says("new"));
  await using bench = new Bench();
  const dying = bench.cluster.addPod("dying", null);
  bench.cluster.ready([dying]);
  const local = await bench.start({ ...unprobed });
  const asked = ask(local);
  await until(() => bench.status().connections.open === 1, "it is held");
  bench.cluster.ready([bench.cluster.addPod("fresh", server.port)]);
  assert.equal((await asked).text, "new");
});

Deno.test("auto takes the NodePort, and says so", async () => {
  await using server = await serve(says("node"));
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", null)], { nodePorts: [server.port] });
  assert.equal((await ask(await bench.start())).text, "node");
  const { route, backend, routeReason } = await bench.reaches("Active");
  assert.deepEqual({ route, backend, routeReason }, {
    route: "direct",
    backend: `127.0.0.1:${server.port}`,
    routeReason: `NodePort ${server.port} on 127.0.0.1`,
  });
});

Deno.test("auto: a NodePort that refuses gives way to the tunnel before the client notices", async () => {
  await using server = await serve(says("pod"));
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", server.port)], { nodePorts: [await freePort()] });
  const local = await bench.start();
  assert.deepEqual(await ask(local), { text: "pod", code: null });
  assert.equal((await bench.reaches("Active")).route, "tunnel");
});

Deno.test("auto: a NodePort that is silent is overtaken by the tunnel", async () => {
  await using server = await serve(says("pod"));
  await using bench = new Bench();
  const { cluster } = bench;
  // Addresses for documentation (RFC 5737): nothing answers there, or nothing routes there.
  cluster.ready([cluster.addPod("web-0", server.port)]);
  const { state } = cluster.watch();
  assert(state.kind === "known");
  cluster.set({ ...state, nodePorts: [{ host: "192.0.2.1", port: port(30080) }] });
  const start = performance.now();
  assert.equal((await ask(await bench.start())).text, "pod");
  // A dial to nowhere goes on for minutes.
  assert.ok(performance.now() - start < 30_000);
});

Deno.test("auto: newest of several pods never goes through a NodePort", async () => {
  await using node = await serve(says("any pod"));
  await using server = await serve(says("newest"));
  await using bench = new Bench();
  const { cluster } = bench;
  cluster.ready([cluster.addPod("old", node.port), cluster.addPod("new", server.port)], {
    nodePorts: [node.port],
    prefer: "newest",
  });
  assert.equal((await ask(await bench.start())).text, "newest");
});

Deno.test("direct without a NodePort is refused with the reason", async () => {
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", 1)]);
  await bench.start({ route: "direct" });
  const { reason, message } = await bench.reaches("Reconnecting");
  assert.deepEqual([reason, message], ["route-unavailable", "service default/web does not have a NodePort"]);
});

Deno.test("an endpoint that is an address is dialled", async () => {
  await using server = await serve(says("outside"));
  await using bench = new Bench();
  bench.cluster.set({
    kind: "known",
    backends: [{ kind: "address", address: { host: "127.0.0.1", port: port(server.port) } }],
    nodePorts: [],
    prefer: "any",
    message: null,
  });
  assert.equal((await ask(await bench.start())).text, "outside");
});

Deno.test("spare tunnels: the next connection opens none, and a burst shares a bounded number", async () => {
  await using server = await serve(echo);
  await using bench = new Bench();
  const { cluster } = bench;
  cluster.ready([cluster.addPod("web-0", server.port)]);
  const local = await bench.start({ ...unprobed });
  await ask(local);
  await until(() => [...cluster.tunnels].some(({ streams }) => streams === 0), "a spare is there");
  const burst = await Promise.all(Array.from({ length: 300 }, () => ask(local, "burst")));
  assert.ok(burst.every(({ text }) => text === "burst"));
  assert.ok(cluster.opened <= 40, `${cluster.opened} tunnels were opened for 301 connections`);
  await until(() => cluster.tunnels.size <= 8, "what is too much is let go");
});

Deno.test("a tunnel that ended while spare fails no connection", async () => {
  await using server = await serve(echo);
  await using bench = new Bench();
  const { cluster } = bench;
  cluster.ready([cluster.addPod("web-0", server.port)]);
  const local = await bench.start({ ...unprobed });
  await ask(local);
  for (const tunnel of cluster.tunnels) tunnel.close();
  assert.equal((await ask(local, "again")).text, "again");
});

Deno.test("a cluster that forbids tunnels fails the connection with its reason", async () => {
  await using bench = new Bench();
  bench.cluster.tunnelFailure = new AccessError("forbidden", "pods/portforward is not permitted");
  bench.cluster.ready([bench.cluster.addPod("web-0", 1)]);
  const { code } = await ask(await bench.start({ hold: 20 }));
  assert.equal(code, "ECONNRESET");
  await until(() => bench.status().reason === "forbidden", "the status says it");
});

Deno.test("a change of the target moves new connections only", async () => {
  await using one = await serve((socket) => {
    socket.write("one");
    socket.pipe(socket);
  });
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("web-0", one.port)]);
  const local = await bench.start();
  const open = await dial(local);
  assert.equal(await next(open), "one");
  const target = { kind: "service", namespace: "default", name: "other" } as const;
  await bench.forwarders.change(spec({ target, local: { kind: "fixed", port: port(local) } }), bench.signal);
  assert.equal(bench.status().target, "service default/other");
  const ending = readAll(open);
  open.end("more");
  assert.equal((await ending).text, "more");
});
