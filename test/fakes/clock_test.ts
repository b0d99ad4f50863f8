import assert from "node:assert/strict";
import { FakeClock } from "./clock.ts";

Deno.test("fake clock: timers run in order of time, then of creation, at their own time", async () => {
  const clock = new FakeClock(1_000);
  const seen: string[] = [];
  clock.after(20, () => seen.push(`b@${clock.now()}`));
  clock.after(10, () => {
    seen.push(`a@${clock.now()}`);
    clock.after(5, () => seen.push(`nested@${clock.now()}`));
  });
  clock.after(20, () => seen.push(`c@${clock.now()}`));
  const cancel = clock.after(15, () => seen.push("cancelled"));
  cancel();
  await clock.advance(20);
  assert.deepEqual(seen, ["a@1010", "nested@1015", "b@1020", "c@1020"]);
  assert.equal(clock.pending, 0);
});

Deno.test("fake clock: sleep rejects with the signal's reason and leaves no timer", async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  const sleeping = clock.sleep(1_000, abort.signal);
  abort.abort("enough");
  await assert.rejects(sleeping, (reason) => reason === "enough");
  await assert.rejects(clock.sleep(1, AbortSignal.abort("before")), (reason) => reason === "before");
  assert.equal(clock.pending, 0);
});

Deno.test("fake clock: a loop of sleeps runs through within one advance", async () => {
  const clock = new FakeClock();
  let turns = 0;
  const loop = (async () => {
    while (turns < 5) {
      await clock.sleep(10);
      turns++;
    }
  })();
  await clock.advance(50);
  await loop;
  assert.equal(turns, 5);
});

Deno.test("fake clock: a jump moves now alone", () => {
  const clock = new FakeClock(0);
  clock.jump(3_600_000);
  assert.equal(clock.now(), 3_600_000);
  assert.equal(clock.monotonic(), 0);
});
