import assert from "node:assert/strict";
import { scanNames } from "../../src/config/name_scan.ts";
import { openGoldens } from "../view/golden.ts";
import { cli } from "./fake_services.ts";

const goldens = openGoldens("completion");
const { permissions } = goldens;

/** Candidates without what they are. */
async function candidates(...words: readonly string[]): Promise<readonly string[]> {
  const { code, out, err } = await cli(["__complete", "--", ...words]);
  assert.equal(code, 0);
  assert.equal(err, "");
  return out.split("\n").slice(0, -1).map((line) => line.split("\t")[0] ?? "");
}

for (const shell of ["bash", "zsh", "fish"]) {
  Deno.test({ name: `the script of ${shell}`, permissions }, async () => {
    const { code, out } = await cli(["completion", shell]);
    assert.equal(code, 0);
    goldens.check(shell, out);
  });
}

Deno.test({ name: "a script for another name, and for none", permissions }, async () => {
  const { out } = await cli(["completion", "bash", "--name", "my-berth"]);
  assert.match(out, /complete -o default -F _my_berth_complete my-berth\n$/);
  assert.equal((await cli(["completion", "bash", "--name", "a; rm"])).code, 64);
  assert.equal((await cli(["completion", "tcsh"])).code, 64);
});

Deno.test({ name: "verbs, flags, values and names", permissions: "none" }, async () => {
  const verbs = await candidates("");
  for (const verb of ["up", "plan", "status", "doctor", "help"]) assert.ok(verbs.includes(verb), verb);
  assert.ok(!verbs.includes("__complete"));
  assert.deepEqual(await candidates("val"), ["validate"]);
  assert.deepEqual(await candidates("plan", "--det"), ["--detailed-exitcode"]);
  assert.deepEqual(await candidates("status", "-o", "j"), ["json"]);
  assert.deepEqual(await candidates("up", ""), ["web", "api", "db"]);
  assert.deepEqual(await candidates("up", "web", "a"), ["api"]);
  for (const verb of ["port", "open"]) assert.deepEqual(await candidates(verb, "a"), ["api"]);
  assert.deepEqual(await candidates("exec", "web", "d"), ["db"]);
  assert.deepEqual(await candidates("start", "s"), ["service"]);
  assert.deepEqual(await candidates("start", ""), ["service", "task", "web", "api", "db"]);
  assert.deepEqual(await candidates("start", "service", "x/y", "--cluster", ""), ["dev", "staging"]);
  assert.deepEqual(await candidates("add", "x", "--cluster", "s"), ["staging"]);
  for (const verb of ["up", "plan", "validate"]) {
    assert.deepEqual(await candidates(verb, "--profile", "f"), ["frontend", "full"]);
    assert.deepEqual(await candidates(verb, "--profile", "frontend,fu"), ["frontend,full"]);
  }
  const flags = await candidates("up", "-");
  assert.ok(flags.includes("--file") && flags.includes("--once"));
  assert.ok(!flags.includes("--daemon") && !flags.includes("--"));
  assert.deepEqual(await candidates("completion", "z"), ["zsh"]);
  assert.deepEqual(await candidates("import", "ke"), ["kecs"]);
  assert.deepEqual(await candidates("explain", "PF0012"), ["PF0012"]);
  assert.deepEqual(await candidates("no", "such", "thing"), []);
  assert.deepEqual(await candidates("plan", "-f", ""), []);
});

const SCANS: readonly (readonly [about: string, text: string, expected: readonly string[] | null])[] = [
  ["block style", "version: 1\nforwards:\n  web: { port: 80 }\n  # no\n  'api':\n    port: 80\n  x-1: {}\n", [
    "web",
    "api",
    "x-1",
  ]],
  ["another indent, CRLF", "forwards:\r\n      a: {}\r\n      b:\r\n        c: {}\r\n", ["a", "b"]],
  ["other sections", "clusters:\n  dev: {}\nforwards:\n  a: {}\ndefaults:\n  hold: 1s\n", ["a"]],
  ["nothing", "", []],
  ["lines in the middle of being typed", "forwards:\n  a: {}\n  wor\n  b:\n    service: 'shop/\n  c: { port: \n", [
    "a",
    "b",
    "c",
  ]],
  [
    "braces",
    "clusters: { d: { k3d: {} } }\nforwards: { a: { tags: { x: y }, port: 1 }, 'b': {p: [1, 2]}, \"c\" : {} } # so\n",
    [
      "a",
      "b",
      "c",
    ],
  ],
  ["empty braces", "forwards: {}\n", []],
  ["braces and quotes", "forwards: { a: { x: '}, z: {' }, b: {} }\n", ["a", "b"]],
  ["braces over several lines", "forwards: {\n  a: {} }\n", null],
  ["a template in braces", "forwards: { a: { for: [1] } }\n", null],
  ["a merge key in braces", "forwards: { <<: *x, a: {} }\n", null],
  ["no mapping", "forwards: *x\n", null],
  ["other files", "extends: x.yaml\nforwards:\n  a: {}\n", null],
  ["a template", "forwards:\n  a:\n    for: [1]\n", null],
  ["a merge key", "forwards:\n  <<: *x\n", null],
];

for (const [about, text, expected] of SCANS) {
  Deno.test({ name: `names read off lines: ${about}`, permissions: "none" }, () => {
    assert.deepEqual(scanNames(text)?.forwards ?? null, expected);
  });
}

/** A folder with a program `berth` and a file, in which a shell completes for real. */
async function inShell(program: string, script: string): Promise<string> {
  const place = await Deno.makeTempDir({ prefix: "berth-completion-" });
  try {
    const root = new URL("../..", import.meta.url).pathname;
    await Deno.writeTextFile(
      `${place}/berth`,
      `#!/bin/sh\nexec '${Deno.execPath()}' run -q --frozen -A --config '${root}deno.json' '${root}src/main.ts' "$@"\n`,
      { mode: 0o755 },
    );
    await Deno.writeTextFile(
      `${place}/forwards.yaml`,
      "version: 1\nforwards:\n  web: { port: 80 }\n  worker: { port: 80 }\n",
    );
    const { stdout, stderr } = await new Deno.Command(program, {
      args: program === "zsh" ? ["-f", "-c", script] : ["-c", script],
      cwd: place,
      env: { INIT_CWD: place, PATH: `${place}:${Deno.env.get("PATH") ?? ""}` },
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

async function isThere(program: string): Promise<boolean> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    if (await Deno.stat(`${folder}/${program}`).then(() => true, () => false)) return true;
  }
  return false;
}

const BASH = `
source <(berth completion bash)
ask() { COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _berth_complete; echo "\${COMPREPLY[@]}"; }
ask berth vali
ask berth up wo
ask berth status --output = js
ask berth status --output =
complete -p berth
`;

Deno.test({ name: "bash completes", ignore: !await isThere("bash") }, async () => {
  assert.equal(
    await inShell("bash", BASH),
    "validate\nworker\njson\ntable wide json yaml name\ncomplete -o default -F _berth_complete berth\n",
  );
});

const ZSH = `
compdef() { print "compdef $*" }
_describe() { print -l -- "\${(@)candidates}" }
_files() { print files }
source <(berth completion zsh)
ask() { words=("$@"); CURRENT=$#; _berth_complete }
ask berth vali
ask berth up wo
ask berth plan -f x
`;

Deno.test({ name: "zsh completes", ignore: !await isThere("zsh") }, async () => {
  assert.equal(
    await inShell("zsh", ZSH),
    "compdef _berth_complete berth\nvalidate:Check forwards.yaml without talking to a cluster\nworker\nfiles\n",
  );
});

Deno.test({ name: "fish completes", ignore: !await isThere("fish") }, async () => {
  const out = await inShell(
    "fish",
    "berth completion fish | source; complete -C'berth vali'; complete -C'berth up wo'",
  );
  assert.equal(out, "validate\tCheck forwards.yaml without talking to a cluster\nworker\n");
});
