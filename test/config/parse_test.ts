import assert from "node:assert/strict";
import { parseWorkspace } from "../../src/config/parse.ts";
import type { ForwardSpec } from "../../src/model/workspace.ts";

const options = { file: "/team/forwards.yaml", home: "/home/me" };
const HEAD = "version: 1\nclusters: { play: { sandbox: {} } }\n";

function parse(text: string) {
  return parseWorkspace(text, options);
}

function only(text: string): ForwardSpec {
  const { workspace, diagnostics } = parse(text);
  assert.deepEqual(diagnostics, []);
  assert.equal(workspace?.forwards.length, 1);
  const [forward] = workspace?.forwards ?? [];
  assert.ok(forward !== undefined);
  return forward;
}

/** `CODE line:column text under the caret`, one for each diagnostic. */
function problems(text: string): readonly string[] {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  return parse(text).diagnostics.map(({ code, where }) => {
    assert.ok(where !== null);
    const token = lines[where.line - 1]?.slice(where.column - 1, where.column - 1 + where.length);
    return `${code} ${where.line}:${where.column} ${token}`;
  });
}

const forward = (text: string) =>
  `${HEAD}forwards:\n  web: { service: default/web, port: 80${text === "" ? "" : `, ${text}`} }\n`;

Deno.test("parseWorkspace: defaults are filled in", () => {
  assert.deepEqual(only(forward("")), {
    name: "web",
    cluster: "play",
    target: { kind: "service", namespace: "default", name: "web" },
    port: 80,
    protocol: "tcp",
    local: { kind: "auto" },
    bind: ["127.0.0.1", "::1"],
    route: "auto",
    balance: "auto",
    hold: 5000,
    health: { every: 30000, timeout: 2000, failures: 3, probe: { kind: "tcp" } },
    backoff: { initial: 1000, max: 60000 },
    reconnect: true,
    onConflict: "fail",
    where: { file: "/team/forwards.yaml", line: 4, column: 3, length: 3 },
    localWhere: { file: "/team/forwards.yaml", line: 4, column: 3, length: 3 },
  });
});

Deno.test("parseWorkspace: whether and where the web page is served", () => {
  const served = (value: string) => parse(`${HEAD}defaults: { dashboard: ${value} }\n`).workspace?.dashboard;
  assert.deepEqual(["true", "false", "9400"].map(served), [0, undefined, 9400]);
  assert.equal(parse(HEAD).workspace?.dashboard, undefined);
  for (const [value, problem] of [["0", "PF0020"], ["70000", "PF0020"], ["here", "PF0014"], ["[9400]", "PF0014"]]) {
    assert.deepEqual(problems(`${HEAD}defaults: { dashboard: ${value} }\n`), [`${problem} 3:24 ${value}`]);
  }
  assert.deepEqual(problems(`${HEAD}dashboard: true\n`), ["PF0015 3:1 dashboard"]);
  assert.deepEqual(problems(forward("dashboard: true")), ["PF0015 4:42 dashboard"]);
});

Deno.test("parseWorkspace: a forward overrides defaults field by field", () => {
  const spec = only(
    `${HEAD}defaults: { hold: 1m30s, health: { every: 5s, probe: none }, backoff: { max: 10s }, bind: 127.0.0.2, route: tunnel }\n` +
      "forwards:\n  web: { service: a/b, port: http, health: { timeout: 300ms }, backoff: { initial: 2s }, balance: sticky }\n",
  );
  assert.equal(spec.hold, 90_000);
  assert.deepEqual(spec.health, { every: 5000, timeout: 300, failures: 3, probe: { kind: "none" } });
  assert.deepEqual(spec.backoff, { initial: 2000, max: 10_000 });
  assert.deepEqual(spec.bind, ["127.0.0.2"]);
  assert.deepEqual([spec.route, spec.balance, spec.port], ["tunnel", "sticky", "http"]);
});

for (
  const [text, probe] of [
    ["tcp", { kind: "tcp" }],
    ["none", { kind: "none" }],
    ["{ http: { path: /healthz } }", { kind: "http", path: "/healthz" }],
    ["{ http: { path: /, status: 204 } }", { kind: "http", path: "/", status: 204 }],
    ["{ exec: [pg_isready, -h, x] }", { kind: "exec", argv: ["pg_isready", "-h", "x"] }],
  ] as const
) {
  Deno.test(`parseWorkspace: probe ${text}`, () => {
    assert.deepEqual(only(forward(`health: { probe: ${text} }`)).health.probe, probe);
  });
}

for (
  const [text, local] of [
    ["3000", { kind: "fixed", port: 3000 }],
    ["80", { kind: "fixed", port: 80 }],
    ["auto", { kind: "auto" }],
    ["9100-9110", { kind: "range", range: { first: 9100, last: 9110 } }],
    ['"9100-9110"', { kind: "range", range: { first: 9100, last: 9110 } }],
    ["0x1F90", { kind: "fixed", port: 8080 }],
  ] as const
) {
  Deno.test(`parseWorkspace: local ${text}`, () => assert.deepEqual(only(forward(`local: ${text}`)).local, local));
}

const KECS = "version: 1\nclusters: { dev: { kecs: { instance: demo, region: us-east-1 } } }\nforwards:\n";

for (
  const [text, target] of [
    ["service: default/web", { kind: "ecsService", ecsCluster: "default", name: "web" }],
    ["task: default/abc123", { kind: "ecsTask", ecsCluster: "default", id: "abc123" }],
    ["task: arn:aws:ecs:us-east-1:123456789012:task/default/0f", { kind: "ecsTask", ecsCluster: "default", id: "0f" }],
    ["task: default, tags: { app: api, v: '1.0' }", {
      kind: "ecsTags",
      ecsCluster: "default",
      tags: { app: "api", v: "1.0" },
    }],
    ["pod: default-us-east-1/x", { kind: "pod", namespace: "default-us-east-1", name: "x" }],
  ] as const
) {
  Deno.test(`parseWorkspace: in a KECS cluster, ${text}`, () => {
    assert.deepEqual(only(`${KECS}  web: { ${text}, port: 80 }\n`).target, target);
  });
}

for (
  const [text, target] of [
    ["pod: db/postgres-primary-0", { kind: "pod", namespace: "db", name: "postgres-primary-0" }],
    ["deployment: jobs/worker.v2", { kind: "deployment", namespace: "jobs", name: "worker.v2" }],
    ["statefulset: db/pg", { kind: "statefulset", namespace: "db", name: "pg" }],
    ["selector: { namespace: jobs, labels: { app.kubernetes.io/name: node, tier: '' } }", {
      kind: "selector",
      namespace: "jobs",
      labels: { "app.kubernetes.io/name": "node", tier: "" },
    }],
  ] as const
) {
  Deno.test(`parseWorkspace: target ${text}`, () => {
    assert.deepEqual(only(`${HEAD}forwards:\n  web: { ${text}, port: 80 }\n`).target, target);
  });
}

Deno.test("parseWorkspace: clusters, with paths relative to the file and from home", () => {
  const { workspace, diagnostics } = parse(
    "version: 1\nclusters:\n  a: { kubeconfig: ~/.kube/a, context: x }\n  b: { kubeconfig: ../k/b }\n  c: { kubeconfig: /etc/k }\n" +
      "  d: {}\n  e: { sandbox: {}, kecs: { instance: demo, region: us-gov-west-1 } }\n",
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual([...workspace?.clusters.values() ?? []].map(({ access, kecs }) => ({ ...access, kecs })), [
    { kind: "kubeconfig", kubeconfig: "/home/me/.kube/a", context: "x", kecs: undefined },
    { kind: "kubeconfig", kubeconfig: "/k/b", kecs: undefined },
    { kind: "kubeconfig", kubeconfig: "/etc/k", kecs: undefined },
    { kind: "kubeconfig", kecs: undefined },
    { kind: "sandbox", kecs: { instance: "demo", region: "us-gov-west-1" } },
  ]);
});

Deno.test("parseWorkspace: the file's order, also for names that look like numbers", () => {
  const { workspace } = parse(
    `${HEAD}forwards:\n  b: { pod: a/b, port: 1 }\n  10: { pod: a/b, port: 1 }\n  1.0: { pod: a/b, port: 1 }\n`,
  );
  assert.deepEqual(workspace?.forwards.map((spec) => spec.name), ["b", "10", "1.0"]);
});

Deno.test("parseWorkspace: names of Object's own members are only names", () => {
  for (const name of ["constructor", "toString", "hasOwnProperty"]) {
    assert.equal(only(`${HEAD}forwards:\n  ${name}: { service: a/b, port: 80 }\n`).name, name);
    assert.ok(problems(`${HEAD}forwards:\n  ${name}: { service: a/b, port: x_y, ${name}: 1 }\n`).length === 2);
    assert.deepEqual(problems(`${HEAD}forwards:\n  ${name}: 5\n`), [`PF0014 4:${name.length + 5} 5`]);
    assert.deepEqual(
      problems(`${HEAD}forwards:\n  w: { selector: { namespace: a, labels: { ${name}: 5 } }, port: 80 }\n`).length,
      1,
    );
  }
  assert.deepEqual(problems(`${HEAD}forwards:\n  __proto__: { service: a/b, port: 80 }\n`), ["PF0013 4:3 __proto__"]);
});

Deno.test("parseWorkspace: anchors, aliases and merge keys", () => {
  const { workspace, diagnostics } = parse(
    `${HEAD}forwards:\n  web: &web { service: default/web, port: 80, hold: 1s, local: 3000 }\n` +
      "  api: { <<: *web, service: default/api, local: 3001 }\n  more: { <<: [{ hold: 2s }, *web], local: auto, route: &r direct }\n" +
      "  last: { pod: a/b, port: 1, route: *r }\n",
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    workspace?.forwards.map((
      { name, target, hold, local, route },
    ) => [name, "name" in target && target.name, hold, local.kind, route]),
    [["web", "web", 1000, "fixed", "auto"], ["api", "api", 1000, "fixed", "auto"], [
      "more",
      "web",
      2000,
      "auto",
      "direct",
    ], [
      "last",
      "b",
      5000,
      "auto",
      "direct",
    ]],
  );
});

Deno.test("parseWorkspace: a port that came by a merge key clashes at the forward's name", () => {
  const text = `${HEAD}forwards:\n  web: &web { service: a/b, port: 80, local: 3000 }\n  api: { <<: *web }\n`;
  assert.deepEqual(problems(text), ["PF0043 5:3 api"]);
});

Deno.test("parseWorkspace: alias bombs are refused in little time", () => {
  let text = "version: 1\nclusters:\n  a0: &a0 { sandbox: {} }\n";
  for (let level = 1; level < 30; level++) {
    text += `  a${level}: &a${level} { x: [${Array(9).fill(`*a${level - 1}`).join(", ")}] }\n`;
  }
  const started = performance.now();
  const codes = parse(text).diagnostics.map((diagnostic) => diagnostic.code);
  assert.ok(codes.includes("PF0012"));
  assert.ok(performance.now() - started < 20_000);
});

Deno.test("parseWorkspace: an alias of itself, and one of nothing", () => {
  assert.deepEqual(problems("version: 1\nclusters: &c { play: *c }\n"), ["PF0012 2:22 *c"]);
  assert.deepEqual(problems("version: 1\nclusters: { play: *c }\n"), ["PF0012 2:19 *c"]);
  assert.deepEqual(problems(`${HEAD}forwards: { w: { <<: 5, service: a/b, port: 1 } }\n`), ["PF0012 3:18 <<"]);
});

Deno.test("parseWorkspace: byte order mark, CRLF and an absent last line end", () => {
  const text = forward("local: 99999").replaceAll("\n", "\r\n").trimEnd();
  assert.deepEqual(problems(`\ufeff${text}`), ["PF0020 4:49 99999"]);
  assert.deepEqual(parse(`\ufeff${forward("")}`).diagnostics, []);
  assert.deepEqual(parse(forward("").replaceAll("\n", "\r\n")).diagnostics, []);
});

Deno.test("parseWorkspace: sections may be empty", () => {
  const { workspace, diagnostics } = parse("version: 1\ndefaults:\nclusters:\nforwards:\n  # none yet\n");
  assert.deepEqual(diagnostics, []);
  assert.equal(workspace?.forwards.length, 0);
});

const clash = (first: string, second: string) =>
  `${HEAD}forwards:\n  web: { service: a/b, port: 1, local: 8080${first} }\n  api: { service: a/c, port: 1, local: 8080${second} }\n`;

for (
  const [first, second, clashes] of [
    ["", "", true],
    [", bind: 127.0.0.1", ", bind: 127.0.0.2", false],
    [", bind: 127.0.0.1", ', bind: "::1"', false],
    [', bind: "0:0:0::1"', ', bind: "::1"', true],
    [", bind: [127.0.0.2, 127.0.0.3]", ", bind: [127.0.0.4, 127.0.0.3]", true],
    [", bind: 0.0.0.0", ', bind: "::1"', true],
    [", bind: 127.0.0.9", ', bind: "::"', true],
    [", protocol: udp", "", false],
    [", protocol: udp", ", protocol: udp", true],
  ] as const
) {
  Deno.test(`parseWorkspace: one port, ${first || "default"} and ${second || "default"}: ${clashes ? "clash" : "fine"}`, () => {
    const found = parse(clash(first, second)).diagnostics.filter((diagnostic) => diagnostic.code === "PF0043");
    assert.deepEqual(
      found.map((diagnostic) => diagnostic.message),
      clashes ? ["local port 8080 is used by both 'web' and 'api'"] : [],
    );
  });
}

Deno.test("parseWorkspace: a forward that is wrong elsewhere still takes its port", () => {
  const text =
    `${HEAD}forwards:\n  web: { servce: a/b, port: 1, local: 8080 }\n  api: { service: a/c, port: 1, local: 8080 }\n`;
  assert.deepEqual(problems(text), ["PF0015 4:10 servce", "PF0043 5:40 8080"]);
});

Deno.test("parseWorkspace: a probe of HTTP that `defaults` asks for is not meant for UDP", () => {
  const text = `${HEAD}defaults: { health: { probe: { http: { path: / } } } }\nforwards:\n` +
    "  dns: { service: a/dns, port: 53, protocol: udp }\n  web: { service: a/web, port: 80 }\n";
  const { workspace, diagnostics } = parse(text);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(workspace?.forwards.map(({ health }) => health.probe.kind), ["tcp", "http"]);
});

for (const target of ["pod: a/b", "deployment: a/b", "selector: { namespace: a, labels: { app: b } }"]) {
  Deno.test(`parseWorkspace: UDP cannot get to ${target}, which has no NodePort`, () => {
    const text = `${HEAD}forwards:\n  dns: { ${target}, port: 53, protocol: udp }\n`;
    assert.deepEqual(parse(text).diagnostics.map(({ code }) => code), ["PF0061"]);
  });
}

Deno.test("parseWorkspace: warnings stand beside a workspace, errors do not", () => {
  const warned = parse(forward("bind: [0.0.0.0]"));
  assert.deepEqual(warned.diagnostics.map(({ code, severity }) => [code, severity]), [["PF0026", "warning"]]);
  assert.notEqual(warned.workspace, null);
  assert.equal(parse(forward("bind: [nowhere]")).workspace, null);
});

for (
  const [text, want] of [
    ["local: 0", "PF0020 0"],
    ["local: 80.5", "PF0020 80.5"],
    ["local: 65536", "PF0020 65536"],
    ["local: -1", "PF0020 -1"],
    ["local: 1-70000", "PF0020 1-70000"],
    ["local: 9110-9100", "PF0021 9110-9100"],
    ['local: "8080"', 'PF0021 "8080"'],
    ["local: any", "PF0021 any"],
    ["local: [1]", "PF0014 [1]"],
    ["local:", "PF0016 local"],
    ["hold: 5", "PF0023 5"],
    ["hold: 5 s", "PF0023 5 s"],
    ["hold: 25h", "PF0023 25h"],
    ["hold: s5", "PF0023 s5"],
    ["hold: 5s1m", "PF0023 5s1m"],
    ["hold: { a: 1 }", "PF0014 { a: 1 }"],
    ["health: { every: 0s }", "PF0023 0s"],
    ["health: { probe: udp }", "PF0030 udp"],
    ["health: { probe: { exec: [] } }", "PF0028 []"],
    ["health: { probe: { http: { path: /a, status: 99 } } }", "PF0024 99"],
    ["health: { probe: {} }", "PF0030 probe"],
    ["health: { probe: { http: { path: / }, exec: [x] } }", "PF0030 probe"],
    ["backoff: { max: 500ms }", "PF0031 500ms"],
    ["reconnect: yes", "PF0014 yes"],
    ["route: Direct", "PF0019 Direct"],
    ["route: kubectl", "PF0017 kubectl"],

    ["protocol: sctp", "PF0019 sctp"],
    ["protocol: udp, route: tunnel", "PF0061 tunnel"],
    ["protocol: udp, expose: nodePort", "PF0061 expose"],
    ["protocol: udp, health: { probe: { http: { path: / } } }", "PF0030 probe"],
    ["expose: loadBalancer", "PF0019 loadBalancer"],
    ["on_conflict: fail", "PF0015 on_conflict"],
    ["cluster: ply", "PF0045 ply"],
    ["tags: { a: b }", "PF0039 tags"],
    ["bind: []", "PF0028 []"],
    ['bind: ["[::1]"]', 'PF0025 "[::1]"'],
    ["bind: [256.0.0.1]", "PF0025 256.0.0.1"],
    ["hold: !y 5s", "PF0013 5s"],
  ] as const
) {
  Deno.test(`parseWorkspace: ${text}`, () => {
    assert.deepEqual(problems(forward(text)).map((line) => line.replace(/ \d+:\d+/, "")), [want]);
    assert.equal(parse(forward(text)).workspace, null);
  });
}

Deno.test("parseWorkspace: 10,000 lines in well under a second, right or wrong, in nearly linear time", () => {
  const big = (count: number, key: string) => {
    let text = `${HEAD}forwards:\n`;
    for (let index = 0; index < count; index++) {
      text += `  f${index}:\n    cluster: play\n    ${key}: default/web${index}\n    port: 80\n    local: ${
        3000 + index
      }\n`;
    }
    return text;
  };
  for (const key of ["service", "servise"]) {
    parse(big(200, key));
    const started = performance.now();
    const { workspace, diagnostics } = parse(big(2000, key));
    assert.ok(performance.now() - started < 15_000, `${key}: ${performance.now() - started} ms`);
    assert.equal(key === "service" ? workspace?.forwards.length : diagnostics.length, 2000);
  }
});
