/** Clusters that are down, slow, forbid or forget: the right reason, others unaffected, recovery soon after the cause is gone. */
import assert from "node:assert/strict";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { Client, fileOf, freePort, get, podBehind, Rig, type Up } from "./rig.ts";
import { until } from "../fakes/until.ts";

/** Two clusters with a forward each: `bad` in the one that will misbehave, `good` in another. */
async function pair(rig: Rig): Promise<{ up: Up; sandbox: Sandbox; bad: number; good: number }> {
  const sandbox = await rig.sandbox({ name: "rough" });
  await rig.sandbox({ name: "calm" });
  const [bad, good] = [freePort(), freePort()];
  await rig.save(fileOf([
    `bad: { cluster: rough, service: default/api, port: 80, local: ${bad}, hold: 1s }`,
    `good: { cluster: calm, service: default/api, port: 80, local: ${good} }`,
  ], ["rough", "calm"]));
  const up = await rig.up();
  await up.active();
  return { up, sandbox, bad, good };
}

/** The other cluster's forward answers, and never was anything but Active. */
async function unaffected(up: Up, good: number): Promise<void> {
  assert.match(await podBehind(good), /^api-/);
  assert.deepEqual(up.path("good"), ["Active"]);
}

for (const how of ["refuse", "hang"] as const) {
  Deno.test(`a cluster that goes down (${how}) is told, disturbs no other, and comes back by itself`, async () => {
    await using rig = await Rig.make();
    const { up, sandbox, bad, good } = await pair(rig);
    await sandbox.control.goDark(how);
    await up.until(() => up.status().clusters[0]?.reason === "cluster-unreachable", "told");
    assert.match(
      up.status().clusters[0]?.message ?? "",
      how === "refuse" ? /refuses connections: the API server does not run there$/ : /does not answer/,
    );
    // What it leads to is still known; that nothing gets through shows in a probe.
    const { message } = await up.becomes("bad", "Reconnecting", "cluster-unreachable");
    assert.match(message ?? "", /refuses connections|does not answer/);
    await unaffected(up, good);
    await sandbox.control.comeBack();
    await up.active(["bad"]);
    assert.match(await podBehind(bad), /^api-/);
    await unaffected(up, good);
    assert.deepEqual(
      up.events.filter(({ key }) => key === "cluster:rough").map(({ status }) => status),
      ["Reachable", "Unreachable", "Reachable"],
    );
  });
}

for (const how of ["refuse", "hang"] as const) {
  Deno.test(`a cluster that is down (${how}) from the start does not hold up the others`, async () => {
    await using rig = await Rig.make();
    const sandbox = await rig.sandbox({ name: "rough" });
    await rig.sandbox({ name: "calm" });
    const [bad, good] = [freePort(), freePort()];
    await rig.save(fileOf([
      `bad: { cluster: rough, service: default/api, port: 80, local: ${bad} }`,
      `good: { cluster: calm, service: default/api, port: 80, local: ${good} }`,
    ], ["rough", "calm"]));
    await sandbox.control.goDark(how);
    const up = await rig.up();
    // Long before it is known that the other one does not answer; alone on a machine, within 100 ms.
    await up.active(["good"]);
    await up.becomes("bad", "Reconnecting", "cluster-unreachable");
    // A client waits for it as long as `hold` says: here long enough.
    const early = get(bad);
    await sandbox.control.comeBack();
    await up.active(["bad"]);
    assert.match(await early, /"pod":"api-/);
    await unaffected(up, good);
  });
}

Deno.test("a slow cluster is no cluster that is down", async () => {
  await using rig = await Rig.make();
  const { up, sandbox, bad } = await pair(rig);
  sandbox.control.slowDown(600);
  sandbox.control.closeTunnels();
  assert.match(await get(bad), /"pod":"api-/);
  assert.deepEqual(up.path("good"), ["Active"]);
  sandbox.control.slowDown(0);
  assert.match(await get(bad), /"pod":"api-/);
  assert.equal(up.status().clusters[0]?.reachable, true);
});

for (const resource of ["pods", "services", "pods/portforward"] as const) {
  Deno.test(`a cluster that forbids ${resource} says so, and works once it permits them`, async () => {
    await using rig = await Rig.make();
    const sandbox = await rig.sandbox();
    const port = freePort();
    const permit = sandbox.control.forbid({ resource });
    // What one forward may not, another one does not need: `web` is direct, by its NodePort.
    const target = resource === "pods" ? "deployment: default/api, port: 8080" : "service: default/api, port: 80";
    await rig.save(fileOf([
      `api: { ${target}, local: ${port} }`,
      `db: { pod: default/db-0, port: 5432, local: ${freePort()} }`,
    ]));
    const up = await rig.up();
    await up.until(() => up.find("api")?.reason === "forbidden", "told");
    const { status, message } = up.forward("api");
    assert.equal(status, resource === "pods/portforward" ? "Reconnecting" : "Failed");
    assert.match(
      message ?? "",
      resource === "pods/portforward" ? /forbidden.*portforward/ : /forbidden: .*cannot list/,
    );
    if (resource === "services") await up.active(["db"]);
    assert.equal(up.status().clusters[0]?.reachable, true);
    permit();
    await up.active();
    assert.match(await podBehind(port), /^api-/);
  });
}

Deno.test("refused credentials are read anew: a rotated token in the kubeconfig is enough", async () => {
  await using rig = await Rig.make();
  const { up, sandbox, bad, good } = await pair(rig);
  sandbox.control.rotateCredentials();
  sandbox.control.dropWatches();
  sandbox.control.closeTunnels();
  await up.until(() => up.status().clusters[0]?.reason === "unauthorized", "told");
  assert.match(up.status().clusters[0]?.message ?? "", /^the API server does not accept the credentials/);
  await up.becomes("bad", "Reconnecting", "unauthorized");
  await rig.keepKubeconfig(sandbox, "rough");
  await up.active(["bad"]);
  assert.match(await podBehind(bad), /^api-/);
  await unaffected(up, good);
});

Deno.test("watches that are cut, or begin with a 410, lose no news and no connection", async () => {
  await using rig = await Rig.make();
  const { up, sandbox, bad } = await pair(rig);
  const { control } = sandbox;
  assert.ok(control.dropWatches() > 0);
  await control.scale({ name: "api" }, 0);
  await up.becomes("bad", "Reconnecting", "no-endpoints");
  control.compact();
  control.expireWatches(3);
  control.dropWatches();
  await control.scale({ name: "api" }, 1);
  await up.active(["bad"]);
  assert.match(await podBehind(bad), /^api-/);
  await until(() => control.watches >= 3, "the watches are back");
  // Cut while nothing happens: nobody notices.
  const before = up.events.length;
  control.dropWatches();
  await until(() => control.watches >= 3, "the watches are back");
  assert.match(await podBehind(bad), /^api-/);
  assert.deepEqual(up.events.slice(before), []);
});

Deno.test("tunnels that are closed or told to go are replaced; a NodePort works on while the API is down", async () => {
  await using rig = await Rig.make();
  const { control } = await rig.sandbox();
  const [api, web] = [freePort(), freePort()];
  await rig.save(fileOf([
    `api: { service: default/api, port: 80, local: ${api} }`,
    `web: { service: default/web, port: 80, local: ${web} }`,
  ]));
  const up = await rig.up();
  await up.active();
  control.closeTunnels();
  assert.match(await podBehind(api), /^api-/);
  await control.goAway();
  assert.match(await podBehind(api), /^api-/);
  await control.goDark("refuse");
  for (let count = 0; count < 3; count++) assert.match(await podBehind(web), /^web-/);
  await up.until(() => up.status().clusters[0]?.reachable === false, "told");
  assert.match(await podBehind(web), /^web-/);
  assert.equal(up.forward("web").status, "Active");
  await control.comeBack();
  await up.active();
});

Deno.test("where the plain upgrade does not pass, the tunnel goes through a WebSocket", async () => {
  await using rig = await Rig.make();
  const { control } = await rig.sandbox();
  control.refuseUpgrades("spdy");
  const [api, echo] = [freePort(), freePort()];
  await rig.save(fileOf([
    `api: { service: default/api, port: 80, local: ${api} }`,
    `echo: { deployment: default/flow, port: 9002, local: ${echo} }`,
  ]));
  const up = await rig.up();
  await up.active();
  assert.match(await podBehind(api), /^api-/);
  using client = await Client.open(echo);
  await client.echo("over a WebSocket");
  // And the other way about, while it runs.
  control.refuseUpgrades("websocket");
  control.closeTunnels();
  assert.match(await podBehind(api), /^api-/);
  control.refuseUpgrades("spdy", "websocket");
  control.closeTunnels();
  const { message } = await up.becomes("api", "Reconnecting", "cluster-unreachable");
  assert.match(message ?? "", /^no tunnel gets through to 127\.0\.0\.1:\d+: /);
  control.refuseUpgrades();
  await up.active();
});
