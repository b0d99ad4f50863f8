import assert from "node:assert/strict";
import fc from "fast-check";
import { backendId, effectiveBalance, orderBackends } from "../../src/forward/endpoint_choice.ts";
import type { Backend } from "../../src/model/cluster_access.ts";
import { port } from "../../src/model/port.ts";

/** `count` pods, newest first. */
function pods(count: number): readonly Backend[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: "pod",
    pod: { namespace: "default", name: `web-${count - index}`, uid: `uid-${count - index}` },
    port: port(80),
    createdAt: count - index,
  }));
}

const first = (backends: readonly Backend[]): string => {
  const [one] = backends;
  assert(one !== undefined);
  return backendId(one);
};

Deno.test({
  name: "auto: tasks newest, all else round-robin; what is written holds",
  permissions: "none",
  fn: () => {
    assert.equal(effectiveBalance("auto", "newest"), "newest");
    assert.equal(effectiveBalance("auto", "any"), "round-robin");
    assert.equal(effectiveBalance("sticky", "newest"), "sticky");
  },
});

Deno.test({
  name: "every order has each backend once",
  permissions: "none",
  fn: () => {
    fc.assert(fc.property(
      fc.nat(12),
      fc.nat(),
      fc.string(),
      fc.constantFrom("newest" as const, "round-robin" as const, "sticky" as const),
      (count, turn, client, balance) => {
        const ordered = orderBackends(pods(count), { balance, turn, client });
        assert.deepEqual(ordered.map(backendId).sort(), pods(count).map(backendId).sort());
      },
    ));
  },
});

Deno.test({
  name: "round-robin is even, whichever pod is newest",
  permissions: "none",
  fn: () => {
    const counts = new Map<string, number>();
    for (let turn = 0; turn < 30; turn++) {
      const all = turn % 2 === 0 ? pods(3) : [...pods(3)].reverse();
      const id = first(orderBackends(all, { balance: "round-robin", turn, client: "" }));
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    assert.deepEqual([...counts.values()], [10, 10, 10]);
  },
});

Deno.test({
  name: "sticky: when a backend goes, only its own clients move",
  permissions: "none",
  fn: () => {
    fc.assert(fc.property(fc.ipV4(), fc.integer({ min: 2, max: 8 }), fc.nat(7), (client, count, gone) => {
      const all = pods(count);
      const before = first(orderBackends(all, { balance: "sticky", turn: 0, client }));
      const left = all.filter((_, index) => index !== gone % count);
      const after = first(orderBackends(left, { balance: "sticky", turn: 1, client }));
      if (left.some((one) => backendId(one) === before)) assert.equal(after, before);
    }));
  },
});
