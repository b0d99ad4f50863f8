import assert from "node:assert/strict";
import { execute, type ExecuteOptions, NO_PERMISSIONS } from "../../src/engine/executor.ts";
import { orderActions } from "../../src/engine/plan.ts";
import { AccessError } from "../../src/model/cluster_access.ts";
import type { Outcome } from "../../src/model/plan.ts";
import { boundToy } from "../fakes/actions.ts";
import { FakeClock } from "../fakes/clock.ts";

function fixture(more: Partial<ExecuteOptions> = {}) {
  const clock = new FakeClock();
  const abort = new AbortController();
  const log: string[] = [];
  const options: ExecuteOptions = {
    permissions: NO_PERMISSIONS,
    clock,
    signal: abort.signal,
    onEnd: ({ action, outcome, duration }) => log.push(`${outcome.status} ${action.key} ${duration}`),
    ...more,
  };
  const takes =
    (ms: number, outcome: Outcome = { status: "done" }) => async (signal: AbortSignal): Promise<Outcome> => {
      log.push(`begin ${ms}`);
      await clock.sleep(ms, signal);
      return outcome;
    };
  return { clock, abort, log, options, takes };
}

const FAILED: Outcome = { status: "failed", reason: "port-in-use", message: "port 80 is taken", retry: true };

Deno.test("executor: independent actions run side by side, dependents after", async () => {
  const { clock, log, options, takes } = fixture();
  const running = execute(
    orderActions([
      boundToy("a", { run: takes(20) }),
      boundToy("b", { run: takes(10) }),
      boundToy("c", { run: takes(5), after: ["b"] }),
    ]),
    options,
  );
  await clock.advance(100);
  const results = await running;
  assert.deepEqual(log, [
    "begin 20",
    "begin 10",
    "done toy:b 10",
    "begin 5",
    "done toy:c 5",
    "done toy:a 20",
  ]);
  assert.deepEqual(results.map((result) => result.action.key), ["toy:a", "toy:b", "toy:c"]);
});

Deno.test("executor: a failure blocks what depends on it, with the reason, and nothing else", async () => {
  const { options } = fixture();
  const results = await execute(
    orderActions([
      boundToy("a", { run: () => Promise.resolve(FAILED) }),
      boundToy("b", { after: ["a"] }),
      boundToy("c", { after: ["b"] }),
      boundToy("d"),
    ]),
    options,
  );
  assert.deepEqual(results.map((result) => result.outcome), [
    FAILED,
    { status: "blocked", reason: "dependency", message: "waits for toy:a: port 80 is taken" },
    { status: "blocked", reason: "dependency", message: "waits for toy:b: waits for toy:a: port 80 is taken" },
    { status: "done" },
  ]);
});

Deno.test("executor: no more at once than allowed", async () => {
  const { clock, options } = fixture({ concurrency: 3 });
  let [now, most] = [0, 0];
  const actions = Array.from({ length: 10 }, (_, index) =>
    boundToy(`t${index}`, {
      run: async () => {
        most = Math.max(most, ++now);
        await clock.sleep(10);
        now--;
        return { status: "done" };
      },
    }));
  const running = execute(orderActions(actions), options);
  await clock.advance(1_000);
  assert.equal((await running).every((result) => result.outcome.status === "done"), true);
  assert.equal(most, 3);
});

for (
  const { gate, permission } of [
    { gate: "allow-restart", permission: "allowRestart" },
    { gate: "allow-recreate", permission: "allowRecreate" },
    { gate: "allow-delete", permission: "allowDelete" },
  ] as const
) {
  Deno.test(`executor: ${gate} is blocked without its permission, and only without it`, async () => {
    const action = boundToy("a", { gate, disruption: "restarts the load balancer" });
    const others = { allowRestart: true, allowRecreate: true, allowDelete: true, [permission]: false };
    const [blocked] = await execute([action], fixture({ permissions: others }).options);
    assert.deepEqual(blocked?.outcome, {
      status: "blocked",
      reason: gate,
      message: `needs ${gate}: restarts the load balancer`,
    });
    const [done] = await execute([action], fixture({ permissions: { ...NO_PERMISSIONS, [permission]: true } }).options);
    assert.deepEqual(done?.outcome, { status: "done" });
  });
}

Deno.test("executor: a typed failure is a failed outcome, any other throw is a bug that is told", async () => {
  const bugs: unknown[] = [];
  const { options } = fixture({ onBug: (error) => bugs.push(error) });
  const bug = new TypeError("x is undefined");
  const results = await execute([
    boundToy("a", { run: () => Promise.reject(new AccessError("forbidden", "may not list pods")) }),
    boundToy("b", { run: () => Promise.reject(bug) }),
    boundToy("c"),
  ], options);
  assert.deepEqual(results.map((result) => result.outcome), [
    { status: "failed", reason: "forbidden", message: "may not list pods", retry: true },
    { status: "failed", reason: "internal-error", message: "unexpected error: x is undefined", retry: true },
    { status: "done" },
  ]);
  assert.deepEqual(bugs, [bug]);
});

Deno.test("executor: the signal cancels what runs and what waits; it resolves when nothing runs any more", async () => {
  const { clock, abort, log, options, takes } = fixture({ concurrency: 1 });
  const running = execute(
    orderActions([
      boundToy("a", { run: takes(10) }),
      boundToy("b", { run: takes(10) }),
      boundToy("c", { after: ["b"] }),
    ]),
    options,
  );
  await clock.advance(5);
  abort.abort();
  const results = await running;
  assert.deepEqual(results.map((result) => result.outcome.status), ["cancelled", "cancelled", "cancelled"]);
  assert.deepEqual(log.filter((line) => line.startsWith("begin")), ["begin 10"]);
  assert.equal(clock.pending, 0);
});
