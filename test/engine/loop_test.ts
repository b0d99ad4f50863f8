import assert from "node:assert/strict";
import type { BoundAction, BoundKind } from "../../src/engine/bound_kind.ts";
import { NO_PERMISSIONS } from "../../src/engine/executor.ts";
import { createLoop, type LoopOptions, type PassReport } from "../../src/engine/loop.ts";
import { subscriptionSource, type Trigger } from "../../src/engine/triggers.ts";
import type { Outcome } from "../../src/model/plan.ts";
import { boundToy, EMPTY_WORKSPACE } from "../fakes/actions.ts";
import { FakeClock, settle } from "../fakes/clock.ts";

const FAILED: Outcome = { status: "failed", reason: "stuck", message: "it is stuck", retry: true };

function fixture(
  plan: (pass: number, signal: AbortSignal) => readonly BoundAction[] | Promise<readonly BoundAction[]>,
  more: Partial<LoopOptions<null>> = {},
) {
  const clock = new FakeClock();
  const passes: PassReport[] = [];
  let planned = 0;
  const kind: BoundKind<null> = { name: "toy", plan: async (_w, _n, signal) => await plan(++planned, signal) };
  const loop = createLoop<null>({
    kinds: [kind],
    world: null,
    workspace: () => EMPTY_WORKSPACE,
    permissions: () => NO_PERMISSIONS,
    clock,
    random: () => 0.5,
    hooks: { onPassEnd: (report) => passes.push(report) },
    ...more,
  });
  const stop = () => loop.stop(new AbortController().signal);
  return { clock, loop, passes, stop };
}

const file: Trigger = { kind: "file", detail: null };
const watch: Trigger = { kind: "watch", detail: "dev" };

Deno.test("loop: start makes one pass; idle it holds no timer", async () => {
  const { clock, loop, passes, stop } = fixture(() => [boundToy("a")]);
  const report = await loop.start();
  assert.deepEqual(report.triggers, [{ kind: "start", detail: null }]);
  assert.equal(report.converged, true);
  assert.equal(report.nextLook, null);
  assert.deepEqual(report.plan.summary, { create: 1, change: 0, delete: 0, replace: 0, blocked: 0 });
  assert.equal(clock.pending, 0);
  assert.equal(passes.length, 1);
  await stop();
});

Deno.test("loop: wake-ups during a pass share the one after it, equal ones count once", async () => {
  const { clock, loop, passes, stop } = fixture(async () => {
    await clock.sleep(100);
    return [];
  });
  const first = loop.start();
  await clock.advance(50);
  const later = [file, watch, file, watch, watch].map((trigger) => loop.look(trigger));
  await clock.advance(50);
  assert.equal((await first).number, 1);
  await clock.advance(100);
  assert.deepEqual((await Promise.all(later)).map((report) => report.number), [2, 2, 2, 2, 2]);
  assert.equal(passes.length, 2);
  assert.deepEqual(passes[1]?.triggers, [file, watch]);
  await stop();
});

Deno.test("loop: wake-ups of one moment make one pass", async () => {
  const { loop, passes, stop } = fixture(() => []);
  const reports = await Promise.all([loop.start(), loop.look(file), loop.look(watch)]);
  assert.equal(passes.length, 1);
  assert.equal(new Set(reports).size, 1);
  await stop();
});

Deno.test("loop: what failed is tried again after growing waits, until it is done", async () => {
  const at: number[] = [];
  const { clock, loop, passes, stop } = fixture((pass) => [
    boundToy("a", {
      run: () => {
        at.push(clock.monotonic());
        return Promise.resolve(pass <= 4 ? FAILED : { status: "done" });
      },
    }),
  ]);
  const first = await loop.start();
  assert.equal(first.converged, false);
  assert.equal(first.nextLook, 500);
  await clock.advance(60_000);
  assert.deepEqual(at, [0, 500, 1_500, 3_500, 7_500]);
  assert.deepEqual(passes[1]?.triggers, [{ kind: "retry", detail: null }]);
  assert.equal(passes.at(-1)?.converged, true);
  assert.equal(clock.pending, 0);
  await stop();
});

Deno.test("loop: the wait never passes the cap, however often it fails", async () => {
  const { clock, loop, passes, stop } = fixture(() => [boundToy("a", { run: () => Promise.resolve(FAILED) })], {
    backoff: { initial: 1_000, max: 4_000 },
  });
  await loop.start();
  await clock.advance(400_000);
  assert.ok(passes.length > 190);
  assert.equal(passes.at(-1)?.nextLook, 2_000);
  await stop();
});

Deno.test("loop: a short success does not reset the wait, a long one does", async () => {
  let ok = false;
  const { clock, loop, stop } = fixture(
    () => [boundToy("a", { run: () => Promise.resolve(ok ? { status: "done" } : FAILED) })],
    { healthyAfter: 30_000 },
  );
  await loop.start();
  await clock.advance(500);
  ok = true;
  await clock.advance(1_000);
  ok = false;
  assert.equal((await loop.look(file)).nextLook, 2_000);
  ok = true;
  await clock.advance(2_000);
  await clock.advance(30_000);
  ok = false;
  assert.equal((await loop.look(file)).nextLook, 500);
  await stop();
});

Deno.test("loop: a watch event does not bring a failed action forward; a person's edit does", async () => {
  let tried = 0;
  const { clock, loop, stop } = fixture(() => [
    boundToy("a", {
      run: () => {
        tried++;
        return Promise.resolve(FAILED);
      },
    }),
    boundToy("b"),
  ]);
  await loop.start();
  await clock.advance(100);
  const held = await loop.look(watch);
  assert.equal(tried, 1);
  assert.deepEqual(held.results.map((result) => result.outcome), [
    { status: "blocked", reason: "backing-off", message: "it is stuck; the next attempt is not due yet" },
    { status: "done" },
  ]);
  assert.equal(held.nextLook, 400);
  await loop.look(file);
  assert.equal(tried, 2);
  await stop();
});

Deno.test("loop: what fails for good, is gated, or waits for another, is not looked at again by itself", async () => {
  const { clock, loop, stop } = fixture(() => [
    boundToy("a", { run: () => Promise.resolve({ ...FAILED, retry: false }) }),
    boundToy("b", { after: ["a"], op: "blocked" }),
    boundToy("c", { gate: "allow-restart" }),
  ]);
  assert.equal((await loop.start()).nextLook, null);
  assert.equal(clock.pending, 0);
  await stop();
});

Deno.test("loop: what the world blocks is looked at again: the program that holds the port may end", async () => {
  const { clock, loop, passes, stop } = fixture((pass) =>
    pass > 2 ? [boundToy("a")] : [
      boundToy("a", {
        op: "blocked",
        run: () => Promise.resolve({ status: "blocked", reason: "port-in-use", message: "nginx (PID 12)" }),
      }),
    ]
  );
  await loop.start();
  await clock.advance(60_000);
  assert.deepEqual(passes.map((pass) => pass.converged), [false, false, true]);
  await stop();
});

Deno.test("loop: a bug while planning ends the pass, is told, and planning is tried again later", async () => {
  const bug = new TypeError("x is undefined");
  const told: unknown[] = [];
  const passes: PassReport[] = [];
  const { clock, loop, stop } = fixture((pass) => pass < 3 ? Promise.reject(bug) : [boundToy("a")], {
    hooks: { onBug: (error) => told.push(error), onPassEnd: (report) => passes.push(report) },
  });
  const first = await loop.start();
  assert.equal(first.converged, false);
  assert.equal(first.nextLook, 500);
  await clock.advance(10_000);
  assert.equal(told.length, 2);
  assert.ok(told[0] instanceof Error && told[0].cause === bug);
  assert.deepEqual(passes.map((pass) => pass.converged), [false, false, true]);
  assert.equal(clock.pending, 0);
  await stop();
});

Deno.test("loop: a planning bug after a failed action waits its time; it does not spin", async () => {
  const { clock, loop, passes, stop } = fixture((pass) =>
    pass === 1 ? [boundToy("a", { run: () => Promise.resolve(FAILED) })] : Promise.reject(new TypeError("bug"))
  );
  await loop.start();
  await clock.advance(3_400);
  assert.deepEqual(passes.map((pass) => pass.nextLook), [500, 500, 1_000, 2_000]);
  await stop();
});

Deno.test("loop: what a source tells wakes it, and it holds no timer", async () => {
  const clock = new FakeClock();
  let tell: (detail: string) => void = () => {};
  const source = subscriptionSource("wake", (listener) => {
    tell = listener;
    return () => {};
  });
  const { loop, passes, stop } = fixture(() => [], { clock, sources: [source] });
  await loop.start();
  assert.equal(clock.pending, 0);
  tell("slept for 60 s");
  await clock.advance(1_000);
  await settle();
  assert.deepEqual(passes.map((pass) => pass.triggers[0]?.kind), ["start", "wake"]);
  await stop();
  assert.equal(clock.pending, 0);
});

Deno.test("loop: stop cancels the running pass, answers everybody, and refuses what comes later", async () => {
  const { clock, loop, passes, stop } = fixture(() => [
    boundToy("a", {
      run: async (signal) => {
        await clock.sleep(1_000, signal);
        return { status: "done" };
      },
    }),
  ]);
  const first = loop.start();
  await settle();
  const queued = loop.look(file);
  await stop();
  assert.deepEqual((await first).results.map((result) => result.outcome.status), ["cancelled"]);
  assert.equal((await queued).workspace, null);
  assert.equal((await loop.look(file)).workspace, null);
  assert.equal(passes.length, 1);
  assert.equal(clock.pending, 0);
  await stop();
});

Deno.test("loop: stop gives up at its signal when an action does not listen, and can be waited for again", async () => {
  let finish = () => {};
  const { loop, stop } = fixture(() => [
    boundToy("deaf", { run: () => new Promise((resolve) => finish = () => resolve({ status: "done" })) }),
  ]);
  void loop.start();
  await settle();
  const hurry = new AbortController();
  const stopping = loop.stop(hurry.signal);
  hurry.abort("second signal");
  await assert.rejects(stopping, (reason) => reason === "second signal");
  finish();
  await stop();
});

Deno.test("loop: the hooks tell a pass in order", async () => {
  const told: string[] = [];
  const { loop, stop } = fixture(() => [boundToy("a")], {
    hooks: {
      onPassStart: ({ number, triggers }) => told.push(`pass ${number} ${triggers.map((it) => it.kind).join()}`),
      onPlan: (plan) => told.push(`plan ${plan.actions.length}`),
      onActionEnd: ({ action, outcome }) => told.push(`${outcome.status} ${action.key}`),
      onPassEnd: ({ converged }) => told.push(`end ${converged}`),
    },
  });
  await loop.start();
  assert.deepEqual(told, ["pass 1 start", "plan 1", "done toy:a", "end true"]);
  await stop();
});
