import assert from "node:assert/strict";
import { port } from "../../src/model/port.ts";
import { describeSpecChanges, specChanges } from "../../src/model/spec_diff.ts";
import { decodeSpec, encodeSpec } from "../../src/model/spec_json.ts";
import type { ForwardSpec, ProbeSpec, Target } from "../../src/model/workspace.ts";
import { forwardSpec } from "../fakes/specs.ts";

const where = { file: "forwards.yaml", line: 3, column: 3, length: 3 };
const spec = forwardSpec("web", {
  local: { kind: "fixed", port: port(3000) },
  bind: ["127.0.0.1", "::1"],
  where,
  localWhere: where,
});

for (
  const [change, phrase] of [
    [{ local: { kind: "fixed", port: port(3001) } }, "local port changed from 3000 to 3001"],
    [
      { local: { kind: "range", range: { first: port(9100), last: port(9110) } } },
      "local port changed from 3000 to 9100-9110",
    ],
    [{ local: { kind: "auto" } }, "local port changed from 3000 to auto"],
    [{ cluster: "staging" }, "cluster changed from dev to staging"],
    [{ target: { kind: "pod", namespace: "a", name: "b" } }, "target changed from service default/web to pod a/b"],
    [{ port: "http" }, "target port changed from 80 to http"],
    [{ bind: ["::1"] }, "listening address changed from 127.0.0.1, ::1 to ::1"],
    [{ route: "tunnel" }, "route changed from auto to tunnel"],
    [{ balance: "sticky" }, "balance changed from auto to sticky"],
    [{ hold: 300 }, "hold changed from 5s to 300ms"],
    [
      { health: { ...spec.health, probe: { kind: "http", path: "/", status: 204 } } },
      "health check changed from tcp every 30s " +
      "(timeout 2s, 3 failures) to http / 204 every 30s (timeout 2s, 3 failures)",
    ],
    [{ backoff: { initial: 500, max: 60000 } }, "backoff changed from 1s-60s to 500ms-60s"],
    [{ reconnect: false }, "reconnect changed from true to false"],
    [{ onConflict: "next-free" }, "onConflict changed from fail to next-free"],
  ] as const satisfies readonly (readonly [Partial<ForwardSpec>, string])[]
) {
  Deno.test(`specChanges: ${phrase}`, () => {
    const changed = { ...spec, ...change };
    assert.deepEqual(describeSpecChanges(spec, changed), [phrase]);
    assert.deepEqual(specChanges(spec, changed).map(({ field }) => field), Object.keys(change));
    assert.notDeepEqual(specChanges(spec, changed), []);
  });
}

Deno.test("specChanges: places and the order of labels do not count", () => {
  const labels = (pairs: Record<string, string>): ForwardSpec => ({
    ...spec,
    target: { kind: "selector", namespace: "a", labels: pairs },
  });
  assert.deepEqual(
    specChanges(spec, { ...spec, where: { ...where, line: 9 }, localWhere: { ...where, file: "x" } }),
    [],
  );
  assert.deepEqual(specChanges(labels({ a: "1", b: "2" }), labels({ b: "2", a: "1" })), []);
  assert.equal(specChanges(labels({ a: "1", b: "2" }), labels({ a: "2", b: "1" })).length, 1);
});

const targets: readonly Target[] = [
  spec.target,
  { kind: "pod", namespace: "a", name: "b" },
  { kind: "deployment", namespace: "a", name: "b" },
  { kind: "statefulset", namespace: "a", name: "b" },
  { kind: "selector", namespace: "a", labels: { x: "y", constructor: "z" } },
  { kind: "ecsService", ecsCluster: "a", name: "b" },
  { kind: "ecsTask", ecsCluster: "a", id: "b" },
  { kind: "ecsTags", ecsCluster: "a", tags: { x: "y" } },
  { kind: "nodePort", nodePort: port(30880) },
  { kind: "exposed", target: { kind: "pod", namespace: "a", name: "b" }, nodePort: port(30000) },
];
const probes: readonly ProbeSpec[] = [
  { kind: "tcp" },
  { kind: "none" },
  { kind: "http", path: "/" },
  { kind: "http", path: "/", status: 204 },
  { kind: "exec", argv: ["a", "b"] },
];

Deno.test("encodeSpec and decodeSpec: there and back", () => {
  const all = [
    ...targets.map((target) => ({ ...spec, target })),
    ...probes.map((probe) => ({ ...spec, health: { ...spec.health, probe } })),
    { ...spec, port: "http" },
    { ...spec, local: { kind: "range", range: { first: port(1), last: port(65535) } } } as const,
    { ...spec, local: { kind: "auto" } } as const,
  ];
  for (const one of all) {
    const text = JSON.stringify(encodeSpec(one));
    assert.deepEqual(decodeSpec(JSON.parse(text)), { ok: true, spec: one });
  }
});

Deno.test("decodeSpec: fields of a newer peer are left out", () => {
  assert.deepEqual(decodeSpec({ ...encodeSpec(spec), more: 1 }), { ok: true, spec });
});

for (
  const [change, problem] of [
    [{ name: 5 }, "name: not text"],
    [{ port: 0 }, "port: not a port"],
    [{ port: null }, "port: not a port"],
    [{ local: { kind: "fixed", port: 70000 } }, "local.port: not a port"],
    [{ local: { kind: "range", range: { first: 2, last: 1 } } }, "local.range: not a range that begins before it ends"],
    [
      { target: { kind: "nothing" } },
      `target.kind: not one of ${
        [
          "service",
          "pod",
          "deployment",
          "statefulset",
          "selector",
          "ecsService",
          "ecsTask",
          "ecsTags",
          "nodePort",
          "exposed",
        ].join(", ")
      }`,
    ],
    [{ target: { kind: "selector", namespace: "a", labels: { x: 1 } } }, "target.labels.x: not text"],
    [{ bind: "127.0.0.1" }, "bind: not a list"],
    [{ bind: [1] }, "bind[0]: not text"],
    [{ hold: -1 }, "hold: not a whole number"],
    [{ hold: 1.5 }, "hold: not a whole number"],
    [{ health: [] }, "health: not an object"],
    [{ reconnect: "yes" }, "reconnect: not true or false"],
    [{ route: "published" }, "route: not one of auto, direct, tunnel"],
    [{ where: { ...where, line: 0 } }, "where.line: not a whole number"],
  ] as const
) {
  Deno.test(`decodeSpec: ${problem}`, () => {
    assert.deepEqual(decodeSpec({ ...encodeSpec(spec), ...change }), { ok: false, problem });
  });
}

Deno.test("decodeSpec: anything else", () => {
  for (const value of [null, undefined, 5, "x", [], () => 1]) {
    assert.deepEqual(decodeSpec(value), {
      ok: false,
      problem: value === undefined ? "the spec: not an object" : "the spec: not an object",
    });
  }
});
