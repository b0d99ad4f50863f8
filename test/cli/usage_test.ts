import assert from "node:assert/strict";
import { cli } from "./fake_services.ts";

const permissions = "none";

Deno.test({ name: "wrong command lines exit 64, say why, and print no data", permissions }, async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["pln"], /^error: No verb 'pln'\. Did you mean 'plan'\?\n {2}See 'berth --help'\n$/],
    [["stauts"], /Did you mean 'status'/],
    [["xyzzyplugh"], /^error: No verb 'xyzzyplugh'\n/],
    [["help", "nope"], /No verb and no key of forwards\.yaml 'nope'/],
    [["plan", "--nope"], /--nope[^]*See 'berth plan --help'/],
    [["plan", "--outptu", "json"], /did you mean --output/i],
    [["plan", "-o", "table"], /table/],
    [["plan", "-f"], /file/],
    [["plan", "extra"], /extra/],
    [["up", "-f", "forwards.yaml", "wbe"], /No forward called 'wbe' in forwards\.yaml\n {2}Did you mean 'web'\?/],
    [["up", "zzzzzz"], /There are: web, api, db/],
    [["up", "xx1", "xx2"], /'xx1', 'xx2'/],
    [["status", "--watch", "-o", "yaml"], /--watch does not go with -o yaml/],
  ];
  for (const [argv, expected] of cases) {
    const { code, out, err } = await cli(argv);
    assert.equal(code, 64, `${argv.join(" ")}: ${err}`);
    assert.equal(out, "");
    assert.match(err, expected);
  }
});

Deno.test({ name: "under -o json a wrong command line is JSON too", permissions }, async () => {
  for (
    const argv of [["plan", "-o", "json", "--nope"], ["plan", "--output=json", "--nope"], ["up", "-o", "json", "wbe"]]
  ) {
    const { code, out, err } = await cli(argv);
    assert.equal(code, 64);
    assert.equal(out, "");
    const { formatVersion, error } = JSON.parse(err);
    assert.equal(formatVersion, 1);
    assert.equal(typeof error.message, "string");
    assert.ok(["usage", "unknown-name"].includes(error.code));
  }
});

Deno.test({ name: "colour of complaints follows the environment", permissions }, async () => {
  const plain = await cli(["pln"]);
  assert.ok(!plain.err.includes("\u001b"));
  const colored = await cli(["pln"], (services) => services.stderr.isTerminal = true);
  assert.ok(colored.err.includes("\u001b[31merror:"));
  const asked = await cli(["pln"], (services) => {
    services.stderr.isTerminal = true;
    services.vars = { NO_COLOR: "1" };
  });
  assert.ok(!asked.err.includes("\u001b"));
});

const COMPLAINTS: readonly (readonly [line: string, said: string])[] = [
  ["plan -x", "No flag -x"],
  ["plan --detailed-exitcod", "No flag --detailed-exitcod. Did you mean --detailed-exitcode?"],
  ["status -o xml", "--output: 'xml' is none of table, wide, json, yaml, name"],
  ["up -d --wait=soon", "--wait: 'soon' is no duration: say 30s, 5m or 1h30m"],
  ["exec --timeout=0 -- true", "--timeout: '0' is no time to wait: say 30s or 2m"],
  ["completion tcsh", "SHELL: 'tcsh' is none of bash, zsh, fish"],
  ["import", "SOURCE is missing; FILE is missing"],
  ["add x", "--port needs a value"],
  ["logs --since", "--since needs a value"],
  ["plan web", "One word too many: 'web'"],
  ["plan -f a -f b", "--file is given twice: 'a' and 'b'"],
];

for (const [line, said] of COMPLAINTS) {
  Deno.test({ name: `a wrong command line: ${line}`, permissions: "none" }, async () => {
    const { code, out, err } = await cli(line.split(" "));
    const [first] = err.split("\n");
    assert.deepEqual([code, out, first], [64, "", `error: ${said}`]);
    assert.match(err, /\n {2}See 'berth \w+ --help'\n$/);
  });
}
