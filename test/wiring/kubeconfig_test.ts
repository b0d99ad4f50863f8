/** Kubeconfigs that are missing, unreadable or wrong: one clear message, the others unaffected, alive once it is mended. */
import assert from "node:assert/strict";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { fileOf, freePort, podBehind, Rig, type Up } from "./rig.ts";

/** A good cluster, and one whose kubeconfig `make` puts there, wrong in one way. */
async function withBad(
  rig: Rig,
  { entry = "kubeconfig: ./bad.kubeconfig", make }: { entry?: string; make: (sandbox: Sandbox) => Promise<void> },
): Promise<{ up: Up; sandbox: Sandbox; port: number; good: number }> {
  const sandbox = await rig.sandbox({ name: "calm" });
  await make(sandbox);
  const [port, good] = [freePort(), freePort()];
  await rig.save(
    fileOf([
      `api: { cluster: bad, service: default/api, port: 80, local: ${port} }`,
      `good: { cluster: calm, service: default/api, port: 80, local: ${good} }`,
    ], ["bad", "calm"]).replace("kubeconfig: ./bad.kubeconfig", entry),
  );
  const up = await rig.up();
  await up.active(["good"]);
  return { up, sandbox, port, good };
}

/** What is said, in the forward's status and in the cluster's; it is said once, however often it is tried. */
async function said(up: Up, port: number): Promise<string> {
  const { message, listen } = await up.becomes("api", "Reconnecting", "kubeconfig-invalid");
  assert.deepEqual(listen[0], { host: "127.0.0.1", port });
  const cluster = up.status().clusters.find(({ name }) => name === "bad");
  assert.deepEqual([cluster?.reachable, cluster?.reason, cluster?.message], [false, "kubeconfig-invalid", message]);
  assert.equal(up.events.filter(({ key }) => key === "cluster:bad").length, 1);
  assert.equal(up.events.filter(({ key }) => key === "forward:api").length, 1, JSON.stringify(up.events));
  return message ?? "";
}

Deno.test("a kubeconfig that is not there is named, and used once it is", async () => {
  await using rig = await Rig.make();
  const { up, sandbox, port, good } = await withBad(rig, { make: () => Promise.resolve() });
  assert.equal(await said(up, port), `kubeconfig file not found for cluster 'bad': ${rig.dir}/bad.kubeconfig`);
  const plan = await rig.plan();
  assert.deepEqual(plan.actions, []);
  await rig.keepKubeconfig(sandbox, "bad");
  await up.active(["api"]);
  assert.match(await podBehind(port), /^api-/);
  assert.match(await podBehind(good), /^api-/);
  assert.deepEqual(up.path("good"), ["Active"]);
});

Deno.test("a kubeconfig that is broken YAML is told with its place, and not quoted", async () => {
  await using rig = await Rig.make();
  const { up, sandbox, port } = await withBad(rig, {
    make: () => Deno.writeTextFile(`${rig.dir}/bad.kubeconfig`, 'apiVersion: v1\nusers: [ { token: "hush-hush"\n'),
  });
  const message = await said(up, port);
  assert.match(message, /bad\.kubeconfig is broken YAML at line \d+, column \d+$/);
  assert.ok(!message.includes("hush"));
  await rig.keepKubeconfig(sandbox, "bad");
  await up.active(["api"]);
});

Deno.test("a context that is not in the kubeconfig is told with those that are", async () => {
  await using rig = await Rig.make();
  const { up, sandbox, port } = await withBad(rig, {
    entry: "kubeconfig: ./bad.kubeconfig, context: sandbx",
    make: (sandbox) => rig.keepKubeconfig(sandbox, "bad"),
  });
  assert.match(
    await said(up, port),
    /bad\.kubeconfig has no context 'sandbx'\. Did you mean 'sandbox'\? It has 'sandbox'$/,
  );
  // The kubeconfig gets it.
  await Deno.writeTextFile(
    `${rig.dir}/bad.kubeconfig`,
    sandbox.kubeconfig.replace("contexts:", "contexts:\n- {name: sandbx, context: {cluster: sandbox, user: sandbox}}"),
  );
  await up.active(["api"]);
  assert.match(await podBehind(port), /^api-/);
});

Deno.test("a kubeconfig that is a directory, and one that leads nowhere", async () => {
  await using rig = await Rig.make();
  const { up, sandbox, port } = await withBad(rig, { make: () => Deno.mkdir(`${rig.dir}/bad.kubeconfig`) });
  assert.match(await said(up, port), /bad\.kubeconfig cannot be read: it is a directory$/);
  await Deno.remove(`${rig.dir}/bad.kubeconfig`);
  const nobody = freePort();
  await Deno.writeTextFile(
    `${rig.dir}/bad.kubeconfig`,
    sandbox.kubeconfig.replace(sandbox.server.host, `127.0.0.1:${nobody}`),
  );
  const { message } = await up.becomes("api", "Reconnecting", "cluster-unreachable");
  // In a container the words are others: there it was looked for elsewhere too.
  const words = /refuses connections: the API server does not run there$|is this container itself, and nothing answers/;
  assert.ok(message?.startsWith(`127.0.0.1:${nobody} `), String(message));
  assert.match(String(message), words);
  assert.deepEqual(up.path("good"), ["Active"]);
});

Deno.test({
  name: "a kubeconfig that may not be read says so, and is read once it may",
  // To root every file is readable.
  ignore: Deno.uid() === 0,
  fn: async () => {
    await using rig = await Rig.make();
    const { up, port } = await withBad(rig, {
      make: async (sandbox) => {
        await rig.keepKubeconfig(sandbox, "bad");
        await Deno.chmod(`${rig.dir}/bad.kubeconfig`, 0o000);
      },
    });
    assert.match(await said(up, port), /bad\.kubeconfig cannot be read: permission denied$/);
    await Deno.chmod(`${rig.dir}/bad.kubeconfig`, 0o600);
    await up.active(["api"]);
  },
});
