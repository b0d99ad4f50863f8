/** The fast reader of plain YAML beside the full one: what it reads at all, it reads in the same way, with the same places. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readDocument } from "../../src/config/document.ts";
import { readPlain } from "../../src/config/plain_yaml.ts";
import { Reporter } from "../../src/config/reporter.ts";
import { SourceText, type Span } from "../../src/config/source_text.ts";
import type { Tree } from "../../src/config/tree.ts";

/** Checks one text; whether the fast reader took it. */
function sameAsFull(text: string): boolean {
  const source = new SourceText("f.yaml", text);
  const plain = readPlain(source);
  if (plain === undefined) return false;
  const reporter = new Reporter();
  const full = readDocument(source, { reporter });
  assert.deepEqual(reporter.diagnostics, [], `the full reader refuses ${JSON.stringify(text)}`);
  assert.ok(full !== undefined);
  assert.deepEqual(written(plain), written(full), JSON.stringify(text));
  assert.deepEqual(plain.value, full.value);
  return true;
}

/** A tree with all its places, to compare. */
function written(tree: Tree): unknown {
  const at = place(tree.at);
  switch (tree.kind) {
    case "scalar":
      return { ...tree, at };
    case "list":
      return { kind: tree.kind, at, size: tree.size, items: tree.items.map(written) };
    case "map": {
      const entries = [...tree.entries].map(([name, entry]) => ({
        name,
        key: place(entry.key),
        shared: entry.shared,
        tree: written(entry.tree),
      }));
      return { kind: tree.kind, at, size: tree.size, entries };
    }
    default:
      return tree satisfies never;
  }
}

function place({ start, end }: Span): string {
  return `${start}-${end}`;
}

// deno-fmt-ignore
const WORDS = [
  ...["a", "web", "port", "x-y", "é", "日本", "~/k", "a b", "a#b", "a:b", "http://h:80/p", "127.0.0.1", "${X}", "$$", "_"],
  ...["1", "80", "-1", "007", "1.5", "0x1f", "1e3", "9100-9110", "30s", ".5", ".inf", "+1", "-a", "1234567890123456"],
  ...["true", "True", "no", "null", "~", "NULL", "falsee", "<<", "__proto__", "constructor", "*a", "&a b", "!t", "|", ">-"],
  ...['"q"', "'q'", '"a: b # c"', "'it''s'", '"\\n"', '""', "''", "---", "...", "--- a", "?", "? a", "@", "%", "=", "- a", "-"],
  ...["[]", "{}", "[a, 1]", "{ a: b }", "{a: 1, b: [x, {c: d}]}", "[a, ]", "{a}", "{ a:b }", '{"a":b}', "[a: b]", "[[], {}]"],
];
const LINE_ENDS = [
  "\n",
  "\n",
  "\n",
  "\n",
  "\r\n",
  " \n",
  " # why\n",
  "# x\n",
  "\n\n",
  "\n   \n",
  "\n# c\n",
  "\n    # c\n",
  "",
];

const edit = fc.record({
  at: fc.nat(2_000),
  cut: fc.constantFrom(0, 0, 1, 2, 5),
  put: fc.constantFrom(...WORDS, ..." \n:#-,[]{}'\"\\\t", "\n\n", "  ", " #", ": ", "- ", "\n  ", "\n- "),
});

const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("a", "b", "c", "web", "80", "x y", "true") },
  { weight: 2, arbitrary: fc.constantFrom(...WORDS) },
);

/** Lines that look like a file, and mostly are not one. */
const line = fc.tuple(
  fc.constantFrom("", "", "", "  ", "  ", "    ", " "),
  fc.constantFrom("", "", "", "", "- ", "-  ", "- - "),
  fc.option(fc.tuple(word, fc.constantFrom(": ", ": ", ": ", ":", ":  ", " : ")), { freq: 8 }),
  fc.oneof(fc.constant(""), word, word, word),
  fc.constantFrom(...LINE_ENDS),
).map(([indent, dash, key, value, end]) => `${indent}${dash}${(key ?? []).join("")}${value}${end}`);

const roughText = fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => lines.join(""));

interface Style {
  readonly step: number;
  readonly gap: string;
}

const scalar = fc.oneof(
  fc.constantFrom(
    "a",
    "b c",
    "80",
    "true",
    "null",
    "~",
    '"x: y"',
    "'#'",
    "9100-9110",
    "é",
    "0",
    "a:b",
    "x#y",
    "''",
  ),
  fc.stringMatching(/^[a-z]([a-z0-9./-]|:[a-z]|#| [a-z]){0,8}$/),
);
type Value = string | readonly Value[] | { readonly [name: string]: Value };
const { value } = fc.letrec<{ value: Value; list: readonly Value[]; map: { readonly [name: string]: Value } }>((
  tie,
) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, tie("map"), tie("list")),
  list: fc.array(tie("value"), { maxLength: 4 }),
  map: fc.dictionary(fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,6}$/), tie("value"), { maxKeys: 4 }),
}));

/** A value on one line, in brackets. */
function inBrackets(of: Value, gap: string): string {
  if (typeof of === "string") return /[,\[\]{}]/.test(of) ? "x" : of;
  if (Array.isArray(of)) return `[${gap}${of.map((one) => inBrackets(one, gap)).join(`,${gap} `)}${gap}]`;
  return `{${gap}${Object.entries(of).map(([key, one]) => `${key}: ${inBrackets(one, gap)}`).join(`, ${gap}`)}${gap}}`;
}

/** What stands behind a key or a dash: on its line, or on lines of its own. */
function behind(of: Value, column: number, style: Style): string {
  if (typeof of === "string") return ` ${of}\n`;
  const empty = Object.keys(of).length === 0;
  // Deep values in brackets, the others in blocks.
  if (empty || column > 3 * style.step) return ` ${inBrackets(of, style.gap)} # one line\n`;
  const inner = " ".repeat(column + style.step);
  if (Array.isArray(of)) {
    return `\n${of.map((one: Value) => `${inner}-${afterDash(one, column + style.step, style)}`).join("\n")}`;
  }
  return `  # block\n${block(of as { readonly [name: string]: Value }, column + style.step, style)}`;
}

function afterDash(one: Value, column: number, style: Style): string {
  if (typeof one === "string" || Array.isArray(one) || Object.keys(one).length === 0) {
    return ` ${typeof one === "string" ? one : inBrackets(one, style.gap)}\n`;
  }
  return ` ${block(one as { readonly [name: string]: Value }, column + 2, style).trimStart()}`;
}

function block(of: { readonly [name: string]: Value }, column: number, style: Style): string {
  return Object.entries(of).map(([key, one]) => `${" ".repeat(column)}${key}:${behind(one, column, style)}`).join("");
}

const goodText = fc.record({
  root: fc.dictionary(fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,6}$/), value, { minKeys: 1, maxKeys: 5 }),
  style: fc.record({ step: fc.constantFrom(1, 2, 4), gap: fc.constantFrom("", " ", "  ") }),
}).map(({ root, style }) => block(root, 0, style));

Deno.test("rough lines: what the fast reader takes, the full one reads in the same way", () => {
  let taken = 0;
  fc.assert(
    fc.property(roughText, (text) => {
      if (sameAsFull(text)) taken++;
    }),
    { numRuns: 10_000 },
  );
  assert.ok(taken >= 50, `the fast reader took ${taken} of 10000 texts`);
});

Deno.test("a file with one thing in it changed is read in the same way", () => {
  const edited = fc.tuple(goodText, fc.array(edit, { minLength: 1, maxLength: 2 })).map(([text, edits]) =>
    edits.reduce((before, { at, cut, put }) => {
      const from = at % (before.length + 1);
      return before.slice(0, from) + put + before.slice(from + cut);
    }, text)
  );
  let taken = 0;
  fc.assert(
    fc.property(edited, (text) => {
      if (sameAsFull(text)) taken++;
    }),
    { numRuns: 3_000 },
  );
  assert.ok(taken >= 300, `the fast reader took ${taken} of 3000 texts`);
});

Deno.test("well-formed files are read in the same way, and nearly all of them by the fast reader", () => {
  let [taken, all] = [0, 0];
  fc.assert(
    fc.property(goodText, (text) => {
      all++;
      if (sameAsFull(text)) taken++;
    }),
    { numRuns: 1_000 },
  );
  assert.ok(taken > all * 0.8, `the fast reader took ${taken} of ${all} files`);
});

Deno.test("every text of the repository that the fast reader takes is read in the same way, whole and cut off anywhere", async () => {
  const texts: string[] = [];
  for (const folder of ["examples", "docs", "test/golden", "test/specs", "test/draft", "test/config"]) {
    await collect(new URL(`../../${folder}/`, import.meta.url), texts);
  }
  let taken = 0;
  for (const text of new Set(texts)) {
    if (sameAsFull(text)) taken++;
    for (let part = 1; part < 8; part++) sameAsFull(text.slice(0, Math.floor(text.length * part / 8)));
  }
  assert.ok(taken >= 10, `the fast reader took ${taken} of ${texts.length} texts`);
});

/** The text files below a folder, and the YAML inside of pages. */
async function collect(folder: URL, texts: string[]): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) await collect(new URL(`${name}/`, folder), texts);
    else if (!/\.(png|svg|jsonl)$/.test(name)) {
      const text = await Deno.readTextFile(new URL(name, folder));
      texts.push(text, ...[...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, inner = ""]) => inner));
      if (name.endsWith(".ts")) texts.push(...[...text.matchAll(/`([^`]*)`/g)].map(([, inner = ""]) => inner));
    }
  }
}
