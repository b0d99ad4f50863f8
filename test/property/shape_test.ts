/** The table of the schema beside the schema itself: what the table takes for good, the schema does as well. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readDocument } from "../../src/config/document.ts";
import { Reporter } from "../../src/config/reporter.ts";
import { workspaceSchema } from "../../src/config/schema.ts";
import { expectedWords, schemasAt } from "../../src/config/schema_walk.ts";
import { isWorkspace, typesAt } from "../../src/config/shape.ts";
import { SourceText } from "../../src/config/source_text.ts";
import type { Json } from "../../src/model/json.ts";

const EVERYTHING = `version: 1
defaults:
  bind: [127.0.0.1, "::1"]
  route: auto
  balance: sticky
  hold: 5s
  health: { every: 30s, timeout: 2s, failures: 3, probe: { http: { path: /healthz, status: 204 } } }
  backoff: { initial: 1s, max: 1m }
  reconnect: true
  onConflict: next-free
clusters:
  play: { sandbox: {} }
  dev: { kubeconfig: ~/.kube/dev, context: dev, kecs: { instance: demo, region: us-east-1 } }
  made:
    k3d:
      name: made
      servers: 1
      agents: 2
      apiPort: 127.0.0.1:6550
      ports: ["8080:80@server:0"]
      labels: { a: b@all }
      env: [A=b]
      registries: { use: [r] }
      edits: auto
      kubeconfig: { update: true, switch: false }
    kecs: { instance: made, region: us-east-1 }
    alb: { publish: auto, listeners: [80, { listener: 443, local: 18443 }], range: { local: 9000-9009 }, hosts: true }
    publicIp: { local: 31000-31099, nodePorts: 30100-30199 }
profiles: { all: ["*"], some: [web, dev/*] }
forwards:
  web: { cluster: play, service: default/web, port: 80, local: 3000, bind: 127.0.0.1 }
  api: { cluster: play, pod: default/api, port: http, local: 9100-9110, route: tunnel, health: { probe: { exec: [a, b] } } }
  task: { cluster: dev, task: default, tags: { app: api, version: stable }, port: metrics, local: auto, enabled: false }
  nodes: { cluster: play, selector: { namespace: jobs, labels: { app: node } }, port: 8000, expose: nodePort, protocol: udp }
  "\${item}": { cluster: play, service: "a/\${item}", port: 80, for: [a, 1, { x: b }] }
`;

function data(text: string): Json {
  const tree = readDocument(new SourceText("f.yaml", text), { reporter: new Reporter() });
  return tree?.value as Json;
}

/** Every path into a value, itself first. */
function paths(value: Json, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: readonly (readonly [string | number, Json])[] = Array.isArray(value)
    ? value.map((one: Json, index) => [index, one] as const)
    : Object.entries(value);
  return [path, ...entries.flatMap(([key, one]) => paths(one, [...path, key]))];
}

/** A copy with another value at a path; undefined: without it. */
function changed(value: Json, path: readonly (string | number)[], to: Json | undefined): Json | undefined {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== "object" || value === null) return to;
  if (Array.isArray(value)) {
    return value.flatMap((one: Json, index) => index === step ? changed(one, rest, to) ?? [] : [one]);
  }
  const entries = Object.entries(value).flatMap(([key, one]) => {
    const inner = key === step ? changed(one, rest, to) : one;
    return inner === undefined ? [] : [[key, inner] as const];
  });
  return Object.fromEntries(entries);
}

// deno-fmt-ignore
const VALUES: readonly (Json | undefined)[] = [
  undefined, null, true, false, 0, 1, 2, 80, 99, 100, 65535, 65536, -1, 1.5, 1e20, NaN, Infinity, "", " ", "a", "1", "80", "auto", "none", "tcp",
  "newest", "direct", "5s", "99ms", "100ms", "0s", "24h", "25h", "1s1m", "9000-9010", "9010-9000", "0-5", "70000-70001", "127.0.0.1", "::1",
  "127.0.0.256", "[::1]", "localhost", "6550", ":6550", "a:6550", "[::1]:6550", "a:99999", "ns/name", "/x", "/x y", "http", "Http", "a--b", "nodePort",
  "next-free", "k3d", "never", [], {}, [1], ["a"], [""], [[]], [{}], { a: "b" }, { a: 1 }, { a: null }, { http: {} }, { http: { path: "/" } },
  { listener: 80 }, { namespace: "a" }, { exec: [] }, { local: "9000-9010" },
];

const good = data(EVERYTHING);
const places = paths(good);
const edit = fc.record({
  path: fc.constantFrom(...places),
  more: fc.option(fc.constantFrom("x", "port", "http", "local", "constructor"), { freq: 5 }),
  to: fc.constantFrom(...VALUES),
});

/** Compares table and schema on one value; whether both take it. */
function same(value: Json, edits: readonly { readonly path: readonly (string | number)[] }[]): boolean {
  const full = workspaceSchema.safeParse(value);
  if (isWorkspace(value)) {
    assert.ok(full.success, `only the table takes ${JSON.stringify(edits)}`);
    assert.deepEqual(JSON.parse(JSON.stringify(full.data)), JSON.parse(JSON.stringify(value)));
    return true;
  }
  // The form of `namespace/name` is for editors: what is wrong with a name is said elsewhere.
  const isName = edits.some(({ path }) => ["service", "pod"].includes(String(path.at(-1))));
  assert.ok(isName || !full.success, `only the schema takes ${JSON.stringify(edits)}`);
  return false;
}

Deno.test("each place with each value: the table takes what the schema takes", () => {
  assert.ok(same(good, []));
  let taken = 0;
  for (const path of places) {
    for (const to of VALUES) if (same(changed(good, path, to) ?? null, [{ path }])) taken++;
  }
  assert.ok(taken > 300, `${taken} are good`);
});

Deno.test("several places changed, keys put in: the table takes what the schema takes", () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const value = edits.reduce<Json>(
        (before, { path, more, to }) => changed(before, path, more === null ? to : { [more]: to ?? null }) ?? null,
        good,
      );
      same(value, edits);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("the types at every place are those of the schema", () => {
  const at = (path: readonly (string | number)[]) =>
    path.reduce<Json | undefined>(
      (value, step) => (value as { readonly [name: string]: Json } | undefined)?.[step],
      good,
    );
  for (const path of places) {
    const [outer] = schemasAt(workspaceSchema, path, [good, ...path.map((_, index) => at(path.slice(0, index + 1)))]);
    const words = outer === undefined ? [] : expectedWords(outer);
    const types = typesAt(path);
    assert.equal(types.has("boolean"), words.includes("true or false"), path.join("."));
    // `version` and the items of `for` take a number that needs no variable to be one.
    if (path[0] === "version" || path.includes("for")) continue;
    assert.equal(types.has("integer"), words.includes("a whole number"), path.join("."));
  }
});

Deno.test("the table has no word that the check does not know", async () => {
  const known = new Set([
    ...["type", "const", "enum", "pattern", "check", "minimum", "maximum", "minLength", "minItems", "anyOf", "items"],
    ...["properties", "required", "additionalProperties"],
  ]);
  const unknown: string[] = [];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    for (const [key, value] of Object.entries(node)) {
      if (!known.has(key)) unknown.push(key);
      if (key === "properties") Object.values(value).forEach(walk);
      else if (key !== "check") walk(value);
    }
  };
  walk(JSON.parse(await Deno.readTextFile(new URL("../../src/config/shape.json", import.meta.url))));
  assert.deepEqual(unknown, []);
});
