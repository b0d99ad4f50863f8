import assert from "node:assert/strict";
import { hedge, type Try } from "../../src/forward/hedge.ts";
import { FakeClock, settle } from "../fakes/clock.ts";

const signal = new AbortController().signal;

/** A try that the test ends. */
function held<T>(): {
  readonly run: Try<T>;
  readonly ends: PromiseWithResolvers<T>;
  started(): boolean;
  aborted(): boolean;
} {
  const ends = Promise.withResolvers<T>();
  let mine: AbortSignal | null = null;
  return {
    run: (given) => {
      mine = given;
      given.addEventListener("abort", () => ends.reject(given.reason), { once: true });
      return ends.promise;
    },
    ends,
    started: () => mine !== null,
    aborted: () => mine?.aborted === true,
  };
}

function race(overrides: { readonly signal?: AbortSignal } = {}) {
  const clock = new FakeClock();
  const [first, second] = [held<string>(), held<string>()];
  const late: string[] = [];
  const won = hedge(first.run, second.run, {
    delay: 200,
    clock,
    signal,
    discard: (one) => late.push(one),
    ...overrides,
  });
  return { clock, first, second, late, won };
}

Deno.test("the second does not start while the first is quick", async () => {
  const { clock, first, second, won } = race();
  await clock.advance(200);
  first.ends.resolve("one");
  assert.equal(await won, "one");
  assert.equal(second.started(), false);
  assert.equal(clock.pending, 0);
});

Deno.test("after the delay both run, the quicker wins, the other is aborted", async () => {
  const { clock, first, second, won } = race();
  await clock.advance(201);
  assert.ok(second.started());
  second.ends.resolve("two");
  assert.equal(await won, "two");
  assert.ok(first.aborted());
});

Deno.test("a failure starts the second at once", async () => {
  const { first, second, won } = race();
  first.ends.reject(new Error("refused"));
  await settle();
  second.ends.resolve("two");
  assert.equal(await won, "two");
});

Deno.test("both fail: the second's reason is told", async () => {
  const { first, second, won } = race();
  first.ends.reject(new Error("refused"));
  second.ends.reject(new Error("forbidden"));
  await assert.rejects(won, { message: "forbidden" });
});

Deno.test("the second fails, the first still wins", async () => {
  const { clock, first, second, won } = race();
  await clock.advance(201);
  second.ends.reject(new Error("forbidden"));
  await settle();
  first.ends.resolve("one");
  assert.equal(await won, "one");
});

Deno.test("a success that comes too late is discarded", async () => {
  const clock = new FakeClock();
  const stubborn = Promise.withResolvers<string>();
  const late: string[] = [];
  const won = hedge(() => stubborn.promise, () => Promise.resolve("two"), {
    delay: 0,
    clock,
    signal,
    discard: (one) => late.push(one),
  });
  await clock.advance(2);
  assert.equal(await won, "two");
  stubborn.resolve("one");
  await settle();
  assert.deepEqual(late, ["one"]);
});

Deno.test("an abort from outside ends both", async () => {
  const control = new AbortController();
  const { clock, first, second, won } = race({ signal: control.signal });
  await clock.advance(201);
  control.abort(new Error("stop"));
  await assert.rejects(won, { message: "stop" });
  assert.ok(first.aborted() && second.aborted());
});
