import assert from "node:assert/strict";
import { TunnelPool } from "../../src/forward/tunnel_pool.ts";
import { FakeClock, settle } from "../fakes/clock.ts";
import { FakeCluster, POD_PORT } from "../fakes/cluster.ts";

const signal = new AbortController().signal;
const quiet = () => {};

function makePool() {
  const cluster = new FakeCluster();
  const clock = new FakeClock();
  const pool = new TunnelPool({ cluster, clock, log: { debug: quiet, info: quiet, warn: quiet, error: quiet } });
  const { pod } = cluster.addPod("web-0", null);
  const to = { pod, port: POD_PORT };
  return { cluster, clock, pool, to };
}

Deno.test("a connection leaves one spare behind, and more as arrivals grow, up to a bound", async () => {
  const { cluster, clock, pool, to } = makePool();
  const first = await pool.open(to, { ahead: true, signal });
  await settle();
  assert.equal(cluster.tunnels.size, 2);
  const more = [];
  for (let index = 0; index < 10; index++) {
    more.push(await pool.open(to, { ahead: true, signal }));
    await clock.advance(50);
  }
  const spares = [...cluster.tunnels].filter(({ streams }) => streams === 0).length;
  assert.ok(spares > 3 && spares <= 8, `${spares} spares`);
  assert.ok([...cluster.tunnels].every(({ streams }) => streams <= 1), "none shares a tunnel");
  for (const { stream, release } of [first, ...more]) {
    stream.close();
    release();
  }
  pool.close();
  assert.equal(cluster.tunnels.size, 0);
});

Deno.test("a probe opens one tunnel, which serves the next probe", async () => {
  const { cluster, pool, to } = makePool();
  for (let round = 0; round < 3; round++) {
    const { stream, release } = await pool.open(to, { ahead: false, signal });
    stream.reset();
    release();
  }
  assert.equal(cluster.opened, 1);
  pool.close();
});

Deno.test("spares are let go of when idle, by `retain` and by `dropSpares`; what is in use stays", async () => {
  const { cluster, clock, pool, to } = makePool();
  const lease = await pool.open(to, { ahead: true, signal });
  await settle();
  pool.dropSpares();
  assert.equal(cluster.tunnels.size, 1);
  pool.warm(to.pod);
  await settle();
  assert.equal(cluster.tunnels.size, 2);
  pool.retain(new Set());
  assert.equal(cluster.tunnels.size, 1);
  pool.warm(to.pod);
  await clock.advance(59_000);
  pool.sweep();
  assert.equal(cluster.tunnels.size, 2);
  await clock.advance(2_000);
  pool.sweep();
  assert.equal(cluster.tunnels.size, 1);
  lease.stream.close();
  lease.release();
  pool.sweep();
  assert.equal(cluster.tunnels.size, 0);
  pool.close();
});

Deno.test("a burst while tunnels are still opening shares them past the bound", async () => {
  const { cluster, pool, to } = makePool();
  const gate = Promise.withResolvers<void>();
  cluster.tunnelGate = gate.promise;
  const opening = Array.from({ length: 100 }, () => pool.open(to, { ahead: true, signal }));
  assert.equal(cluster.opened, 24);
  gate.resolve();
  const leases = await Promise.all(opening);
  assert.deepEqual([...new Set([...cluster.tunnels].map(({ streams }) => streams))].sort(), [4, 5]);
  for (const { stream, release } of leases) {
    stream.close();
    release();
  }
  assert.ok(cluster.tunnels.size <= 8);
  pool.close();
});

Deno.test("who gives up while a tunnel opens leaves it to the next", async () => {
  const { cluster, pool, to } = makePool();
  const gate = Promise.withResolvers<void>();
  cluster.tunnelGate = gate.promise;
  const control = new AbortController();
  const given = pool.open(to, { ahead: false, signal: control.signal });
  control.abort(new DOMException("no longer", "AbortError"));
  await assert.rejects(given, { name: "AbortError" });
  gate.resolve();
  await settle();
  const { stream, release } = await pool.open(to, { ahead: false, signal });
  assert.equal(cluster.opened, 1);
  stream.close();
  release();
  pool.close();
});

Deno.test("a tunnel that opens after the end is closed", async () => {
  const { cluster, pool, to } = makePool();
  const gate = Promise.withResolvers<void>();
  cluster.tunnelGate = gate.promise;
  pool.warm(to.pod);
  pool.close();
  gate.resolve();
  await settle();
  assert.equal(cluster.tunnels.size, 0);
});
