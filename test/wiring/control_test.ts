import assert from "node:assert/strict";
import { connectControl } from "../../src/control/client.ts";
import { systemClock } from "../../src/host/clock.ts";
import { statePaths } from "../../src/wiring/locate.ts";
import { Client, fileOf, freePort, get, listens, Rig } from "./rig.ts";
import { until } from "../fakes/until.ts";

const LIMIT = 60_000;

Deno.test("a forward that is stopped by hand stays stopped over reloads until it is started, also in a plan from outside", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const [web, api, late] = [freePort(), freePort(), freePort()];
  const lines = [
    `web: { deployment: default/flow, port: 9002, local: ${web} }`,
    `api: { service: default/api, port: 80, local: ${api} }`,
  ];
  await rig.save(fileOf(lines));
  const up = await rig.up();
  await up.active(["web", "api"]);
  using client = await Client.open(web);
  await client.echo("before");
  assert.deepEqual(await up.daemon.control("web", "stop"), { status: "done" });
  assert.equal(await listens(web), false);
  assert.equal(up.forward("web").status, "Stopped");
  assert.deepEqual(up.forward("web").listen, []);
  assert.equal((await up.daemon.plan(AbortSignal.timeout(LIMIT))).actions.length, 0);
  assert.equal((await rig.plan()).actions.length, 0);

  await rig.save(fileOf([...lines, `late: { service: default/web, port: 80, local: ${late} }`]));
  await up.active(["late", "api"]);
  assert.equal(up.forward("web").status, "Stopped");
  assert.equal(await listens(web), false);

  // The connection that was open when it stopped is not cut.
  await client.echo("after");
  client.close();

  assert.deepEqual(await up.daemon.control("web", "start"), { status: "done" });
  await up.active(["web"]);
  using again = await Client.open(web);
  await again.echo("again");
  const unknown = await up.daemon.control("wbe", "stop");
  assert.ok(unknown.status === "failed" && unknown.reason === "unknown-forward");
});

Deno.test("a restart looks for the backends anew and keeps listener and open connections", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const port = freePort();
  await rig.save(fileOf([`flow: { deployment: default/flow, port: 9002, local: ${port} }`]));
  const up = await rig.up();
  await up.active(["flow"]);
  using client = await Client.open(port);
  await client.echo("before");
  const from = up.events.length;
  assert.deepEqual(await up.daemon.control("flow", "restart"), { status: "done" });
  await up.until(() => up.path("flow", from).at(-1) === "Active", "Active again");
  assert.deepEqual(up.path("flow", from).slice(0, 1), ["Starting connecting"]);
  assert.equal(up.forward("flow").reconnects, 0, "a restart is no loss");
  await client.echo("after");
});

Deno.test("details say backends, probes, events and, while they are asked for, bytes a second; the past is kept", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const port = freePort();
  await rig.save(fileOf([`web: { service: default/web, port: 80, local: ${port} }`]));
  const up = await rig.up();
  await up.active(["web"]);
  const { socket } = await statePaths(rig.host, rig.file);
  const signal = AbortSignal.timeout(LIMIT);
  const client = await connectControl(socket, { clock: systemClock(), signal });
  assert.ok(client !== null);
  try {
    const first = await client.details("web", signal);
    assert.ok(first !== null);
    assert.deepEqual(first.throughput, []);
    assert.equal(first.backends.length, 1);
    assert.match(first.backends[0]?.pod ?? "", /^default\/web-/);
    assert.equal(first.backends[0]?.inUse, true);
    assert.ok(first.probes.length > 0 && first.probes.some(({ ok }) => ok));
    assert.ok(first.events.some(({ status }) => status === "Active"));
    await get(port);
    await until(async () => {
      const details = await client.details("web", signal);
      return details?.throughput.some((sample) => sample.in > 0 && sample.out > 0) === true;
    }, "bytes are sampled");
    const past = await client.history({ forward: "web" }, signal);
    assert.ok(past.some(({ status }) => status === "Active"));
    assert.ok(past.every(({ key }) => key === "forward:web"));
    assert.equal(await client.details("nope", signal), null);
  } finally {
    client.close();
  }
});

Deno.test("up --replace takes the ports over, and what was connected to the one before may finish", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const port = freePort();
  await rig.save(fileOf([`flow: { deployment: default/flow, port: 9002, local: ${port} }`]));
  const first = await rig.up();
  await first.active(["flow"]);
  const client = await Client.open(port);
  await client.echo("one");
  const second = await rig.up({ replace: true });
  await second.active(["flow"]);
  const told = second.events.find(({ reason }) => reason === "took-over");
  assert.match(told?.message ?? "", /^Took over from PID \d+: ports were without a listener for less than \d+ ms$/);
  using fresh = await Client.open(port);
  await fresh.echo("two");
  await client.echo("three");
  client.close();
  assert.deepEqual(await first.end, { kind: "replaced" });
  await fresh.echo("four");
  const third = await rig.up();
  assert.equal((await third.end).kind, "held");
});
