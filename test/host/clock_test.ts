import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";

Deno.test("system clock: sleep waits, and rejects with the signal's reason without leaving a timer", async () => {
  const clock = systemClock();
  const before = clock.monotonic();
  await clock.sleep(20);
  assert.ok(clock.monotonic() - before >= 19);
  const abort = new AbortController();
  const sleeping = clock.sleep(60_000, abort.signal);
  abort.abort("enough");
  await assert.rejects(sleeping, (reason) => reason === "enough");
  await assert.rejects(clock.sleep(60_000, AbortSignal.abort("before")), (reason) => reason === "before");
});

Deno.test("system clock: after runs once, or never when it is cancelled", async () => {
  const clock = systemClock();
  let ran = 0;
  clock.after(5, () => ran++);
  clock.after(5, () => ran += 10)();
  await clock.sleep(30);
  assert.equal(ran, 1);
});

Deno.test("system clock: a wait longer than one timer can hold does not fire at once", async () => {
  const clock = systemClock();
  let ran = false;
  const cancel = clock.after(2 ** 31 + 5, () => ran = true);
  await clock.sleep(10);
  assert.equal(ran, false);
  cancel();
});
