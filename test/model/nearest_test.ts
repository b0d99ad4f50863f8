import assert from "node:assert/strict";
import { nearest } from "../../src/model/nearest.ts";

Deno.test("nearest: near words only", () => {
  const keys = ["service", "pod", "port", "local", "onConflict", "route", "tags", "task"];
  for (
    const [word, want] of [
      ["servce", "service"],
      ["prot", "port"],
      ["on-conflict", "onConflict"],
      ["Route", "route"],
      [
        "tag",
        "tags",
      ],
      ["locla", "local"],
      ["profiles", undefined],
      ["x", undefined],
      ["", undefined],
      ["namespace", undefined],
      [
        "y".repeat(500),
        undefined,
      ],
    ] as const
  ) assert.equal(nearest(word, keys), want, word);
});
