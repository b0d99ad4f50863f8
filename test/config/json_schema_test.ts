/** The JSON Schema as an editor uses it: what the parser takes is not flagged, and what is plainly wrong is. */
import assert from "node:assert/strict";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { parseWorkspace } from "../../src/config/parse.ts";
import { jsonSchema } from "../../src/config/json_schema.ts";

const check = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(jsonSchema());

/** What an editor would underline. */
function flagged(text: string): readonly string[] {
  check(parse(text, { merge: true }));
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const root = new URL("../../", import.meta.url);
const examples = [...Deno.readDirSync(new URL("examples", root))].filter(({ isDirectory }) => isDirectory)
  .map(({ name }) => `examples/${name}/forwards.yaml`);

for (const file of ["forwards.yaml", ...examples.toSorted()]) {
  Deno.test(`the schema takes ${file}`, async () => {
    assert.deepEqual(flagged(await Deno.readTextFile(new URL(file, root))), []);
  });
}

const HEAD = "version: 1\nclusters: { dev: { sandbox: {} } }\n";
const forward = (more: string): string => `${HEAD}forwards: { web: { service: a/b, port: 80, ${more} } }\n`;

/** What the parser takes, with every variable set to something good. */
const GOOD: readonly (readonly [text: string, variables: Readonly<Record<string, string>>])[] = [
  [`${HEAD}forwards:\n`, {}],
  ["version: 1\nclusters:\nforwards:\nprofiles:\ndefaults:\n", {}],
  [forward("local: '${P}'"), { P: "8080" }],
  [forward("local: '${P:-8080}', reconnect: '${R}', route: '${W}'"), { R: "false", W: "tunnel" }],
  [forward("hold: '${H}', onConflict: '${C}', balance: '${B}'"), { H: "3s", C: "fail", B: "newest" }],
  [forward("health: { every: '${E}', failures: '${F}', probe: '${T}' }"), { E: "5s", F: "2", T: "none" }],
  [forward("bind: '${A}'"), { A: "127.0.0.1" }],
  [forward("bind: ['${A}']"), { A: "127.0.0.1" }],
  [forward("protocol: '${X}'").replace("a/b", "'${S}'").replace("80", "'${N}'"), { X: "tcp", S: "c/d", N: "http" }],
  ["version: 1\nclusters: { dev: { k3d: { servers: '${S}', image: '${I}', apiPort: '${A}' } } }\n", {
    S: "1",
    I: "rancher/k3s:v1",
    A: "6550",
  }],
  ["version: 1\nclusters: { dev: { sandbox: {}, alb: { listeners: ['${L}'] } } }\n", { L: "80" }],
];

for (const [text, variables] of GOOD) {
  Deno.test(`an editor flags nothing in ${JSON.stringify(text)}`, () => {
    const { diagnostics } = parseWorkspace(text, { file: "forwards.yaml", env: (name) => variables[name] });
    assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), [], "the parser takes it");
    assert.deepEqual(flagged(text), []);
  });
}

for (
  const text of [
    forward("local: 80800"),
    forward("local: '8080'"),
    forward("local: "),
    forward("reconnect: 'yes'"),
    forward("route: tunnle"),
    forward("hold: '5'"),
    forward("nope: '${X}'"),
    forward("tags: '${X}'"),
    "version: '${V}'\n",
    "version: 1\nclusters: { dev: { k3d: { servers: 1.5 } } }\n",
  ]
) {
  Deno.test(`an editor flags ${JSON.stringify(text)}`, () => {
    const { diagnostics } = parseWorkspace(text, { file: "forwards.yaml", env: () => "1" });
    assert.ok(diagnostics.some(({ severity }) => severity === "error"), "the parser does not take it");
    assert.notDeepEqual(flagged(text), []);
  });
}
