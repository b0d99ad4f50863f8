import assert from "node:assert/strict";
import fc from "fast-check";
import { autoPort, autoPortCandidates } from "../../src/conventions/auto_port.ts";

const PINNED = { web: 20214, api: 24968, db: 27390, "web-1": 24265, "web-2": 24650, "größe": 27484, "": 28923 };

Deno.test("autoPort: the ports of known names never move", () => {
  assert.deepEqual(
    Object.fromEntries(
      ["web", "api", "db", "web-1", "web-2", "größe", ""].map((name) => [name, Number(autoPort(name))]),
    ),
    PINNED,
  );
});

Deno.test("autoPort: always within 20000-29999, and the first candidate", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => {
    const at = autoPort(name);
    assert.ok(at >= 20000 && at <= 29999);
    assert.equal(autoPortCandidates(name).next().value, at);
  }));
});

Deno.test("autoPort: similar names spread evenly", () => {
  const buckets = new Array<number>(100).fill(0);
  const count = 20_000;
  for (let index = 0; index < count; index++) {
    const bucket = Math.floor((autoPort(`service-${index}`) - 20000) / 100);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  // Chi-squared with 99 degrees of freedom: 148.2 is the 99.9th percentile.
  const expected = count / 100;
  const chi = buckets.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
  assert.ok(chi < 148.2, `chi-squared ${chi}`);
});

Deno.test("autoPortCandidates: every port once, upwards round the end", () => {
  const all = [...autoPortCandidates("web")].map(Number);
  assert.equal(new Set(all).size, 10_000);
  for (let index = 1; index < all.length; index++) {
    const before = all[index - 1] ?? 0;
    assert.equal(all[index], before === 29999 ? 20000 : before + 1);
  }
});
