import assert from "node:assert/strict";
import { parseWorkspace } from "../../src/config/parse.ts";
import { narrowing } from "../../src/wiring/narrow.ts";

const { workspace } = parseWorkspace(
  `version: 1
clusters: { a: { sandbox: {} }, b: { sandbox: {} } }
profiles: { first: [one], second: ["b/*"], all: ["*"], none: [] }
forwards:
  one: { cluster: a, service: default/one, port: 80, local: 4001 }
  two: { cluster: b, service: default/two, port: 80, local: 4002 }
`,
  { file: "forwards.yaml" },
);
assert.ok(workspace !== null);

Deno.test("without names all of the workspace is meant", () => {
  const all = narrowing([]);
  assert.equal(all.forwards(workspace), workspace);
  assert.equal(all.clusters(workspace), workspace);
});

Deno.test("with names only these forwards and the clusters they lead to", () => {
  const some = narrowing(["two"]);
  assert.deepEqual(some.forwards(workspace).forwards.map(({ name }) => name), ["two"]);
  assert.deepEqual([...some.clusters(workspace).clusters.keys()], ["b"]);
  assert.equal(some.clusters(workspace).forwards.length, 2, "others may still keep something for the rest");
});

Deno.test("with profiles their forwards, and those that are named", () => {
  const names = (given: readonly string[], profiles: readonly string[]) =>
    narrowing(given, profiles).forwards(workspace).forwards.map(({ name }) => name);
  assert.deepEqual(names([], ["first"]), ["one"]);
  assert.deepEqual(names([], ["second"]), ["two"]);
  assert.deepEqual(names([], ["first", "second"]), ["one", "two"]);
  assert.deepEqual(names([], ["all"]), ["one", "two"]);
  assert.deepEqual(names(["two"], ["first"]), ["one", "two"]);
  assert.deepEqual(names([], ["none", "gone"]), []);
  assert.deepEqual([...narrowing([], ["second"]).clusters(workspace).clusters.keys()], ["b"]);
});
