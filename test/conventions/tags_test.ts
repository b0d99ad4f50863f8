import assert from "node:assert/strict";
import fc from "fast-check";
import { tagCollisions, tagLabelKey, tagLabels, tagLabelValue } from "../../src/conventions/tags.ts";

const long = "a".repeat(80);

for (
  const [key, want] of [
    ["app", "tag.app"],
    ["App_Name.x-y", "tag.App_Name.x-y"],
    ["team/app", "tag.team/app"],
    ["cost center", "tag.cost-center"],
    ["aws:cdk:path", "tag.aws-cdk-path"],
    ["größe", "tag.gr--e"],
    ["😀x", "tag.-x"],
    ["trailing ", "tag.trailing"],
    ["", "tag"],
    ["--", "tag"],
    [long, `tag.${"a".repeat(59)}`],
    [`${"a".repeat(58)}-${long}`, `tag.${"a".repeat(58)}`],
  ] as const
) {
  Deno.test(`tagLabelKey: ${JSON.stringify(key.slice(0, 20))}`, () => assert.equal(tagLabelKey(key), want));
}

for (
  const [value, want] of [
    ["api", "api"],
    ["v1.2_3", "v1.2_3"],
    ["a/b", "a-b"],
    ["-x-", "x"],
    ["", ""],
    ["...", ""],
    ["me@example.com", "me-example.com"],
    [long, "a".repeat(63)],
    [`${"a".repeat(62)}.b`, "a".repeat(62)],
  ] as const
) {
  Deno.test(`tagLabelValue: ${JSON.stringify(value.slice(0, 20))}`, () => assert.equal(tagLabelValue(value), want));
}

Deno.test("tagLabelValue: always a valid label value", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 100 }), (value) => {
    assert.match(tagLabelValue(value), /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/);
  }));
});

Deno.test("tagLabels and tagCollisions", () => {
  assert.deepEqual(tagLabels({ app: "api", "a b": "x/y" }), { "tag.app": "api", "tag.a-b": "x-y" });
  assert.deepEqual(tagCollisions(["app", "version"]), []);
  assert.deepEqual(tagCollisions(["a b", "app", "a:b", "a-b"]), [{ label: "tag.a-b", keys: ["a b", "a:b", "a-b"] }]);
});
