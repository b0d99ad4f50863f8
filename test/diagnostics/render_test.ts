import assert from "node:assert/strict";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { hasErrors, inOrder, summaryLine } from "../../src/diagnostics/order.ts";
import { renderDiagnostic, renderDiagnostics } from "../../src/diagnostics/render.ts";
import { textWidth, visible } from "../../src/diagnostics/text_width.ts";
import { diagnosticToJson } from "../../src/diagnostics/to_json.ts";

const at = (line: number, column: number, length = 1) => ({ file: "forwards.yaml", line, column, length });
const problem = (more: Partial<Diagnostic> = {}): Diagnostic => ({
  code: "PF0020",
  severity: "error",
  message: "Port 0 is out of range",
  where: at(2, 7, 1),
  ...more,
});

Deno.test("renderDiagnostic: all parts", () => {
  const text = renderDiagnostic(
    problem({
      label: "here",
      notes: [{ message: "first used", where: at(1, 1) }, { message: "a fact" }],
      help: "write 80",
    }),
    { source: () => "a: 1\nport: 0\n", path: (file) => `./${file}` },
  );
  assert.equal(
    text,
    [
      "error[PF0020]: Port 0 is out of range",
      " --> ./forwards.yaml:2:7",
      "  |",
      "2 | port: 0",
      "  |       ^ here",
      "  = note: first used at ./forwards.yaml:1:1",
      "  = note: a fact",
      "  = help: write 80",
      "",
    ].join("\n"),
  );
});

Deno.test("renderDiagnostic: without a place, and without the source", () => {
  assert.equal(
    renderDiagnostic(problem({ where: null, help: "x" }), { source: () => undefined }),
    "error[PF0020]: Port 0 is out of range\n = help: x\n",
  );
  assert.equal(
    renderDiagnostic(problem(), { source: () => undefined }),
    "error[PF0020]: Port 0 is out of range\n --> forwards.yaml:2:7\n",
  );
});

Deno.test("renderDiagnostic: colours say nothing of their own", () => {
  const options = { source: () => "a: 1\nport: 0\n" };
  const colored = renderDiagnostic(problem({ severity: "warning" }), { ...options, color: true });
  assert.ok(colored.startsWith("\x1b[1;33mwarning"));
  // deno-lint-ignore no-control-regex -- takes the colours out
  assert.equal(colored.replace(/\x1b\[[0-9;]*m/g, ""), renderDiagnostic(problem({ severity: "warning" }), options));
});

Deno.test("renderDiagnostic: a place beyond the text does not throw", () => {
  for (const where of [at(99, 1), at(1, 99, 5), at(3, 1)]) {
    assert.ok(renderDiagnostic(problem({ where }), { source: () => "a: 1\nb\n" }).length > 0);
  }
});

Deno.test("renderDiagnostics: sorted, without repetitions, with a summary", () => {
  const list = [
    problem({ where: at(3, 1) }),
    problem({ where: at(1, 5), severity: "warning", code: "PF0026" }),
    problem({ where: at(1, 5) }),
    problem({ where: at(3, 1) }),
    problem({ where: null }),
  ];
  assert.deepEqual(inOrder(list).map(({ where, severity }) => [where?.line ?? 0, severity]), [
    [0, "error"],
    [1, "error"],
    [1, "warning"],
    [3, "error"],
  ]);
  assert.ok(renderDiagnostics(list, { source: () => undefined }).endsWith("\n\n3 errors, 1 warning\n"));
  assert.equal(renderDiagnostics([], { source: () => undefined }), "");
  assert.equal(summaryLine([]), "no problems");
  assert.equal(hasErrors([problem({ severity: "warning" })]), false);
});

Deno.test("diagnosticToJson: every field is there", () => {
  assert.deepEqual(diagnosticToJson(problem({ notes: [{ message: "n", where: at(1, 1) }, { message: "m" }] })), {
    code: "PF0020",
    severity: "error",
    message: "Port 0 is out of range",
    where: at(2, 7),
    label: null,
    notes: [{ message: "n", where: at(1, 1) }, { message: "m", where: null }],
    help: null,
  });
});

Deno.test("textWidth and visible", () => {
  for (
    const [text, width] of [["abc", 3], ["日本", 4], ["e\u0301", 1], ["😀", 2], ["ｱ", 1], ["Ａ", 2], ["é", 1]] as const
  ) {
    assert.equal(textWidth(text), width, text);
  }
  assert.equal(visible("a\x1b[31m\x07\u202eb"), "a␛[31m␇\ufffdb");
});
