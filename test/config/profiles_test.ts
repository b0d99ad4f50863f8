import assert from "node:assert/strict";
import { parseWorkspace } from "../../src/config/parse.ts";
import { profileFilter } from "../../src/model/profiles.ts";

Deno.test("profiles: names, patterns and clusters; one that is not enabled may be named", () => {
  const { workspace, diagnostics } = parseWorkspace(
    [
      "version: 1",
      "clusters: { dev: { context: d }, other: { context: o } }",
      "profiles: { a: [api, off], b: ['svc-*', 'ot*/*'], c: ['dev/*-two'] }",
      "forwards:",
      "  api: { cluster: dev, service: x/a, port: 1 }",
      "  off: { cluster: dev, service: x/b, port: 1, enabled: false }",
      "  svc-one: { cluster: dev, service: x/c, port: 1 }",
      "  svc-two: { cluster: dev, service: x/d, port: 1 }",
      "  far: { cluster: other, service: x/e, port: 1 }",
      "  svc.x: { cluster: other, service: x/f, port: 1 }",
      "",
    ].join("\n"),
    { file: "/f.yaml" },
  );
  assert.deepEqual(diagnostics, []);
  assert.ok(workspace !== null);
  const names = (...profiles: string[]) =>
    workspace.forwards.filter(profileFilter(workspace, profiles)).map(({ name }) => name);
  assert.deepEqual(names("a"), ["api"]);
  assert.deepEqual(names("b"), ["svc-one", "svc-two", "far", "svc.x"]);
  assert.deepEqual(names("c"), ["svc-two"]);
  assert.deepEqual(names("a", "c"), ["api", "svc-two"]);
  assert.deepEqual(names("gone"), []);
});
