/** What the editor of YAML promises, over generated files of every layout that people write. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDocument } from "yaml";
import { editYaml } from "../../src/config/edit/yaml_edit.ts";
import type { Json } from "../../src/model/json.ts";

const value: fc.Arbitrary<Json> = fc.record({
  cluster: fc.constantFrom("dev", "a b", "yes", "1", "x: y", "#no", "*a", "ü"),
  port: fc.integer({ min: 1, max: 65535 }),
  tags: fc.dictionary(fc.constantFrom("app", "version", "a/b", "n 1"), fc.string({ maxLength: 12 }), { maxKeys: 3 }),
}, { requiredKeys: ["port"] });

const comment = fc.constantFrom("", "", "", " # note", "   # web: { port: 1 }");

/** An entry at a column, one of several ways to write it; lines without their ends. */
const entry = (column: number, step: number) => (name: string): fc.Arbitrary<string[]> => {
  const margin = " ".repeat(column);
  const inner = " ".repeat(column + step);
  return fc.record({
    way: fc.constantFrom("flow", "tight", "lines", "comma", "block", "block", "quoted", "explicit", "text", "keep"),
    note: comment,
    between: fc.constantFrom([], [], [""], [`${margin}# about`], ["", `${inner}# deeper`]),
  }).map(({ way, note, between }) => {
    const lines = ((): string[] => {
      switch (way) {
        case "flow":
          return [`${margin}${name}: { port: 80, local: auto }${note}`];
        case "tight":
          return [`${margin}${name}: {port: 80,local: auto,}${note}`];
        case "lines":
          return [`${margin}${name}: {${note}`, `${inner}port: 80,${note}`, `${inner}local: auto${note}`, `${inner}}`];
        case "comma":
          return [`${margin}${name}: {`, `${inner}port: 80,${note}`, `${inner}}`];
        case "quoted":
          return [
            `${margin}"${name}" :`,
            `${inner}'port': 80${note}`,
            "",
            `${inner}bind: [127.0.0.1,`,
            `${inner}  "::1"]`,
          ];
        case "explicit":
          return [`${margin}? ${name}`, `${margin}: { port: 80 }${note}`];
        case "text":
          return [`${margin}${name}:`, `${inner}port: 80${note}`, `${inner}list:`, `${inner}- a${note}`, `${inner}-`];
        case "keep":
          return [
            `${margin}${name}:`,
            `${inner}port: 80${note}`,
            `${inner}doc: |`,
            `${inner}  one`,
            "",
            `${inner}   two`,
          ];
        default:
          return [`${margin}${name}:${note}`, `${inner}port: 80`, `${inner}# why`, `${inner}local: auto${note}`];
      }
    })();
    return [...lines, ...between];
  });
};

const NAMES = ["a", "b-1", "c.d", "e"];

const forwardsOf = fc.record({
  column: fc.integer({ min: 1, max: 4 }),
  step: fc.integer({ min: 1, max: 4 }),
  names: fc.subarray(NAMES),
  note: comment,
  empty: fc.constantFrom("", " {}", " { }", " &f"),
}).chain(({ column, step, names, note, empty }): fc.Arbitrary<string[]> => {
  if (names.length === 0) return fc.constant<string[]>([`forwards:${empty}${note}`]);
  return fc.tuple(...names.map(entry(column, step))).map((entries) => [`forwards:${note}`, ...entries.flat()]);
});

const braces = fc.subarray(NAMES).map((names) => {
  const inside = names.map((name) => `${name}: {port: 80, local: auto}`).join(", ");
  return [`forwards: {${inside}}`];
});

interface File {
  readonly text: string;
  readonly hasForwards: boolean;
}

const file: fc.Arbitrary<File> = fc.record({
  head: fc.constantFrom([], ["# our forwards", ""], ["---"], ["%YAML 1.2", "---"], ["--- # start"]),
  version: fc.constantFrom([], ["version: 1"], ["version: 1 # one", ""]),
  clusters: fc.constantFrom([], ["clusters:", "  dev: { sandbox: {} }", "  # more"], [
    "clusters: {dev: {sandbox: {}}}",
    "",
  ], [
    "clusters:",
    "    dev: &dev",
    "        sandbox: {}",
    "    prod: *dev",
  ]),
  forwards: fc.option(fc.oneof({ weight: 4, arbitrary: forwardsOf }, braces), { nil: [] }),
  foot: fc.constantFrom([], [], ["# the end"], ["", "# the end", ""], ["..."]),
  order: fc.boolean(),
  newline: fc.constantFrom("\n", "\n", "\r\n"),
  open: fc.boolean(),
  mark: fc.constantFrom("", "", "\ufeff"),
}).map(({ head, version, clusters, forwards, foot, order, newline, open, mark }) => {
  const parts = order ? [...version, ...clusters, ...forwards] : [...forwards, ...version, ...clusters];
  const lines = [...head, ...parts, ...foot];
  const text = lines.length === 0 ? "" : lines.join(newline) + (open ? "" : newline);
  return { text: mark + text, hasForwards: forwards.length > 0 };
});

const data = (text: string): Record<string, Record<string, Json>> => {
  const document = parseDocument(text, { schema: "core", version: "1.2" });
  assert.deepEqual(document.errors, []);
  return JSON.parse(JSON.stringify(document.toJS() ?? {}));
};

/** The lines of `before` that are not in `after`, when the common beginning and end are taken off. */
function lostLines(before: string, after: string): readonly string[] {
  const [old, now] = [before, after].map((text) => text.replace(/^\ufeff/, "").split(/\r?\n/));
  if (old === undefined || now === undefined) return [];
  let [head, tail] = [0, 0];
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  return old.slice(head, old.length - tail);
}

Deno.test("adding a forward: the other lines stay, the data is the old one and the new forward, and removing it gives the old bytes back", () => {
  let seen = 0;
  fc.assert(
    fc.property(file, value, ({ text, hasForwards }, entry) => {
      const before = data(text);
      const path = ["forwards", "web"];
      const added = editYaml(text, { op: "set", path, value: entry });
      assert.ok(added.ok, added.ok ? "" : `${added.problem}:\n${text}`);
      const expected = { ...before, forwards: { ...before["forwards"], web: entry } };
      assert.deepEqual(data(added.text), JSON.parse(JSON.stringify(expected)));
      // In braces the line of the last entry gets a comma; elsewhere no line is touched.
      const lost = lostLines(text, added.text);
      assert.ok(lost.length <= (/^\ufeff?forwards:\s*\{/m.test(text) ? 1 : 0), `lost ${JSON.stringify(lost)}`);
      const removed = editYaml(added.text, { op: "remove", path, prune: !hasForwards });
      assert.ok(removed.ok && removed.text === text, removed.ok ? removed.text : removed.problem);
      seen++;
    }),
    { numRuns: 700 },
  );
  assert.ok(seen >= 700);
});

Deno.test("switching a forward off and on again: one line at most differs between, and the bytes are the old ones after", () => {
  fc.assert(
    fc.property(file, fc.constantFrom(...NAMES), ({ text }, name) => {
      const before = data(text);
      fc.pre(before["forwards"]?.[name] !== undefined);
      const path = ["forwards", name, "enabled"];
      const off = editYaml(text, { op: "set", path, value: false });
      assert.ok(off.ok, off.ok ? "" : `${off.problem}:\n${text}`);
      const entry = before["forwards"]?.[name];
      const changed = { ...(typeof entry === "object" && !Array.isArray(entry) ? entry : {}), enabled: false };
      assert.deepEqual(data(off.text), { ...before, forwards: { ...before["forwards"], [name]: changed } });
      assert.ok(lostLines(text, off.text).length <= 1);
      const on = editYaml(off.text, { op: "remove", path });
      assert.ok(on.ok && on.text === text, on.ok ? on.text : on.problem);
    }),
    { numRuns: 700 },
  );
});

Deno.test("taking a forward away: what is left is the old data without it, and only lines of its own go", () => {
  fc.assert(
    fc.property(file, fc.constantFrom(...NAMES), ({ text }, name) => {
      const before = data(text);
      const { [name]: gone, ...rest } = before["forwards"] ?? {};
      fc.pre(gone !== undefined);
      const result = editYaml(text, { op: "remove", path: ["forwards", name] });
      assert.ok(result.ok, result.ok ? "" : result.problem);
      assert.deepEqual({ forwards: {}, ...data(result.text) }.forwards ?? {}, rest);
      const kept = new Set(result.text.split(/\r?\n/));
      for (const line of text.split(/\r?\n/)) {
        if (/# (about|our forwards|the end|more)|^version|^clusters/.test(line)) assert.ok(kept.has(line), line);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("no text makes an edit throw, and a refused one says why", () => {
  const piece = fc.constantFrom(
    "forwards",
    ":",
    " ",
    "\n",
    "  ",
    "a",
    "{",
    "}",
    "[",
    "- ",
    "&a",
    "*a",
    "<<",
    "|",
    "#",
    "'",
    '"',
    "? ",
    ",",
  );
  const text = fc.oneof(fc.string(), fc.array(piece, { maxLength: 30 }).map((parts) => parts.join("")));
  fc.assert(
    fc.property(text, fc.boolean(), (written, remove) => {
      const path = ["forwards", "a"];
      const result = editYaml(
        written,
        remove ? { op: "remove", path, prune: true } : { op: "set", path, value: { port: 1 } },
      );
      if (!result.ok) assert.match(result.problem, /\w/);
      else if (!remove) assert.deepEqual(data(result.text)["forwards"]?.["a"], { port: 1 });
    }),
    { numRuns: 3000 },
  );
});
