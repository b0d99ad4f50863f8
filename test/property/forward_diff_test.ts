/** What the planner of the kind `forward` promises, over random files and random machines. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { diffForwards, type ForwardInput } from "../../src/resources/forward/diff.ts";
import { forwardKind } from "../../src/resources/forward/kind.ts";
import type { PlannedAction } from "../../src/engine/resource_kind.ts";
import type { ForwardSpec } from "../../src/model/workspace.ts";
import { FakeMachine, fixed, spec } from "../resources/forward_world.ts";

const signal = new AbortController().signal;
const names = ["a", "b", "c", "d", "e", "f"] as const;

/** Workspaces as the config room lets them through: no two fixed ports alike. */
const file: fc.Arbitrary<readonly ForwardSpec[]> = fc.tuple(
  fc.subarray([...names]),
  fc.shuffledSubarray([3000, 3001, 3002, 3003, 3004, 3005], { minLength: 6 }),
  fc.array(fc.record({ auto: fc.boolean(), tunnel: fc.boolean() }), { minLength: 6, maxLength: 6 }),
).map(([chosen, ports, options]) =>
  chosen.map((name, i) =>
    spec(name, options[i]?.auto ? { kind: "auto" } : fixed(ports[i] ?? 3000), {
      route: options[i]?.tunnel ? "tunnel" : "auto",
    })
  )
);

async function planned(
  machine: FakeMachine,
  desired: readonly ForwardSpec[],
): Promise<readonly PlannedAction<ForwardInput>[]> {
  return forwardKind.diff(desired, await forwardKind.observe(desired, machine.world(), signal));
}

/** Applies a plan; of the actions that may run next, `pick` chooses. */
async function apply(
  machine: FakeMachine,
  actions: readonly PlannedAction<ForwardInput>[],
  pick: (among: number) => number,
): Promise<void> {
  const left = [...actions];
  while (left.length > 0) {
    const able = left.filter((action) =>
      !action.dependsOn.some((key) => left.some((other) => other !== action && other.key === key))
    );
    const next = able[pick(able.length)];
    assert.ok(next !== undefined, "the plan has a circle");
    left.splice(left.indexOf(next), 1);
    await forwardKind.apply(next, machine.world(), signal);
  }
}

const seed = fc.infiniteStream(fc.nat());

Deno.test("apply, then plan: nothing is left to do, whatever ran before and in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(file, file, seed, async (before, after, numbers) => {
      const machine = new FakeMachine();
      const pick = (among: number) => (numbers.next().value as number) % among;
      await apply(machine, await planned(machine, before), pick);
      assert.deepEqual(await planned(machine, before), []);
      await apply(machine, await planned(machine, after), pick);
      assert.deepEqual(await planned(machine, after), []);
      assert.deepEqual(machine.running().map((one) => one.spec.name).sort(), after.map((one) => one.name).sort());
    }),
    { numRuns: 400 },
  );
});

Deno.test("the order of what is asked for and of what is seen changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(file, file, seed, async (before, after, numbers) => {
      const machine = new FakeMachine(new Map([[3003, "nginx (PID 1)"]]));
      await apply(machine, await planned(machine, before), () => 0);
      const observed = await forwardKind.observe(after, machine.world(), signal);
      const shuffled = <T>(of: readonly T[]): T[] =>
        of.map((value) => ({ value, at: numbers.next().value as number })).sort((x, y) => x.at - y.at).map((
          { value },
        ) => value);
      const sorted = (of: readonly PlannedAction<ForwardInput>[]) => [...of].sort((x, y) => x.key < y.key ? -1 : 1);
      assert.deepEqual(
        sorted(diffForwards(shuffled(after), shuffled(observed))),
        sorted(diffForwards(after, observed)),
      );
    }),
    { numRuns: 400 },
  );
});

Deno.test("only what differs is touched, and ports of other programs never", async () => {
  await fc.assert(
    fc.asyncProperty(file, file, async (before, after) => {
      const machine = new FakeMachine(new Map([[3001, "nginx (PID 1)"], [3004, "postgres (PID 2)"]]));
      await apply(machine, await planned(machine, before), () => 0);
      const held = new Map(machine.running().map((one) => [one.spec.name, one]));
      machine.touched.length = 0;
      const actions = await planned(machine, after);
      await apply(machine, actions, () => 0);
      const named = new Set(actions.map((action) => action.key.slice("forward:".length)));
      for (const name of machine.touched) assert.ok(named.has(name), `${name} was touched without an action`);
      for (const one of machine.running()) {
        assert.ok(!one.listen.some((address) => machine.foreign.has(address.port)), "a foreign port was taken");
        if (!named.has(one.spec.name)) assert.equal(one, held.get(one.spec.name), `${one.spec.name} was replaced`);
      }
    }),
    { numRuns: 400 },
  );
});
