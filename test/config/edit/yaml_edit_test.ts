import assert from "node:assert/strict";
import { editYaml, type YamlEdit } from "../../../src/config/edit/yaml_edit.ts";

const WEB = { cluster: "dev", service: "default/web", port: 80, tags: { app: "x: y", n: "1" } };
const ON_A_LINE = `web: { cluster: dev, service: default/web, port: 80, tags: { app: "x: y", n: "1" } }`;
const add: YamlEdit = { op: "set", path: ["forwards", "web"], value: WEB };
const disable: YamlEdit = { op: "set", path: ["forwards", "a", "enabled"], value: false };

function edited(text: string, edit: YamlEdit): string {
  const result = editYaml(text, edit);
  assert.ok(result.ok, result.ok ? "" : result.problem);
  return result.text;
}

const TABLE: readonly [string, string, YamlEdit, string][] = [
  ["an empty file", "", add, `forwards:\n  ${ON_A_LINE}\n`],
  ["comments alone, no line end", "# hi", add, `# hi\nforwards:\n  ${ON_A_LINE}`],
  ["no forwards, no line end", "version: 1", add, `version: 1\nforwards:\n  ${ON_A_LINE}`],
  ["the marks of a document", "---\nversion: 1\n...\n", add, `---\nversion: 1\nforwards:\n  ${ON_A_LINE}\n...\n`],
  [
    "the indentation of other sections",
    "clusters:\n    dev: {}\n",
    add,
    `clusters:\n    dev: {}\nforwards:\n    ${ON_A_LINE}\n`,
  ],
  [
    "what is below the last entry stays with it",
    "forwards:\n  a: { port: 1 } # one\n  # b: { port: 2 }\n\n# clusters\nversion: 1\n",
    add,
    `forwards:\n  a: { port: 1 } # one\n  # b: { port: 2 }\n  ${ON_A_LINE}\n\n# clusters\nversion: 1\n`,
  ],
  [
    "blocks beside blocks, CRLF",
    "forwards:\r\n   a:\r\n     port: 1\r\n",
    add,
    'forwards:\r\n   a:\r\n     port: 1\r\n   web:\r\n     cluster: dev\r\n     service: default/web\r\n     port: 80\r\n     tags: { app: "x: y", n: "1" }\r\n',
  ],
  [
    "the lines of a mapping in braces",
    "forwards: {\n  a: {port: 1} # one\n}\n",
    add,
    'forwards: {\n  a: {port: 1}, # one\n  web: {cluster: dev, service: default/web, port: 80, tags: {app: "x: y", n: "1"}}\n}\n',
  ],
  ["nothing in braces", "forwards: {}\n", disable, "forwards: { a: { enabled: false } }\n"],
  [
    "nothing behind the key",
    "forwards: # none\nversion: 1\n",
    disable,
    "forwards: # none\n  a: { enabled: false }\nversion: 1\n",
  ],
  ["null behind the key", "forwards: ~\nversion: 1\n", disable, "forwards:\n  a: { enabled: false }\nversion: 1\n"],
  ["a key of an entry", "forwards:\n  a: {port: 1}\n", disable, "forwards:\n  a: {port: 1, enabled: false}\n"],
  [
    "a key of a block",
    "forwards:\n  a:\n    port: 1\n\n",
    disable,
    "forwards:\n  a:\n    port: 1\n    enabled: false\n\n",
  ],
  [
    "a comma at the end",
    "forwards: { a: { port: 1, }, }\n",
    disable,
    "forwards: { a: { port: 1, enabled: false, }, }\n",
  ],
  ["another value", "forwards:\n  a: { enabled: true } # on\n", disable, "forwards:\n  a: { enabled: false } # on\n"],
  [
    "a whole entry",
    "forwards:\n  web: # mine\n    port: 1\n    # two\n    local: 2\n  b: { port: 3 }\n",
    { op: "set", path: ["forwards", "web"], value: { port: 9, local: 8 } },
    "forwards:\n  web: # mine\n    port: 9\n    local: 8\n  b: { port: 3 }\n",
  ],
  [
    "a byte order mark, a keeping block text",
    "\ufeffforwards:\n  a: { port: 1 }\nnote: |+\n  x\n\n",
    { op: "set", path: ["b"], value: 1 },
    "\ufeffforwards:\n  a: { port: 1 }\nnote: |+\n  x\n\nb: 1\n",
  ],
  [
    "taken from the middle of braces",
    "forwards: { a: { port: 1 }, b: { port: 2 }, c: 3 }\n",
    { op: "remove", path: ["forwards", "b"] },
    "forwards: { a: { port: 1 }, c: 3 }\n",
  ],
  [
    "taken from the beginning of braces",
    "forwards: { a: { port: 1 }, b: { port: 2 } }\n",
    { op: "remove", path: ["forwards", "a"] },
    "forwards: { b: { port: 2 } }\n",
  ],
  [
    "taken with what is empty then",
    "# mine\nforwards:\n  a:\n    enabled: false\nversion: 1\n",
    { op: "remove", path: ["forwards", "a", "enabled"], prune: true },
    "# mine\nversion: 1\n",
  ],
  [
    "not there",
    "forwards: { b: 1 }\n",
    { op: "remove", path: ["forwards", "a", "enabled"], prune: true },
    "forwards: { b: 1 }\n",
  ],
];

for (const [name, before, edit, after] of TABLE) {
  Deno.test(`an edit keeps all else: ${name}`, () => assert.equal(edited(before, edit), after));
}

const REFUSED: readonly [string, string, YamlEdit][] = [
  ["others repeat it", "forwards:\n  a: &a { port: 1 }\n  b: { <<: *a }\n", disable],
  ["it is an alias", "x: &x { port: 1 }\nforwards:\n  a: *x\n", disable],
  ["an anchor is needed later", "forwards:\n  a: &a { port: 1 }\n  b: *a\n", { op: "remove", path: ["forwards", "a"] }],
  ["a list", "- a\n", add],
  ["two documents", "a: 1\n---\nb: 2\n", add],
  ["no YAML", "forwards: { a: 1\n", add],
  ["text where a mapping is needed", "forwards: web\n", add],
];

for (const [name, text, edit] of REFUSED) {
  Deno.test(`an edit that cannot be made changes nothing and says why: ${name}`, () => {
    const result = editYaml(text, edit);
    assert.equal(result.ok, false);
    assert.match(result.ok ? "" : result.problem, /\w/);
  });
}
