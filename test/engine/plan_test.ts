import assert from "node:assert/strict";
import { bindKind, type BoundKind, planAll } from "../../src/engine/bound_kind.ts";
import { orderActions, planOf } from "../../src/engine/plan.ts";
import { AccessError } from "../../src/model/cluster_access.ts";
import { key } from "../../src/model/key.ts";
import { boundToy, EMPTY_WORKSPACE, toyAction, toyKey } from "../fakes/actions.ts";

const order = (...actions: Parameters<typeof orderActions>[0]) => orderActions(actions).map((one) => one.action.key);

Deno.test("plan: ties go by key, dependencies come first", () => {
  assert.deepEqual(order(boundToy("c"), boundToy("a", { after: ["b"] }), boundToy("b")), ["toy:b", "toy:a", "toy:c"]);
});

Deno.test("plan: a dependency on a key without an action is satisfied, a doubled one counts once", () => {
  assert.deepEqual(order(boundToy("b", { after: ["a", "a", "gone"] }), boundToy("a")), ["toy:a", "toy:b"]);
});

Deno.test("plan: a circle is a bug that names its members", () => {
  const circle = [
    boundToy("a", { after: ["b"] }),
    boundToy("b", { after: ["c"] }),
    boundToy("c", { after: ["b"] }),
    boundToy("free"),
  ];
  assert.throws(() => orderActions(circle), (error) => {
    assert.ok(error instanceof Error);
    assert.equal(error.message, "Actions wait for each other: toy:b -> toy:c -> toy:b");
    assert.deepEqual(error.cause, ["toy:b", "toy:c", "toy:b"]);
    return true;
  });
  assert.throws(() => orderActions([boundToy("a", { after: ["a"] })]), /toy:a -> toy:a/);
});

Deno.test("plan: two actions with one key are a bug", () => {
  assert.throws(() => orderActions([boundToy("a"), boundToy("a")]), /Two actions have the key toy:a/);
});

Deno.test("plan: the summary counts each op, and actions carry nothing of their kind's input", () => {
  const kind = bindKind<null, string, never, string>({
    name: "toy",
    desired: () => ["a", "b", "c"],
    observe: () => Promise.resolve([]),
    diff: (desired) =>
      desired.map((name, index) => ({
        ...toyAction(name, { op: index === 0 ? "create" : "delete" }),
        input: "a private key",
      })),
    apply: () => Promise.resolve({ status: "done" }),
  });
  return planAll([kind], EMPTY_WORKSPACE, null, new AbortController().signal).then((bound) => {
    const plan = planOf(orderActions(bound));
    assert.deepEqual(plan.summary, { create: 1, change: 0, delete: 2, replace: 0, blocked: 0 });
    assert.equal(JSON.stringify(plan).includes("private"), false);
  });
});

const seen: BoundKind<null> = {
  name: "forward",
  plan: () =>
    Promise.resolve([{
      action: { ...toyAction("x"), key: toyKey("x"), dependsOn: [toyKey("y")] },
      run: () => Promise.resolve({ status: "done" }),
    }]),
};

function failing(error: unknown): BoundKind<null> {
  return { name: "cluster", plan: () => Promise.reject(error) };
}

Deno.test("planAll: a kind that cannot look is one blocked action that fails for retry; the others stay", async () => {
  const signal = new AbortController().signal;
  const bound = await planAll(
    [failing(new AccessError("cluster-unreachable", "cluster dev does not answer")), seen],
    EMPTY_WORKSPACE,
    null,
    signal,
  );
  assert.deepEqual(bound.map((one) => [one.action.key, one.action.op, one.action.reason]), [
    ["cluster:*", "blocked", "cluster dev does not answer"],
    ["toy:x", "create", "not there"],
  ]);
  assert.deepEqual(await bound[0]?.run(signal), {
    status: "failed",
    reason: "cluster-unreachable",
    message: "cluster dev does not answer",
    retry: true,
  });
});

Deno.test("planAll: what depends on a kind that could not look waits for it", async () => {
  const kind: BoundKind<null> = {
    name: "forward",
    plan: async (...args) =>
      (await seen.plan(...args)).map((bound) => ({
        ...bound,
        action: { ...bound.action, dependsOn: [key("cluster", "dev"), toyKey("y")] },
      })),
  };
  const unseen = failing(new AccessError("forbidden", "no"));
  const bound = await planAll([kind, unseen], EMPTY_WORKSPACE, null, new AbortController().signal);
  assert.deepEqual(bound[0]?.action.dependsOn, ["cluster:dev", "toy:y", "cluster:*"]);
  assert.deepEqual(orderActions(bound).map((one) => one.action.key), ["cluster:*", "toy:x"]);
});

Deno.test("planAll: any other throw is a bug, passed on with the kind's name and its cause", async () => {
  const bug = new TypeError("undefined is not a function");
  await assert.rejects(
    planAll([seen, failing(bug)], EMPTY_WORKSPACE, null, new AbortController().signal),
    (error) => error instanceof Error && error.message === "Kind cluster failed to plan" && error.cause === bug,
  );
});

Deno.test("planAll: an abort comes out as the signal's reason, whatever the kinds throw", async () => {
  const abort = new AbortController();
  const kind: BoundKind<null> = {
    name: "slow",
    plan: () => {
      abort.abort("stop");
      return Promise.reject(new Error("cut off"));
    },
  };
  await assert.rejects(planAll([kind], EMPTY_WORKSPACE, null, abort.signal), (reason) => reason === "stop");
});
