import assert from "node:assert/strict";
import { MEMORY_TRIM, MemoryTrim, ownProcess } from "../../src/host/memory_trim.ts";
import { until } from "../fakes/until.ts";
import { FakeClock } from "../fakes/clock.ts";

const MIB = 1024 * 1024;

/** A process whose memory and CPU time the test sets; giving back leaves it `floor`. */
function fake() {
  const own = { memory: 100 * MIB, spent: 0, floor: 90 * MIB, trims: 0 };
  const clock = new FakeClock();
  const trim = new MemoryTrim({
    rss: () => own.memory,
    cpu: () => own.spent,
    trim: () => {
      own.trims++;
      own.memory = own.floor;
    },
  }, { clock });
  trim.start();
  return { own, clock, trim };
}

Deno.test("memory is given back once after work, when there was rest", async () => {
  const { own, clock, trim } = fake();
  await clock.advance(4_500);
  assert.equal(own.trims, 2, "what the start took, in two passes");
  await clock.advance(60_000);
  assert.equal(own.trims, 2);
  own.memory = 150 * MIB;
  for (let tick = 0; tick < 10; tick++) {
    own.spent += 300;
    await clock.advance(2_000);
  }
  assert.equal(own.trims, 2, "not while it works");
  await clock.advance(4_500);
  assert.equal(own.trims, 4);
  trim.close();
  assert.equal(clock.pending, 0);
});

Deno.test("what is in use, and a little more than before, give no reason to look for memory", async () => {
  const { own, clock, trim } = fake();
  await clock.advance(10_000);
  [own.memory, own.floor] = [140 * MIB, 140 * MIB];
  await clock.advance(20_000);
  assert.equal(own.trims, 2, "not again at once where there was no work");
  await clock.advance(60_000);
  assert.equal(own.trims, 4, "once, to see that it is in use");
  own.memory += 3 * MIB;
  await clock.advance(120_000);
  assert.equal(own.trims, 4);
  trim.close();
});

Deno.test("a process that Deno was not told to trim is left alone", () => {
  assert.equal(ownProcess(() => undefined), null);
});

Deno.test({
  name: "the signal to itself is heard, and ends nothing even where Deno does not know of it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    let heard = 0;
    const count = () => void heard++;
    Deno.addSignalListener("SIGUSR2", count);
    {
      using own = ownProcess((name) => name === MEMORY_TRIM ? "1" : undefined);
      assert.ok(own !== null && own.rss() > 10 * MIB && own.cpu() > 0);
      own.trim();
      await until(() => heard === 1, "heard");
    }
    Deno.removeSignalListener("SIGUSR2", count);
  },
});
