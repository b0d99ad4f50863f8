import assert from "node:assert/strict";
import { type LoadResult, loadWorkspace } from "../../src/config/load.ts";
import { LOADING, textFiles } from "./files.ts";

async function load(forwards: string, local = ""): Promise<LoadResult> {
  const env = (name: string) => name === "EXTRA" ? "worker" : undefined;
  return await loadWorkspace({
    ...LOADING,
    env,
    reader: textFiles({
      "forwards.yaml": `version: 1\nclusters: { dev: { context: dev } }\nforwards:\n${forwards}`,
      "forwards.local.yaml": local,
    }),
  });
}

Deno.test("templates: a forward for each item, in its place", async () => {
  const { workspace, diagnostics } = await load([
    "  first: { service: x/first, port: 1 }",
    '  "svc-${item}": { for: [web, api, "${EXTRA}"], service: "default/${item}", port: 80, local: auto }',
    "  last: { service: x/last, port: 1 }",
    "",
  ].join("\n"));
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(workspace?.forwards.map(({ name }) => name), ["first", "svc-web", "svc-api", "svc-worker", "last"]);
  assert.deepEqual(workspace?.forwards[3]?.target, { kind: "service", namespace: "default", name: "worker" });
  assert.deepEqual([workspace?.forwards[3]?.where.line, workspace?.forwards[3]?.where.column], [5, 3]);
});

Deno.test("templates: items that are mappings, numbers and no items at all", async () => {
  const { workspace, diagnostics } = await load([
    '  "${item.name}":',
    "    for: [{ name: a, port: 1 }, { name: b, port: 2, local: 3000 }]",
    "    service: x/${item.name}",
    "    port: ${item.port}",
    '    local: "${item.local:-auto}"',
    '  "n-${item}": { for: [80, 443], service: "x/n-${item}", port: "${item}" }',
    '  "none-${item}": { for: [], service: "x/${item}", port: 1 }',
    "",
  ].join("\n"));
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(workspace?.forwards.map(({ name, port, local }) => [name, port, local.kind]), [
    ["a", 1, "auto"],
    ["b", 2, "fixed"],
    ["n-80", 80, "auto"],
    ["n-443", 443, "auto"],
  ]);
});

Deno.test("templates: another file may change or take out one forward that came of it", async () => {
  const { workspace, diagnostics } = await load(
    '  "svc-${item}": { for: [web, api], service: "default/${item}", port: 80 }\n',
    "forwards: { svc-web: { local: 3000 }, svc-api: }\n",
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(workspace?.forwards.map(({ name, local }) => [name, local.kind]), [["svc-web", "fixed"]]);
});

Deno.test("templates: a bound on how much they stand for", async () => {
  const items = Array.from({ length: 60_000 }, (_, index) => index).join(", ");
  const { diagnostics } = await load(
    `  "a\${item}": { for: [${items}], service: "x/a", port: 80, health: { every: 1s, timeout: 1s } }\n`,
  );
  assert.deepEqual(diagnostics.map(({ code }) => code), ["PF0066"]);
});
