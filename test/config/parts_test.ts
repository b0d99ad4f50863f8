import assert from "node:assert/strict";
import { canonicalAddress, overlap } from "../../src/config/addresses.ts";
import { parseDuration } from "../../src/config/durations.ts";
import { formatDuration } from "./durations.ts";
import { isDnsLabel, isDnsSubdomain, isLabelKey, isLabelValue } from "../../src/config/names.ts";
import { normalize, resolvePath } from "../../src/config/paths.ts";
import { SourceText } from "../../src/config/source_text.ts";

Deno.test("parseDuration and formatDuration", () => {
  for (
    const [text, ms] of [
      ["5s", 5000],
      ["300ms", 300],
      ["1m", 60000],
      ["1m30s", 90000],
      ["2h", 7200000],
      ["0s", 0],
      [
        "1h1m1s1ms",
        3661001,
      ],
      ["90s", 90000],
      ["24h", 86400000],
    ] as const
  ) {
    assert.equal(parseDuration(text), ms, text);
    assert.equal(parseDuration(formatDuration(ms)), ms, text);
  }
  for (const bad of ["", "5", "s", "5 s", "-5s", "1.5s", "1s1m", "5s5s", "24h1ms", "99999999999s", "5S", "1d"]) {
    assert.equal(parseDuration(bad), undefined, bad);
  }
});

Deno.test("canonicalAddress", () => {
  for (
    const [text, want] of [["127.0.0.1", "127.0.0.1"], ["::1", "::1"], ["0:0:0:0:0:0:0:1", "::1"], [
      "FE80::1%eth0",
      "fe80::1%eth0",
    ], [
      "::",
      "::",
    ]] as const
  ) assert.equal(canonicalAddress(text), want, text);
  for (
    const bad of [
      "",
      "localhost",
      "1.2.3",
      "1.2.3.256",
      "01.2.3.4",
      "[::1]",
      ":::",
      "1::2::3",
      "::1%",
      "12345::",
      "a:b",
    ]
  ) {
    assert.equal(canonicalAddress(bad), undefined, bad);
  }
  assert.ok(
    overlap("0.0.0.0", "::1") && overlap("::", "10.0.0.1") && overlap("::1", "::1") && !overlap("::1", "127.0.0.1"),
  );
});

Deno.test("Kubernetes names and labels", () => {
  const long = "a".repeat(63);
  for (const good of ["a", "a-1", "1", long]) assert.ok(isDnsLabel(good), good);
  for (const bad of ["", "-a", "a-", "A", "a.b", "a_b", `${long}a`]) assert.ok(!isDnsLabel(bad), bad);
  for (const good of ["a", "a.b-c.d", "0.1", `${long}${long}`]) assert.ok(isDnsSubdomain(good), good);
  for (const bad of ["", ".a", "a.", "a..b", "a.B", "a".repeat(254)]) assert.ok(!isDnsSubdomain(bad), bad);
  for (const good of ["app", "app.kubernetes.io/name", "A_b", "x/y"]) assert.ok(isLabelKey(good), good);
  for (const bad of ["", "/a", "a/", "a/b/c", "-a", "A/b", "a b", `${long}a`]) assert.ok(!isLabelKey(bad), bad);
  for (const good of ["", "a", "v1.0_x-y", long]) assert.ok(isLabelValue(good), good);
  for (const bad of ["a b", "-a", "a/b", `${long}a`]) assert.ok(!isLabelValue(bad), bad);
});

Deno.test("resolvePath", () => {
  const base = { file: "/team/app/forwards.yaml", home: "/home/me" };
  for (
    const [path, want] of [
      ["k", "/team/app/k"],
      ["./k", "/team/app/k"],
      ["../k", "/team/k"],
      ["../../../../k", "/k"],
      [
        "/a//b/./c",
        "/a/b/c",
      ],
      ["~", "/home/me"],
      ["~/k", "/home/me/k"],
      ["~anna/k", undefined],
      ["C:\\k", "C:\\k"],
    ] as const
  ) assert.equal(resolvePath(path, base), want, path);
  assert.equal(resolvePath("~/k", { file: "f.yaml" }), undefined);
  assert.equal(resolvePath("k/x", { file: "f.yaml" }), "k/x");
  assert.equal(normalize("../a/../../b"), "../../b");
});

Deno.test("SourceText: places", () => {
  const source = new SourceText("f", "\ufeffab\r\ncd\n\nlast");
  assert.deepEqual(source.where({ start: 0, end: 9 }), { file: "f", line: 1, column: 1, length: 2 });
  assert.deepEqual(source.where({ start: 2, end: 3 }), { file: "f", line: 1, column: 3, length: 1 });
  assert.deepEqual(source.where({ start: 4, end: 5 }), { file: "f", line: 2, column: 1, length: 1 });
  assert.deepEqual(source.where({ start: 7, end: 7 }), { file: "f", line: 3, column: 1, length: 1 });
  assert.deepEqual(source.where({ start: 99, end: 120 }), { file: "f", line: 4, column: 5, length: 1 });
});
