import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { takeLock } from "../../src/state/lock.ts";
import { awaitRelease, statePaths } from "../../src/wiring/locate.ts";

Deno.test("who waits for a workspace goes on once its holder has let go, and not before", async () => {
  const home = await Deno.makeTempDir({ prefix: "berth-release-" });
  try {
    const host = { env: () => undefined, home, clock: systemClock() };
    const file = `${home}/forwards.yaml`;
    const { signal } = new AbortController();
    const taken = await takeLock((await statePaths(host, file)).lock, { pid: 4711, since: new Date().toISOString() });
    assert.ok(taken.kind === "taken");
    const said: string[] = [];
    const waiting = awaitRelease(host, file, { pid: 4711, signal }).then(() => said.push("free"));
    await awaitRelease(host, file, { pid: 4712, signal });
    said.push("another one");
    await taken.lock.release();
    await waiting;
    assert.deepEqual(said, ["another one", "free"]);
    await assert.rejects(async () => {
      const stop = AbortSignal.abort(new Error("interrupted"));
      const held = await takeLock((await statePaths(host, file)).lock, { pid: 4711, since: new Date().toISOString() });
      assert.ok(held.kind === "taken");
      await using _ = { [Symbol.asyncDispose]: () => held.lock.release() };
      await awaitRelease(host, file, { pid: 4711, signal: stop });
    }, /interrupted/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
