/** What outlives a process of berth in the background. A day that is written down in full: `test/specs/day`. */
import assert from "node:assert/strict";
import { get, listens } from "../wiring/rig.ts";
import { listeners, Place } from "./place.ts";

Deno.test("a crash and a hand-over: list shows what was there before, what was stopped stays stopped, and down leaves nothing", async () => {
  await using place = await Place.make(([web]) =>
    `version: 1
clusters: { dev: { sandbox: {}, kecs: { instance: demo, region: us-east-1 } } }
forwards:
  web: { service: default/web, port: 80, local: ${web} }
`
  );
  const [web = 0, api = 0] = place.ports;
  const ok = async (verb: string, ...args: readonly string[]): Promise<string> => {
    const { code, said } = await place.berth(verb, ...args);
    assert.equal(code, 0, `${verb} ${args.join(" ")}: ${said}`);
    return said;
  };
  const names = async (): Promise<readonly string[]> => (await ok("list", "-o", "name")).trim().split("\n").toSorted();

  await ok("up", "-d", "--wait=60s");
  assert.equal((await names()).length, 1);
  const tags = ["--tags", "app=api,version=stable", "--target-port", "8080", "--local-port", String(api)];
  await ok("start", "task", "default", ...tags, "--name", "api");
  await ok("wait", "api", "--timeout=60s");
  assert.match(await get(api), /"version":\s*"stable"/);
  await ok("stop", "web");
  assert.equal(await listens(web), false);
  const before = await names();

  const first = await place.holder();
  assert.equal(await place.kill(), true);
  await ok("up", "-d", "--wait=60s");
  await ok("up", "-d", "--replace", "--wait=60s");
  assert.notEqual(await place.holder(), first);
  assert.deepEqual(await names(), before);
  assert.match(await get(api), /"version":\s*"stable"/);
  assert.equal(await listens(web), false, "what was stopped stays stopped");

  await ok("down");
  assert.equal(await place.holder(), null);
  for (const port of place.ports) assert.deepEqual(await listeners(port) ?? { v4: 0, v6: 0 }, { v4: 0, v6: 0 });
  assert.deepEqual(await place.runtimeFiles(), ["lock"], "no socket and no note of a holder");
  assert.match(await ok("events", "--forward=api"), /Active/);
});
