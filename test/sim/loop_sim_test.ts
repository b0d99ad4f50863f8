import type { ActionResult } from "../../src/engine/executor.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { bindKind } from "../../src/engine/bound_kind.ts";
import { NO_PERMISSIONS } from "../../src/engine/executor.ts";
import { createLoop, type PassReport } from "../../src/engine/loop.ts";
import { EMPTY_WORKSPACE } from "../fakes/actions.ts";
import { FakeClock } from "../fakes/clock.ts";
import { type Faults, type Toy, toyKind, ToyWorld } from "./toy_world.ts";

/** Toys that depend only on toys before them, so never in a circle. */
const toys = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("ape", "bee", "cat", "dog", "eel", "fox"),
    value: fc.integer({ min: 0, max: 3 }),
    needs: fc.array(fc.nat({ max: 5 }), { maxLength: 2 }),
  }),
  { selector: (toy) => toy.name, maxLength: 6 },
).map((list): readonly Toy[] =>
  list.map(({ name, value, needs }, index) => ({
    name,
    value,
    after: index === 0 ? [] : [...new Set(needs.map((n) => list[n % index]?.name ?? "none"))],
  }))
);

const passing = { observe: fc.array(fc.boolean(), { maxLength: 4 }) };
const transient = fc.record({
  ...passing,
  apply: fc.array(fc.constantFrom("ok", "fail", "throw", "half"), { maxLength: 12 }),
});
const anything = fc.record({
  ...passing,
  apply: fc.array(fc.constantFrom("ok", "fail", "fail-for-good", "throw", "half"), { maxLength: 12 }),
});

function simulate(wanted: readonly Toy[], faults: Faults) {
  const clock = new FakeClock();
  const world = new ToyWorld(clock, faults);
  const asked = { toys: wanted };
  const reports: PassReport[] = [];
  const loop = createLoop({
    kinds: [bindKind(toyKind(() => asked.toys))],
    world,
    workspace: () => EMPTY_WORKSPACE,
    permissions: () => NO_PERMISSIONS,
    clock,
    random: () => 0.5,
    hooks: { onPassEnd: (report) => reports.push(report) },
  });
  return { clock, world, asked, loop, reports };
}

async function untilIdle(clock: FakeClock): Promise<void> {
  await clock.advance(0);
  for (let steps = 0; clock.nextIn !== null; steps++) {
    assert.ok(steps < 5_000, "the loop never comes to rest");
    await clock.advance(clock.nextIn);
  }
}

function valuesOf(list: Iterable<readonly [string, number]>) {
  return Object.fromEntries([...list].sort(([a], [b]) => a < b ? -1 : 1));
}

Deno.test("simulator: whatever fails for a while, the loop gets there by itself, and the next plan is empty", async () => {
  await fc.assert(
    fc.asyncProperty(toys, toys, transient, async (first, second, faults) => {
      const { clock, world, asked, loop, reports } = simulate(first, faults);
      void loop.start();
      await clock.advance(7);
      asked.toys = second;
      void loop.look({ kind: "file", detail: null });
      await untilIdle(clock);
      assert.deepEqual(valuesOf(world.things), valuesOf(second.map(({ name, value }) => [name, value] as const)));
      assert.equal(reports.at(-1)?.converged, true);
      world.calm();
      const applied = world.applied;
      const again = loop.look({ kind: "command", detail: null });
      await untilIdle(clock);
      assert.deepEqual((await again).plan.actions, []);
      assert.equal(world.applied, applied);
      await loop.stop(new AbortController().signal);
    }),
    { numRuns: 60 },
  );
});

Deno.test("simulator: what does not converge says why", async () => {
  await fc.assert(
    fc.asyncProperty(toys, anything, async (wanted, faults) => {
      const { clock, world, loop, reports } = simulate(wanted, faults);
      void loop.start();
      await untilIdle(clock);
      const last = reports.at(-1);
      assert.ok(last !== undefined);
      const undone = wanted.filter((toy) => world.things.get(toy.name) !== toy.value);
      assert.equal(last.converged, undone.length === 0);
      for (const toy of undone) {
        const result: ActionResult | undefined = last.results.find((one) => one.action.key === `toy:${toy.name}`);
        assert.ok(result?.outcome.status === "failed" || result?.outcome.status === "blocked", toy.name);
        assert.match(result.outcome.message, /is (broken|stuck|half done)|a bug in the toy|toy box/);
      }
      await loop.stop(new AbortController().signal);
    }),
    { numRuns: 60 },
  );
});

Deno.test("simulator: stop at any moment leaves no action running, no timer, and starts nothing more", async () => {
  await fc.assert(
    fc.asyncProperty(toys, anything, fc.nat({ max: 5_000 }), async (wanted, faults, moment) => {
      const { clock, world, loop } = simulate(wanted, faults);
      const first = loop.start();
      await clock.advance(moment);
      await loop.stop(new AbortController().signal);
      assert.equal(world.running, 0);
      assert.equal(clock.pending, 0);
      const applied = world.applied;
      assert.equal((await loop.look({ kind: "command", detail: null })).workspace, null);
      await clock.advance(200_000);
      assert.equal(world.applied, applied);
      await first;
    }),
    { numRuns: 100 },
  );
});
