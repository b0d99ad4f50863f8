import assert from "node:assert/strict";
import { TunnelPools } from "../../src/forward/tunnel_pool.ts";
import { FakeClock, settle } from "../fakes/clock.ts";
import { FakeCluster, POD_PORT } from "../fakes/cluster.ts";

const signal = new AbortController().signal;
const quiet = () => {};

function makePool() {
  const cluster = new FakeCluster();
  const clock = new FakeClock();
  const pools = new TunnelPools({ clock, log: { debug: quiet, info: quiet, warn: quiet, error: quiet } });
  const { pod } = cluster.addPod("web-0", null);
  const to = { pod, port: POD_PORT };
  return { cluster, clock, pools, pool: pools.share(cluster), to };
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
  const { cluster, clock, pools, pool, to } = makePool();
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
  pools.sweep();
  assert.equal(cluster.tunnels.size, 2);
  await clock.advance(2_000);
  pools.sweep();
  assert.equal(cluster.tunnels.size, 1);
  lease.stream.close();
  lease.release();
  pools.sweep();
  assert.equal(cluster.tunnels.size, 0);
  pool.close();
});

Deno.test("a burst while tunnels are still opening shares them past the bound", async () => {
  const { cluster, pools, pool, to } = makePool();
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
  assert.ok(cluster.tunnels.size <= 12);
  pools.sweep();
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

Deno.test("the probes of many forwards to one pod share a tunnel, which a connection leaves alone", async () => {
  const { cluster, pools, pool, to } = makePool();
  const shares = Array.from({ length: 50 }, () => pools.share(cluster));
  const probes = await Promise.all(shares.map((share) => share.open(to, { ahead: false, signal })));
  assert.equal(cluster.opened, 1);
  const connection = await pool.open(to, { ahead: true, signal });
  assert.deepEqual([...cluster.tunnels].map(({ streams }) => streams), [50, 1, 0]);
  for (const { stream, release } of probes) {
    stream.reset();
    release();
  }
  const late = await shares[0]?.open(to, { ahead: false, signal });
  assert.ok([...cluster.tunnels].every(({ streams }) => streams <= 1), "no probe is with a connection");
  for (const one of [connection, late]) {
    one?.stream.reset();
    one?.release();
  }
  for (const share of [...shares, pool]) share.close();
  assert.equal(cluster.tunnels.size, 0);
});

Deno.test("forwards to one pod use each other's spares, and the last one that leaves the pod takes them with it", async () => {
  const { cluster, pools, pool, to } = makePool();
  const other = pools.share(cluster);
  pool.warm(to.pod);
  await settle();
  const lease = await other.open(to, { ahead: true, signal });
  await settle();
  assert.equal(cluster.opened, 2);
  other.retain(new Set());
  assert.equal(cluster.tunnels.size, 2, "the spare is still of use to the first");
  pool.close();
  assert.equal(cluster.tunnels.size, 1, "a connection of the other");
  lease.stream.close();
  lease.release();
  assert.equal(cluster.tunnels.size, 0);
  other.close();
});

Deno.test("a forward that ends takes back its own connections, and nobody else's", async () => {
  const { cluster, pools, pool, to } = makePool();
  const other = pools.share(cluster);
  await pool.open(to, { ahead: true, signal });
  const kept = await other.open(to, { ahead: true, signal });
  pool.close();
  assert.equal([...cluster.tunnels].reduce((sum, { streams }) => sum + streams, 0), 1);
  kept.stream.close();
  kept.release();
  other.close();
  assert.equal(cluster.tunnels.size, 0);
});

Deno.test("connections one after the other go through the tunnels that are there, once they are done with the last one", async () => {
  const { cluster, clock, pool, to } = makePool();
  for (let round = 0; round < 20; round++) {
    const { stream, release } = await pool.open(to, { ahead: true, signal });
    const tunnel = [...cluster.tunnels].find(({ streams }) => streams === 1);
    assert.ok(tunnel);
    stream.close();
    // As a session that waits for the peer to be done with what was sent.
    tunnel.usable = false;
    release();
    await clock.advance(500);
    tunnel.usable = true;
  }
  // Two a second want three spares; one is in use.
  assert.ok(cluster.opened <= 4, `${cluster.opened} tunnels`);
  pool.close();
});
