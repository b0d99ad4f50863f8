import assert from "node:assert/strict";
import { StateError } from "../../src/state/atomic_json.ts";
import { takeLock, type WorkspaceLock } from "../../src/state/lock.ts";
import { inDirectory } from "./directory.ts";

const holder = { pid: 4711, since: "2026-01-01T00:00:00.000Z" };

async function taken(path: string, by = holder): Promise<WorkspaceLock> {
  const result = await takeLock(path, by);
  assert.equal(result.kind, "taken");
  return result.lock;
}

Deno.test("lock: one holder; the others learn who it is; free again after release", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/run/lock`;
    const lock = await taken(path);
    assert.deepEqual(await takeLock(path, { ...holder, pid: 1 }), { kind: "held", by: holder });
    await lock.release();
    await lock.release();
    const second = await taken(path, { ...holder, pid: 2 });
    assert.deepEqual(await takeLock(path, holder), { kind: "held", by: { ...holder, pid: 2 } });
    await second.release();
  }));

Deno.test("lock: many at the same time, one gets it", () =>
  inDirectory(async (dir) => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, pid) => takeLock(`${dir}/lock`, { ...holder, pid })),
    );
    const winners = results.flatMap((result) => result.kind === "taken" ? [result.lock] : []);
    assert.equal(winners.length, 1);
    await winners[0]?.release();
  }));

Deno.test("lock: a process that is killed leaves nothing that blocks", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/lock`;
    const script = `
      import { takeLock } from ${JSON.stringify(import.meta.resolve("../../src/state/lock.ts"))};
      const result = await takeLock(${JSON.stringify(path)}, { pid: Deno.pid, since: "then" });
      console.log(result.kind);
      setInterval(() => {}, 1000);
    `;
    await Deno.writeTextFile(`${dir}/hold.ts`, script);
    await using child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-config", "--allow-read", "--allow-write", `${dir}/hold.ts`],
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    const said = new TextDecoder().decode((await reader.read()).value);
    assert.equal(said, "taken\n");
    assert.deepEqual(await takeLock(path, holder), { kind: "held", by: { pid: child.pid, since: "then" } });
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    const lock = await taken(path);
    assert.deepEqual(await takeLock(path, holder), { kind: "held", by: holder });
    await lock.release();
  }));

Deno.test("lock: something else in its place is a typed failure", () =>
  inDirectory(async (dir) => {
    await Deno.symlink(`${dir}/elsewhere`, `${dir}/lock`);
    await assert.rejects(takeLock(`${dir}/lock`, holder), StateError);
  }));
