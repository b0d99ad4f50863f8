import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { MachineWatch } from "../../src/host/machine_watch.ts";
import { TICK } from "../../src/model/tick_grid.ts";
import { FakeClock } from "../fakes/clock.ts";

function watching(): { clock: FakeClock; seen: string[]; at: { addresses: string }; watch: MachineWatch } {
  const clock = new FakeClock();
  const at = { addresses: "10.0.0.2 127.0.0.1" };
  const watch = new MachineWatch({ clock, addresses: () => at.addresses });
  const seen: string[] = [];
  watch.subscribe((what) => seen.push(what));
  watch.start();
  return { clock, seen, at, watch };
}

Deno.test("machine: sleep is seen at the next check, with the lost time", async () => {
  const { clock, seen, watch } = watching();
  await clock.advance(35_000);
  assert.deepEqual(seen, []);
  clock.jump(3_600_000);
  await clock.advance(TICK);
  assert.deepEqual(seen, ["slept for 3600 s"]);
  await clock.advance(60_000);
  assert.equal(seen.length, 1);
  watch.close();
  assert.equal(clock.pending, 0);
});

for (const { name, ms } of [{ name: "small steps", ms: 4_900 }, { name: "a clock set back", ms: -3_600_000 }]) {
  Deno.test(`machine: ${name} is no sleep`, async () => {
    const { clock, seen, watch } = watching();
    clock.jump(ms);
    await clock.advance(60_000);
    assert.deepEqual(seen, []);
    watch.close();
  });
}

Deno.test("machine: a timer that is late by the monotonic clock counts as sleep too", () => {
  let now = 0;
  let due = () => {};
  const seen: string[] = [];
  const watch = new MachineWatch({
    clock: {
      now: () => 0,
      monotonic: () => now,
      sleep: () => Promise.resolve(),
      after: (_, action) => {
        due = action;
        return () => {};
      },
    },
    addresses: () => "",
  });
  watch.subscribe((what) => seen.push(what));
  watch.start();
  now = 60_000 + TICK;
  due();
  assert.deepEqual(seen, ["slept for 60 s"]);
});

Deno.test("machine: other addresses are told once", async () => {
  const { clock, seen, at, watch } = watching();
  at.addresses = "127.0.0.1";
  await clock.advance(TICK);
  await clock.advance(60_000);
  assert.deepEqual(seen, ["its addresses changed"]);
  at.addresses = "10.8.0.5 127.0.0.1";
  await clock.advance(TICK);
  assert.equal(seen.length, 2);
  watch.close();
});

Deno.test("machine: the addresses of this one can be read", () => {
  const watch = new MachineWatch({ clock: systemClock() });
  watch.start();
  watch.close();
});
