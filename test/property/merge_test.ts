import assert from "node:assert/strict";
import fc from "fast-check";
import { readDocument } from "../../src/config/document.ts";
import { mergeFiles } from "../../src/config/merge.ts";
import { Reporter } from "../../src/config/reporter.ts";
import { SourceText } from "../../src/config/source_text.ts";
import type { MapTree, Tree } from "../../src/config/tree.ts";
import type { Json } from "../../src/model/json.ts";

type Data = { readonly [key: string]: Json };

const key = fc.constantFrom("a", "b", "c", "10", "2", "toString");
const { map } = fc.letrec<{ value: Json; map: Data }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json[]>(null, 1, "x", true, [], [1, { a: 2 }]),
    tie("map"),
  ),
  map: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
}));

function isMap(value: Json | undefined): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The rule on plain data: mappings key by key, the rest replaced, null takes out; at the root null says nothing. */
function merged(base: Data, over: Data, isRoot = true): Data {
  const result: Record<string, Json> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = Object.hasOwn(base, name) ? base[name] : undefined;
    if (value === null && isRoot) result[name] = below ?? null;
    else if (value === null) delete result[name];
    else result[name] = isMap(below) && isMap(value) ? merged(below, value, false) : value;
  }
  return result;
}

function treeOf(data: Data, file: string): MapTree {
  const tree = readDocument(new SourceText(file, JSON.stringify(data)), { reporter: new Reporter(), mayBeEmpty: true });
  assert.ok(tree !== undefined);
  return tree;
}

/** Every key and value stands where its span says, in the file that its span says. */
function checkPlaces(tree: Tree): void {
  if (tree.kind === "scalar") assert.deepEqual(JSON.parse(tree.at.source.slice(tree.at)), tree.value);
  if (tree.kind === "list") tree.items.forEach(checkPlaces);
  if (tree.kind !== "map") return;
  for (const [name, entry] of tree.entries) {
    assert.equal(JSON.parse(entry.key.source.slice(entry.key)), name);
    checkPlaces(entry.tree);
  }
}

Deno.test("mergeFiles is the plain deep merge of the data, and keeps places and order", () => {
  fc.assert(
    fc.property(map, map, map, (one, two, three) => {
      const trees = [treeOf(one, "1"), treeOf(two, "2"), treeOf(three, "3")] as const;
      const before = JSON.stringify(trees.map((tree) => tree.value));
      const tree = mergeFiles([...trees], new Reporter());
      assert.deepEqual(
        JSON.parse(JSON.stringify(tree.value)),
        JSON.parse(JSON.stringify(merged(merged(one, two), three))),
      );
      checkPlaces(tree);
      assert.equal(JSON.stringify(trees.map((each) => each.value)), before, "the files themselves stay as they are");
      // What a file has first keeps its place: no key of a later file stands before one of an earlier file that is left.
      const order = [...tree.entries.keys()];
      const kept = (data: MapTree) => [...data.entries.keys()].filter((name) => tree.entries.has(name));
      const expected = [...new Set([...kept(trees[0]), ...kept(trees[1]), ...kept(trees[2])])];
      assert.deepEqual(order, expected);
    }),
    { numRuns: 500 },
  );
});
