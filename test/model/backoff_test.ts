import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffCeiling, backoffDelay } from "../../src/model/backoff.ts";

const spec = { initial: 1_000, max: 60_000 };

Deno.test("backoff: the ceiling doubles with each failure, up to the cap", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 8, 64, 1e9].map((attempt) => backoffCeiling(attempt, spec));
  assert.deepEqual(ceilings, [1e3, 1e3, 2e3, 4e3, 8e3, 16e3, 32e3, 60e3, 60e3, 60e3, 60e3]);
});

Deno.test("backoff: the delay is the random share of the ceiling, at least a tenth", () => {
  assert.equal(backoffDelay(3, spec, () => 0.5), 2_000);
  assert.equal(backoffDelay(3, spec, () => 0), 400);
  assert.equal(backoffDelay(3, spec, () => 0.9999999), 4_000);
});

Deno.test("backoff: an initial above the cap is cut, an initial of 0 still waits", () => {
  assert.equal(backoffCeiling(1, { initial: 5_000, max: 2_000 }), 2_000);
  assert.equal(backoffDelay(1, { initial: 0, max: 2_000 }, () => 0.9999), 1);
});

Deno.test("backoff: whatever the attempt, the delay is a whole number in (0, max]", () => {
  fc.assert(fc.property(
    fc.integer({ min: -5, max: Number.MAX_SAFE_INTEGER }),
    fc.integer({ min: 1, max: 120_000 }),
    fc.integer({ min: 10, max: 600_000 }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (attempt, initial, max, share) => {
      const delay = backoffDelay(attempt, { initial, max }, () => share);
      assert.ok(Number.isInteger(delay) && delay >= 0 && delay <= max, `${delay}`);
    },
  ));
});
