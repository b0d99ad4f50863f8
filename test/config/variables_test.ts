import assert from "node:assert/strict";
import { parseWorkspace } from "../../src/config/parse.ts";
import { type Item, substitute } from "../../src/config/variables.ts";

const variables: Readonly<Record<string, string>> = { A: "1", B: "two", E: "", D: "${A} $$", item: "env" };
const env = (name: string) => Object.hasOwn(variables, name) ? variables[name] : undefined;

for (
  const [text, result, used] of [
    ["plain", "plain", []],
    ["${A}", "1", ["A"]],
    ["a-${A}-${B}b", "a-1-twob", ["A", "B"]],
    ["${E}", "", ["E"]],
    ["${X:-x}${E:-e}${A:-a}", "xe1", ["A"]],
    ["${X-x}${E-e}", "x", ["E"]],
    ["${X:-}", "", []],
    ["${X:-a b:c}", "a b:c", []],
    ["${X:-${Y:-${B}}}", "two", ["B"]],
    ["${A:-${NOT_SET}}", "1", ["A"]],
    ["${A:?needed}${E?needed}", "1", ["A", "E"]],
    ["${A:+set}${E:+set}${E+set}${X+set}", "setset", []],
    ["$$ $${A} $$$$", "$ ${A} $$", []],
    ["$A $ $1 $", "$A $ $1 $", []],
    ["${D}", "${A} $$", ["D"]],
    ["${item}", "env", ["item"]],
  ] as const
) {
  Deno.test(`substitute: ${text}`, () => {
    const substituted = substitute(text, { env });
    assert.equal(substituted.problem, undefined);
    assert.deepEqual([substituted.text, substituted.variables.map(({ name }) => name)], [result, used]);
  });
}

for (
  const [text, code, message, part] of [
    ["x ${X} y", "PF0065", "Variable 'X' is not set", "${X}"],
    ["${X:?say it}", "PF0065", "Variable 'X' is not set: say it", "${X:?say it}"],
    ["${E:?}", "PF0065", "Variable 'E' is empty", "${E:?}"],
    ["${X:?see ${B}}", "PF0065", "Variable 'X' is not set: see two", "${X:?see ${B}}"],
    ["${X:-${Y}}", "PF0065", "Variable 'Y' is not set", "${Y}"],
    ["a ${", "PF0064", "'${' is not a variable", "${"],
    ["a ${A", "PF0064", "'${A' is not a variable", "${A"],
    ["${}", "PF0064", "'${}' is not a variable", "${}"],
    ["${ A }", "PF0064", "'${ A }' is not a variable", "${ A }"],
    ["${A:x}", "PF0064", "'${A:x}' is not a variable", "${A:x}"],
    ["${a.b}", "PF0064", "'${a.b}' is not a variable", "${a.b}"],
  ] as const
) {
  Deno.test(`substitute: ${text} is wrong`, () => {
    const { problem } = substitute(text, { env });
    assert.deepEqual([problem?.code, problem?.message], [code, message]);
    assert.equal(text.slice(problem?.from, (problem?.from ?? 0) + (problem?.length ?? 0)), part);
  });
}

Deno.test("substitute: items, and that what made an item is told", () => {
  const text: Item = { value: "web", variables: [{ name: "B", value: "two" }] };
  const map: Item = { value: new Map([["name", "db"], ["port", "5432"]]), variables: [] };
  assert.deepEqual(substitute("${item}-${A}", { env, item: text }), {
    text: "web-1",
    variables: [{ name: "B", value: "two" }, { name: "A", value: "1" }],
  });
  assert.equal(substitute("${item.name}:${item.port}:${item.host:-h}", { env, item: map }).text, "db:5432:h");
  assert.equal(substitute("${item.x}", { env, item: map }).problem?.code, "PF0066");
  assert.equal(substitute("${item}", { env, item: map }).problem?.code, "PF0066");
  assert.equal(substitute("${item.name}", { env, item: text }).problem?.code, "PF0066");
});

Deno.test("variables become the kind of value that belongs at their place", () => {
  const { workspace, diagnostics } = parseWorkspace(
    [
      "version: 1",
      "clusters: { dev: { context: '${A}' } }",
      "forwards:",
      '  a: { selector: { namespace: x, labels: { v: "${A}" } }, port: "${A}", local: "${P}", reconnect: "${F}" }',
      "  b:",
      "    service: ${B}/${B}",
      "    port: ${N}",
      "    local: ${P}-${Q}",
      "    health: { failures: '${A}', probe: { exec: [sh, -c, 'echo $BERTH_PORT $$A $${A}'] } }",
      "",
    ].join("\n"),
    {
      file: "/f.yaml",
      env: (name) => ({ ...variables, F: "false", N: "http", P: "3000", Q: "3010" })[name],
    },
  );
  assert.deepEqual(diagnostics, []);
  const [a, b] = workspace?.forwards ?? [];
  assert.deepEqual(a?.target, { kind: "selector", namespace: "x", labels: { v: "1" } });
  assert.deepEqual([a?.port, a?.local, a?.reconnect], [1, { kind: "fixed", port: 3000 }, false]);
  assert.deepEqual([b?.target, b?.port], [{ kind: "service", namespace: "two", name: "two" }, "http"]);
  assert.deepEqual(b?.local, { kind: "range", range: { first: 3000, last: 3010 } });
  assert.equal(b?.health.failures, 1);
  assert.deepEqual(b?.health.probe, { kind: "exec", argv: ["sh", "-c", "echo $BERTH_PORT $A ${A}"] });
  assert.deepEqual(workspace?.clusters.get("dev")?.access, { kind: "kubeconfig", context: "1" });
});

Deno.test("variables are read once: a value that looks like one is text", () => {
  const { workspace } = parseWorkspace(
    "version: 1\nclusters: { dev: { context: '${D}' } }\n",
    { file: "/f.yaml", env },
  );
  assert.deepEqual(workspace?.clusters.get("dev")?.access, { kind: "kubeconfig", context: "${A} $$" });
});
