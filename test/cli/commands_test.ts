import assert from "node:assert/strict";
import { ControlError } from "../../src/control/control_error.ts";
import { AccessError } from "../../src/model/cluster_access.ts";
import { ago, FIRST_PLAN, MIXED_PLAN, statusOf, TROUBLE } from "../view/fixtures.ts";
import { FakeClient, FakeDaemon } from "../fakes/daemon.ts";
import { cli, FILE, loaded, PROBLEM, workspaceOf } from "./fake_services.ts";

const permissions = "none";

Deno.test({ name: "plan: text on stdout, exit 0", permissions }, async () => {
  const { code, out, err, services } = await cli(["plan"], (services) => services.made = FIRST_PLAN);
  assert.equal(code, 0);
  assert.match(out, /^\+ forward:api {5}localhost:8080 → task/);
  assert.match(out, /\nPlan: 5 to add, 0 to change, 0 to delete\.\n$/);
  assert.equal(err, "");
  assert.equal(services.attached, 0);
});

Deno.test({ name: "plan: exit 2 only with --detailed-exitcode and changes", permissions }, async () => {
  assert.equal((await cli(["plan", "--detailed-exitcode"], (services) => services.made = FIRST_PLAN)).code, 2);
  const { code, out } = await cli(["plan", "--detailed-exitcode"]);
  assert.equal(code, 0);
  assert.equal(out, "No changes. What runs matches forwards.yaml.\n");
});

Deno.test({ name: "plan: exit 1 where something is blocked, whatever else", permissions }, async () => {
  for (const argv of [["plan"], ["plan", "--detailed-exitcode"], ["plan", "-o", "json"]]) {
    assert.equal((await cli(argv, (services) => services.made = MIXED_PLAN)).code, 1);
  }
});

Deno.test({ name: "plan -o json: one document on stdout, a line off a terminal", permissions }, async () => {
  const { out } = await cli(["plan", "-o", "json"], (services) => services.made = FIRST_PLAN);
  assert.equal(out.trimEnd().split("\n").length, 1);
  assert.deepEqual(JSON.parse(out).summary, { create: 5, change: 0, delete: 0, replace: 0, blocked: 0 });
});

Deno.test({ name: "plan --out: the document for tools goes to a file, over what was there", permissions }, async () => {
  const { code, out, services } = await cli(["plan", "--out", "plan.json"], (services) => {
    services.made = FIRST_PLAN;
    services.disk.set("plan.json", "old");
  });
  assert.equal(code, 0);
  assert.match(out, /\nPlan: 5 to add/);
  const { out: printed } = await cli(["plan", "-o", "json"], (services) => services.made = FIRST_PLAN);
  assert.equal(services.disk.get("plan.json"), printed);
});

Deno.test({ name: "plan --color", permissions }, async () => {
  const set = (services: { made: unknown }) => services.made = FIRST_PLAN;
  assert.ok((await cli(["plan", "--color", "always"], set)).out.includes("\u001b[32m+"));
  const never = await cli(["plan", "--color", "never"], (services) => {
    services.made = FIRST_PLAN;
    services.stdout.isTerminal = true;
  });
  assert.ok(!never.out.includes("\u001b"));
});

Deno.test({ name: "a bad file: diagnostics on stderr, nothing on stdout, exit 65", permissions }, async () => {
  for (const verb of ["plan", "up", "validate"]) {
    const { code, out, err } = await cli([verb], (services) => services.file = loaded(null, [PROBLEM]));
    assert.equal(code, 65);
    assert.equal(out, "");
    assert.match(err, /error\[PF0031\]: 80800 is not a port\n/);
    assert.match(err, /--> forwards\.yaml:3:17/);
    assert.match(err, /\^\^\^\^\^ ports go from 1 to 65535/);
  }
});

Deno.test({ name: "a bad file under -o json: an error with its diagnostics on stderr", permissions }, async () => {
  for (const verb of ["plan", "up"]) {
    const { code, out, err } = await cli([verb, "-o", "json"], (services) => services.file = loaded(null, [PROBLEM]));
    assert.equal(code, 65);
    assert.equal(out, "");
    const { error } = JSON.parse(err);
    assert.equal(error.code, "bad-file");
    assert.deepEqual(error.diagnostics[0].where, { file: FILE, line: 3, column: 17, length: 5 });
  }
});

Deno.test({ name: "warnings are shown and stop nothing", permissions }, async () => {
  const warning = { ...PROBLEM, severity: "warning" } as const;
  const { code, out, err } = await cli(["plan"], (services) => services.file = loaded(workspaceOf("web"), [warning]));
  assert.equal(code, 0);
  assert.match(out, /^No changes/);
  assert.match(err, /^warning\[PF0031\]/);
});

Deno.test({ name: "validate: a sentence, JSON, silence", permissions }, async () => {
  const good = await cli(["validate"]);
  assert.deepEqual([good.code, good.out, good.err], [0, "forwards.yaml is valid: 3 forwards, 1 cluster.\n", ""]);
  const quiet = await cli(["validate", "-q"]);
  assert.deepEqual([quiet.code, quiet.out, quiet.err], [0, "", ""]);
  const json = await cli(["validate", "-o", "json"], (services) => services.file = loaded(null, [PROBLEM]));
  assert.equal(json.code, 65);
  assert.equal(json.err, "");
  assert.deepEqual(JSON.parse(json.out), {
    formatVersion: 1,
    file: FILE,
    valid: false,
    diagnostics: [{
      code: "PF0031",
      severity: "error",
      message: "80800 is not a port",
      where: { file: FILE, line: 3, column: 17, length: 5 },
      label: "ports go from 1 to 65535",
      notes: [],
      help: "pick a free port",
    }],
  });
});

Deno.test({ name: "expected failures are a line, by their kind", permissions }, async () => {
  const cases: readonly (readonly [Error, number, RegExp])[] = [
    [
      new AccessError("kubeconfig-invalid", "kubeconfig file not found for cluster 'staging': /x"),
      1,
      /^error: kubeconfig file not found/,
    ],
    [new ControlError("timeout", "The running berth does not answer within 5s"), 69, /does not answer/],
    [new ControlError("gone", "The running berth ended while it was asked"), 69, /ended/],
    [new ControlError("protocol", "The running berth speaks format 2"), 1, /format 2/],
    [new TypeError("x is undefined"), 1, /^error: Unexpected: TypeError: x is undefined\n {2}This is a bug/],
  ];
  for (const [error, exit, expected] of cases) {
    const { code, out, err } = await cli(["plan"], (services) => services.planning = () => Promise.reject(error));
    assert.equal(code, exit);
    assert.equal(out, "");
    assert.match(err, expected);
    assert.doesNotMatch(err, /\n\s+at /);
  }
  const { err } = await cli(
    ["plan", "-o", "json"],
    (services) => services.planning = () => Promise.reject(new AccessError("forbidden", "no")),
  );
  assert.deepEqual(JSON.parse(err), { formatVersion: 1, error: { code: "forbidden", message: "no", help: null } });
});

Deno.test({ name: "an interrupt ends a plan with 130 and no complaint", permissions }, async () => {
  const { code, out, err, services } = await cli(["plan"], (services) => {
    services.planning = (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        services.interrupt();
      });
  });
  assert.deepEqual([code, out, err, services.attached], [130, "", "", 0]);
});

function running(document = statusOf()): FakeClient {
  const daemon = new FakeDaemon();
  daemon.document = document;
  return new FakeClient(daemon);
}

Deno.test({ name: "status: every format", permissions }, async () => {
  const ask = (argv: readonly string[]) =>
    cli(["status", ...argv], (services) => services.running = running(statusOf(TROUBLE)));
  const table = await ask([]);
  assert.equal(table.code, 0);
  assert.match(table.out, /^NAME +CLUSTER +TARGET/);
  assert.match(table.err, /cluster staging: no answer/);
  assert.ok(table.services.running?.closed);
  assert.match((await ask(["-o", "wide"])).out, /BACKEND +SINCE +RECONNECTS +CONNS/);
  assert.equal((await ask(["-o", "name"])).out, "web\napi\nworker\ndb\nnodes\n");
  const json = JSON.parse((await ask(["-o", "json"])).out);
  assert.equal(json.forwards.length, 5);
  assert.equal(json.diagnostics[0].code, "PF0012");
  const yaml = (await ask(["-o", "yaml"])).out;
  assert.match(yaml, /^formatVersion: 1\nworkspace: /);
  assert.match(yaml, /\n {2}- name: web\n/);
});

Deno.test({ name: "status: names choose, unknown names are usage errors", permissions }, async () => {
  const some = await cli(["list", "db", "web", "-o", "name"], (services) => services.running = running());
  assert.equal(some.out, "web\ndb\n");
  const wrong = await cli(["status", "wbe"], (services) => services.running = running());
  assert.equal(wrong.code, 64);
  assert.match(wrong.err, /Did you mean 'web'/);
  assert.ok(wrong.services.running?.closed);
});

Deno.test({ name: "status where nothing runs: exit 1 and a hint", permissions }, async () => {
  const { code, out, err } = await cli(["status"]);
  assert.deepEqual([code, out, err], [1, "", "error: Nothing runs for forwards.yaml\n  Start it with 'berth up'\n"]);
  const json = await cli(["status", "-o", "json"]);
  assert.equal(json.out, "");
  assert.equal(JSON.parse(json.err).error.code, "nothing-runs");
});

Deno.test({ name: "status and down without a file: exit 65", permissions }, async () => {
  for (const verb of ["status", "down"]) {
    const { code, err } = await cli([verb], (services) => services.path = null);
    assert.equal(code, 65);
    assert.match(
      err,
      /No forwards\.yaml in this folder or any above it\n {2}Name one with -f FILE, or make one: init, import/,
    );
  }
});

Deno.test({ name: "down: where nothing runs it is fine; else it waits for the end", permissions }, async () => {
  const nothing = await cli(["down"]);
  assert.deepEqual([nothing.code, nothing.out, nothing.err], [0, "", "Nothing runs for forwards.yaml.\n"]);
  const { code, err, services } = await cli(["down"], (services) => services.running = running());
  assert.deepEqual([code, err], [0, "Stopped berth (PID 4711).\n"]);
  assert.deepEqual(services.running?.asked, ["down"]);
  assert.deepEqual(services.releases, [4711]);
  assert.ok(services.running?.closed);
  assert.equal((await cli(["down", "-q"], (services) => services.running = running())).err, "");
});

Deno.test({ name: "down: an interrupt ends the waiting", permissions }, async () => {
  const { code, services } = await cli(["down"], (services) => {
    const client = running();
    client.down = () => {
      client.asked.push("down");
      queueMicrotask(() => services.interrupt());
      return Promise.resolve();
    };
    services.running = client;
  });
  assert.equal(code, 130);
  assert.deepEqual(services.running?.asked, ["down"]);
  assert.ok(services.running?.closed);
});

Deno.test({ name: "schema and version", permissions }, async () => {
  const schema = await cli(["schema"]);
  assert.deepEqual([schema.code, JSON.parse(schema.out).$schema], [0, "http://json-schema.org/draft-07/schema#"]);
  const text = "berth 0.1.0 (deno 2.9.6, v8 15.0, typescript 6.0.3, linux x86_64)\n";
  assert.equal((await cli(["version"])).out, text);
  assert.equal((await cli(["--version"])).out, text);
  assert.deepEqual(JSON.parse((await cli(["version", "-o", "json"])).out), {
    formatVersion: 1,
    version: "0.1.0",
    deno: "2.9.6",
    v8: "15.0",
    typescript: "6.0.3",
    os: "linux",
    arch: "x86_64",
  });
});

Deno.test({ name: "up: another instance is exit 75 with who, since when and what to do", permissions }, async () => {
  const { code, out, err } = await cli(["up"], (services) => {
    services.upping = () => Promise.resolve({ kind: "held", by: { pid: 4711, since: ago(192) } });
  });
  assert.equal(code, 75);
  assert.equal(out, "");
  assert.equal(
    err,
    "error: forwards.yaml is already up: berth with PID 4711 holds it, since 3m12s\n" +
      "  See it with 'berth status', stop it with 'berth down', take its place with --replace. It takes changes of the file by itself\n",
  );
  const unknown = await cli(
    ["up", "-o", "json"],
    (services) => services.upping = () => Promise.resolve({ kind: "held", by: null }),
  );
  assert.equal(unknown.code, 75);
  assert.equal(JSON.parse(unknown.err).error.code, "held");
});

const withProfiles = () => {
  const workspace = {
    ...workspaceOf("web", "api", "db"),
    profiles: new Map([["backend", ["api", "d*"]], ["none", []]]),
  };
  return loaded(workspace);
};

Deno.test(
  { name: "validate --profile: counts what it holds; an unknown one is a mistake of usage", permissions },
  async () => {
    const run = (...more: string[]) => cli(["validate", ...more], (services) => services.file = withProfiles());
    assert.equal(
      (await run("--profile", "backend")).out,
      "forwards.yaml is valid: profile backend with 2 forwards, 1 cluster.\n",
    );
    assert.equal(
      (await run("--profile", "none,backend")).out,
      "forwards.yaml is valid: profiles none, backend with 2 forwards, 1 cluster.\n",
    );
    for (const verb of ["validate", "plan", "up"]) {
      const { code, err, out } = await cli([verb, "--profile", "bakend"], (services) => services.file = withProfiles());
      assert.deepEqual([code, out], [64, ""]);
      assert.equal(err, "error: No profile called 'bakend' in forwards.yaml\n  Did you mean 'backend'?\n");
    }
  },
);
