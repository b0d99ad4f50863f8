import assert from "node:assert/strict";
import { port } from "../../src/model/port.ts";
import { openLeases } from "../../src/state/leases.ts";
import { inDirectory } from "./directory.ts";

Deno.test("leases: remembered across openings, forgotten when told", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/leases.json`;
    const first = await openLeases(path);
    assert.equal(first.problem, null);
    await Promise.all([
      first.leases.remember("web", port(20_001)),
      first.leases.remember("api", port(20_002)),
      first.leases.remember("constructor", port(20_003)),
    ]);
    const second = await openLeases(path);
    assert.equal(second.leases.get("web"), 20_001);
    assert.equal(second.leases.get("constructor"), 20_003);
    assert.equal(second.leases.get("toString"), undefined);
    await second.leases.retain((name) => name !== "web");
    assert.deepEqual([...(await openLeases(path)).leases.all()], [["api", 20_002], ["constructor", 20_003]]);
  }));

Deno.test("leases: the same port again writes nothing", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/leases.json`;
    const { leases } = await openLeases(path);
    await leases.remember("web", port(20_001));
    const before = (await Deno.stat(path)).ino;
    await leases.remember("web", port(20_001));
    await leases.retain(() => true);
    assert.equal((await Deno.stat(path)).ino, before);
  }));

for (
  const text of [
    "{",
    "[]",
    '{"formatVersion":2,"ports":{}}',
    '{"formatVersion":1,"ports":{"web":70000}}',
    '{"formatVersion":1,"ports":[]}',
  ]
) {
  Deno.test(`leases: a broken file is said and does no harm: ${text}`, () =>
    inDirectory(async (dir) => {
      const path = `${dir}/leases.json`;
      await Deno.writeTextFile(path, text);
      const { leases, problem } = await openLeases(path);
      assert.match(problem ?? "", /leases\.json: it /);
      assert.equal(leases.all().size, 0);
      await leases.remember("web", port(20_001));
      assert.equal((await openLeases(path)).leases.get("web"), 20_001);
    }));
}
