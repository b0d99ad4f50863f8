import assert from "node:assert/strict";
import fc from "fast-check";
import { execute, NO_PERMISSIONS } from "../../src/engine/executor.ts";
import { orderActions } from "../../src/engine/plan.ts";
import { boundToy, toyKey } from "../fakes/actions.ts";
import { FakeClock } from "../fakes/clock.ts";

interface Node {
  readonly name: string;
  readonly after: readonly string[];
  readonly ms: number;
  readonly fails: boolean;
}

/** Graphs without circles; some edges lead to keys without an action. */
const graph = fc.array(
  fc.record({
    needs: fc.array(fc.nat({ max: 40 }), { maxLength: 3 }),
    ms: fc.nat({ max: 20 }),
    fails: fc.boolean(),
    stray: fc.boolean(),
  }),
  { maxLength: 30 },
).chain((list) =>
  fc.shuffledSubarray(list.map((_, index) => `n${index}`), { minLength: list.length }).map((names): readonly Node[] =>
    list.map(({ needs, stray, ...rest }, index) => ({
      ...rest,
      name: names[index] ?? "",
      after: [...(index === 0 ? [] : needs.map((n) => names[n % index] ?? "")), ...(stray ? ["elsewhere"] : [])],
    }))
  )
);

const withShuffle = graph.chain((nodes) =>
  fc.tuple(fc.constant(nodes), fc.shuffledSubarray([...nodes], { minLength: nodes.length }))
);

const bind = (nodes: readonly Node[]) => nodes.map((node) => boundToy(node.name, { after: node.after }));

Deno.test("plan: the order is a topological one of all actions", () => {
  fc.assert(fc.property(graph, (nodes) => {
    const ordered = orderActions(bind(nodes));
    assert.equal(ordered.length, nodes.length);
    const placeOf = new Map(ordered.map((one, index) => [one.action.key, index]));
    for (const { action } of ordered) {
      for (const before of action.dependsOn) {
        assert.ok((placeOf.get(before) ?? -1) < (placeOf.get(action.key) ?? -1), `${before} before ${action.key}`);
      }
    }
  }));
});

Deno.test("plan: independent of the order of its input", () => {
  fc.assert(fc.property(withShuffle, ([nodes, shuffled]) => {
    const keys = (list: readonly Node[]) => orderActions(bind(list)).map((one) => one.action.key);
    assert.deepEqual(keys(nodes), keys(shuffled));
  }));
});

Deno.test("plan: without dependencies it is sorted by key", () => {
  fc.assert(fc.property(fc.uniqueArray(fc.string({ maxLength: 6 }), { maxLength: 50 }), (names) => {
    const keys = orderActions(names.map((name) => boundToy(name))).map((one) => one.action.key);
    assert.deepEqual(keys, names.map(toyKey).sort());
  }));
});

Deno.test("executor: an action starts only after all it depends on is done, and blocks exactly what waits for a failure", async () => {
  await fc.assert(
    fc.asyncProperty(graph, fc.integer({ min: 1, max: 5 }), async (nodes, concurrency) => {
      const clock = new FakeClock();
      const done = new Set<string>();
      const actions = nodes.map((node) =>
        boundToy(node.name, {
          after: node.after,
          run: async () => {
            for (const before of node.after) assert.ok(before === "elsewhere" || done.has(before));
            await clock.sleep(node.ms);
            if (node.fails) return { status: "failed", reason: "no", message: "no", retry: false };
            done.add(node.name);
            return { status: "done" };
          },
        })
      );
      const running = execute(orderActions(actions), {
        permissions: NO_PERMISSIONS,
        clock,
        signal: new AbortController().signal,
        concurrency,
      });
      await clock.advance(1_000);
      const results = new Map((await running).map((result) => [result.action.key, result.outcome.status]));
      for (const node of nodes) {
        const waitsForUndone = node.after.some((name) => (results.get(toyKey(name)) ?? "done") !== "done");
        const expected = waitsForUndone ? "blocked" : node.fails ? "failed" : "done";
        assert.equal(results.get(toyKey(node.name)), expected, node.name);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("executor: cancelled at any moment, nothing runs once it has resolved", async () => {
  await fc.assert(
    fc.asyncProperty(graph, fc.nat({ max: 60 }), async (nodes, moment) => {
      const clock = new FakeClock();
      const abort = new AbortController();
      let running = 0;
      const actions = nodes.map((node) =>
        boundToy(node.name, {
          after: node.after,
          run: async (signal) => {
            running++;
            try {
              await clock.sleep(node.ms + 1, signal);
              return { status: "done" };
            } finally {
              running--;
            }
          },
        })
      );
      const ended = execute(orderActions(actions), { permissions: NO_PERMISSIONS, clock, signal: abort.signal });
      await clock.advance(moment);
      abort.abort();
      const results = await ended;
      assert.equal(running, 0);
      assert.equal(clock.pending, 0);
      assert.equal(results.length, nodes.length);
    }),
    { numRuns: 60 },
  );
});
