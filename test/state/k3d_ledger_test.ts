import assert from "node:assert/strict";
import { NO_NOTE } from "../../src/model/k3d.ts";
import { openK3dLedger } from "../../src/state/k3d_ledger.ts";

async function inFolder(test: (path: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "berth-ledger-" });
  try {
    await test(`${dir}/state/k3d.json`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("what is written is there after the next start; what is empty is forgotten", () =>
  inFolder(async (path) => {
    const first = await openK3dLedger(path);
    assert.equal(first.problem, null);
    assert.deepEqual(await first.ledger.read("dev@1"), NO_NOTE);
    await Promise.all([
      first.ledger.write("dev@1", { owned: ["8080:30880/tcp"], changing: true }),
      first.ledger.write("other@2", { owned: [], changing: true }),
    ]);
    await first.ledger.write("other@2", NO_NOTE);
    const { ledger } = await openK3dLedger(path);
    assert.deepEqual(await ledger.read("dev@1"), { owned: ["8080:30880/tcp"], changing: true });
    assert.deepEqual(await ledger.read("other@2"), NO_NOTE);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o077, 0);
  }));

Deno.test("a broken file is set aside and said, and nothing is taken for ours", () =>
  inFolder(async (path) => {
    const { ledger } = await openK3dLedger(path);
    await ledger.write("dev@1", { owned: ["8080:30880/tcp"], changing: false });
    await Deno.writeTextFile(path, '{"formatVersion":1,"clusters":{"dev@1":{"owned":[7],"changing":false}}}');
    const again = await openK3dLedger(path);
    assert.notEqual(again.problem, null);
    assert.deepEqual(await again.ledger.read("dev@1"), NO_NOTE);
  }));
