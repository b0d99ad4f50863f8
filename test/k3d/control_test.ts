import assert from "node:assert/strict";
import { createK3dControl } from "../../src/k3d/control.ts";
import type { Run } from "../../src/model/run.ts";
import { FAKE_TOKEN, FakeK3d } from "../fakes/k3d.ts";
import { k3dSpec } from "../resources/k3d_world.ts";

const never = new AbortController().signal;

function counted(): { fake: FakeK3d; ran: string[]; run: Run } {
  const fake = new FakeK3d();
  const ran: string[] = [];
  return { fake, ran, run: (argv, options) => (ran.push(argv.slice(0, 3).join(" ")), fake.run(argv, options)) };
}

Deno.test("looks of one pass are shared; version and upstreams are asked again only after something changed", async () => {
  const { fake, ran, run } = counted();
  await fake.run(["k3d", "cluster", "create", "one"], { signal: never });
  const control = createK3dControl({ run });
  const [a, b] = await Promise.all([control.observe(["one"], never), control.observe(["one"], never)]);
  assert.equal(a, b);
  assert.deepEqual([...ran].sort(), [
    "docker inspect --type",
    "docker ps --all",
    "k3d cluster list",
    "k3d version -o",
    "ps -A -o",
  ]);
  ran.length = 0;
  assert.deepEqual(await control.observe(["one"], never), a);
  assert.deepEqual([...ran].sort(), ["docker inspect --type", "docker ps --all", "ps -A -o"]);
  await control.edit("one", { add: ["8080:80@server:0"] }, { signal: never });
  ran.length = 0;
  const seen = await control.observe(["one"], never);
  assert.ok(ran.includes("k3d cluster list") && !ran.includes("k3d version -o"));
  assert.ok(seen.ok && seen.value.clusters[0]?.upstreams?.["80/tcp"]?.length === 1);
  fake.installed = false;
  await control.stop("one", { signal: never });
  const gone = await control.observe(["one"], never);
  assert.ok(gone.ok && gone.value.trouble?.reason === "k3d-missing" && gone.value.clusters.length === 1);
});

Deno.test("a k3d that cannot do everything is asked again: it may be replaced by a newer one", async () => {
  const { fake, run } = counted();
  fake.version = "5.8.3";
  const control = createK3dControl({ run });
  const before = await control.observe([], never);
  assert.ok(before.ok && before.value.version?.canDeletePorts === false);
  fake.version = "5.9.0";
  const after = await control.observe([], never);
  assert.ok(after.ok && after.value.version?.canDeletePorts === true);
});

Deno.test("every command is logged, without secrets; k3d's variables reach it; a name that is none throws", async () => {
  const { fake } = counted();
  const lines: string[] = [];
  const envs: unknown[] = [];
  const ignore = () => {};
  const control = createK3dControl({
    run: (argv, options) => (envs.push(options.env), fake.run(argv, options)),
    env: { K3D_FIX_DNS: "0" },
    log: {
      debug: (message, fields) => void lines.push(`${message} ${JSON.stringify(fields)}`),
      info: ignore,
      warn: ignore,
      error: ignore,
    },
  });
  await control.create({ spec: k3dSpec({ env: ["A=hush@all"] }), ports: [], serverLabels: {} }, { signal: never });
  await control.observe(["one"], never);
  assert.ok(lines.length >= 5 && !lines.join("\n").includes("hush") && !lines.join("\n").includes(FAKE_TOKEN));
  assert.ok(envs.every((env) => JSON.stringify(env) === '{"K3D_FIX_DNS":"0"}'));
  await assert.rejects(async () => await control.delete("--all", { signal: never }), RangeError);
  assert.equal(fake.cluster("one").length, 3 - 1);
});
