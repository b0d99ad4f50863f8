import assert from "node:assert/strict";
import fc from "fast-check";
import { TICK, untilTick, waitForTick } from "../../src/model/tick_grid.ts";

const instant = fc.double({ min: 0, max: 1e9, noNaN: true });

Deno.test("the next tick is ahead, and no further than a tick", () => {
  assert.equal(untilTick(0), TICK);
  assert.equal(untilTick(TICK - 1), 1);
  fc.assert(fc.property(instant, (now) => untilTick(now) > 0 && untilTick(now) <= TICK));
});

Deno.test("a long wait ends on a tick, a little early and never late; a short one stays as it is", () => {
  assert.equal(waitForTick(0, 500), 500);
  assert.equal(waitForTick(1_000, 24_500), 23_000);
  fc.assert(fc.property(instant, fc.double({ min: 1, max: 1e6, noNaN: true }), (now, wait) => {
    const given = waitForTick(now, wait);
    assert.ok(given <= wait && given >= 0.8 * wait - 1e-6, `${given}`);
    if (wait > 10 * TICK) assert.ok(Math.abs((now + given) / TICK - Math.round((now + given) / TICK)) < 1e-6);
  }));
});
