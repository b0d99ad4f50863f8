/** On a sandbox: a first start, what status says, and that nothing is left at the end. */
import assert from "node:assert/strict";
import { startLog } from "../../src/telemetry/log.ts";
import { systemClock } from "../../src/host/clock.ts";
import { statePaths } from "../../src/wiring/locate.ts";
import { statusJson } from "../../src/view/status_json.ts";
import { Client, fileOf, freePort, get, listens, podBehind, Rig } from "./rig.ts";

Deno.test("a first start: forwards become Active, answer, and status tells the truth", async () => {
  await using rig = await Rig.make();
  const sandbox = await rig.sandbox();
  const [web, api, db] = [freePort(), freePort(), freePort()];
  await rig.save(fileOf([
    `web: { service: default/web, port: 80, local: ${web} }`,
    `api: { service: default/api, port: http, local: ${api} }`,
    `db: { service: default/db, port: 5432, local: ${db} }`,
  ]));
  const before = await rig.plan();
  assert.deepEqual(before.actions.map(({ op, key }) => `${op} ${key}`).sort(), [
    "create forward:api",
    "create forward:db",
    "create forward:web",
  ]);
  assert.deepEqual(before.actions.map(({ key, detail }) => `${key} ${detail["route"]}`).sort(), [
    "forward:api tunnel",
    "forward:db tunnel",
    "forward:web direct",
  ]);

  const up = await rig.up();
  await up.active(["web", "api", "db"]);
  assert.match(await podBehind(web), /^web-/);
  assert.match(await podBehind(api), /^api-/);
  {
    using client = await Client.open(db);
    assert.equal(await client.next(), "220 ready\n");
    await client.echo("hello");
    const { connections, bytes } = up.forward("db");
    assert.deepEqual({ connections, bytes }, {
      connections: { open: 1, total: 1, failed: 0, causes: {} },
      bytes: { in: 5, out: 15 },
    });
  }
  await up.until(() => up.forward("db").connections.open === 0, "the client's end is counted");

  const [first] = up.status().forwards;
  assert.equal(first?.name, "web");
  assert.equal(first.route, "direct");
  assert.equal(first.backend, `127.0.0.1:${sandbox.control.nodePort({ name: "web" })}`);
  assert.equal(first.connections.total, 1);
  assert.ok(first.bytes.in > 0 && first.bytes.out > first.bytes.in);
  assert.equal(up.forward("api").route, "tunnel");
  assert.equal(up.forward("api").routeReason, "no NodePort");
  assert.equal(up.forward("api").backend, `pod default/${await podBehind(api)}`);
  assert.deepEqual(up.status().clusters.map(({ name, reachable, version }) => [name, reachable, version]), [
    ["play", true, "v1.31.4"],
  ]);
  for (const { reason, message, nextRetry, lastCheck, listen } of up.status().forwards) {
    assert.deepEqual([reason, message, nextRetry], [null, null, null]);
    assert.notEqual(lastCheck, null);
    assert.equal(listen[0]?.host, "127.0.0.1");
  }
  const cluster = up.events.find(({ type }) => type === "cluster");
  assert.deepEqual([cluster?.status, cluster?.message], ["Reachable", "v1.31.4"]);

  assert.deepEqual((await rig.plan()).actions, []);
  assert.deepEqual(await up.stop(), { kind: "interrupted" });
  assert.deepEqual([await listens(web), await listens(api), await listens(db)], [false, false, false]);
});

Deno.test("the end leaves no socket, no lock that holds, no kubeconfig of a sandbox, no connection to the cluster", async () => {
  await using rig = await Rig.make();
  const sandbox = await rig.sandbox();
  const port = freePort();
  await rig.save(
    `version: 1
clusters:
  own: { sandbox: {} }
  play: { kubeconfig: ./play.kubeconfig }
forwards:
  web: { cluster: own, service: default/web, port: 80, local: ${port} }
  api: { cluster: play, service: default/api, port: 80 }
`,
  );
  const up = await rig.up();
  await up.active();
  const paths = await statePaths(rig.host, rig.file);
  const names = async () => [...await Array.fromAsync(Deno.readDir(paths.runtimeDir))].map(({ name }) => name).sort();
  assert.deepEqual(await names(), ["lock", "lock.json", `sandbox-own-${Deno.pid}.kubeconfig`, "sock"]);
  await up.stop();
  assert.deepEqual(await names(), ["lock"]);
  assert.equal(await listens(port), false);
  assert.deepEqual([sandbox.control.tunnels, sandbox.control.watches], [0, 0]);

  // What is left does not hold anybody up.
  const again = await rig.up();
  await again.active();
  await again.stop();
});

Deno.test("a second up in the same workspace is told who holds it, and disturbs nothing", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const port = freePort();
  await rig.save(fileOf([`web: { service: default/web, port: 80, local: ${port} }`]));
  const up = await rig.up();
  await up.active();
  const second = await (await rig.up()).end;
  assert.equal(second.kind, "held");
  assert.equal(second.by?.pid, Deno.pid);
  assert.match(await podBehind(port), /^web-/);
  assert.deepEqual((await rig.plan()).actions, []);
});

Deno.test("no secret is in any event, status, plan, history or log", async () => {
  const lines: string[] = [];
  const log = startLog([{ sink: (line) => lines.push(line), format: "text", level: "debug" }], systemClock());
  try {
    await using rig = await Rig.make((room) => log.room(room));
    const sandbox = await rig.sandbox();
    const first = tokenOf(sandbox.kubeconfig);
    const port = freePort();
    await rig.save(fileOf([
      `web: { service: default/web, port: 80, local: ${port} }`,
      `api: { service: default/api, port: 80 }`,
    ]));
    const up = await rig.up({ verbose: true });
    await up.active();
    await get(port);
    sandbox.control.rotateCredentials();
    sandbox.control.dropWatches();
    await up.until(() => up.status().clusters[0]?.reason === "unauthorized", "refused");
    const plan = await rig.plan();
    await rig.keepKubeconfig(sandbox);
    await up.until(() => up.status().clusters[0]?.reachable === true, "let in again");
    const status = JSON.stringify(statusJson(up.status()));
    const events = JSON.stringify(up.events);
    await up.stop();
    const { history } = await statePaths(rig.host, rig.file);
    const kept = await Deno.readTextFile(history);
    assert.ok(kept.includes("forward:web") && lines.length > 0 && events.length > 0);
    for (const secret of [first, tokenOf(sandbox.kubeconfig)]) {
      for (const text of [status, events, JSON.stringify(plan), kept, lines.join("\n"), up.notes.join("\n")]) {
        assert.ok(!text.includes(secret), `a token is in: ${text.slice(0, 200)}`);
      }
    }
  } finally {
    log.close();
  }
});

function tokenOf(kubeconfig: string): string {
  const token = /token: "([^"]+)"/.exec(kubeconfig)?.[1];
  assert.ok(token !== undefined && token.length > 10);
  return token;
}
