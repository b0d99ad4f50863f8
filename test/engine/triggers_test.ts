import assert from "node:assert/strict";
import { subscriptionSource, timerSource, type Trigger, wakeSource, watchClock } from "../../src/engine/triggers.ts";
import { FakeClock } from "../fakes/clock.ts";

Deno.test("clock jump: sleep of the machine is seen at the next check, with the lost time", async () => {
  const clock = new FakeClock();
  const seen: Trigger[] = [];
  const stop = wakeSource(clock)((trigger) => seen.push(trigger));
  await clock.advance(35_000);
  assert.deepEqual(seen, []);
  clock.jump(3_600_000);
  await clock.advance(10_000);
  assert.deepEqual(seen, [{ kind: "wake", detail: "3600 s" }]);
  await clock.advance(60_000);
  assert.equal(seen.length, 1);
  stop();
  assert.equal(clock.pending, 0);
});

for (const { name, ms } of [{ name: "small steps", ms: 4_900 }, { name: "a clock set back", ms: -3_600_000 }]) {
  Deno.test(`clock jump: ${name} is no sleep`, async () => {
    const clock = new FakeClock();
    let jumps = 0;
    const stop = watchClock(clock, { onJump: () => jumps++ });
    clock.jump(ms);
    await clock.advance(60_000);
    assert.equal(jumps, 0);
    stop();
  });
}

Deno.test("clock jump: a timer that is late by the monotonic clock counts too", () => {
  let now = 0;
  let due = () => {};
  let lost = 0;
  watchClock({
    now: () => 0,
    monotonic: () => now,
    sleep: () => Promise.resolve(),
    after: (_, action) => {
      due = action;
      return () => {};
    },
  }, { onJump: (ms) => lost = ms });
  now = 70_000;
  due();
  assert.equal(lost, 60_000);
});

Deno.test("timer source: fires every interval until it is stopped", async () => {
  const clock = new FakeClock();
  let fired = 0;
  const stop = timerSource(clock, 1_000)(() => fired++);
  await clock.advance(3_500);
  assert.equal(fired, 3);
  stop();
  await clock.advance(3_500);
  assert.equal(fired, 3);
  assert.equal(clock.pending, 0);
});

Deno.test("subscription source: each call of the listener is one wake-up", () => {
  const listeners = new Set<() => void>();
  const seen: Trigger[] = [];
  const stop = subscriptionSource("file", {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    detail: "forwards.yaml",
  })((trigger) => seen.push(trigger));
  for (const listener of listeners) listener();
  assert.deepEqual(seen, [{ kind: "file", detail: "forwards.yaml" }]);
  stop();
  assert.equal(listeners.size, 0);
});
