import assert from "node:assert/strict";
import { formatWorkspace } from "./format.ts";
import { parseWorkspace } from "../../src/config/parse.ts";
import type { K3dSpec } from "../../src/model/k3d.ts";
import { formatPortSpec } from "../../src/model/k3d_ports.ts";
import type { ClusterSpec } from "../../src/model/workspace.ts";

const options = { file: "/team/forwards.yaml", home: "/home/me" };
const KECS = "kecs: { instance: demo, region: us-east-1 }";

function read(clusters: string, forwards = ""): readonly ClusterSpec[] {
  const { workspace, diagnostics } = parseWorkspace(
    `version: 1\nclusters:\n${clusters}forwards:\n${forwards}`,
    options,
  );
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
  return [...workspace?.clusters.values() ?? []];
}

function one(text: string): ClusterSpec {
  const [cluster] = read(`  dev: { ${text} }\n`);
  assert.ok(cluster !== undefined);
  return cluster;
}

function k3d(text: string): K3dSpec {
  const { access } = one(text);
  assert.ok(access.kind === "k3d");
  return access.spec;
}

/** `CODE severity message`, one for each diagnostic. */
function said(clusters: string, forwards = ""): readonly string[] {
  const { diagnostics } = parseWorkspace(`version: 1\nclusters:\n${clusters}forwards:\n${forwards}`, options);
  return diagnostics.map(({ code, severity, message }) => `${code} ${severity} ${message}`);
}

Deno.test("k3d: {} is k3d's defaults, under the cluster's own name", () => {
  assert.deepEqual(k3d("k3d: {}"), {
    name: "dev",
    servers: 1,
    agents: 0,
    ports: [],
    k3sArgs: [],
    volumes: [],
    env: [],
    nodeLabels: [],
    runtimeLabels: [],
    registries: { use: [] },
    options: [],
    edits: "ask",
    kubeconfig: { update: true, switch: false },
  });
});

Deno.test("k3d: every key", () => {
  const { ports, ...spec } = k3d(
    `k3d: { name: kecs-demo, image: "rancher/k3s:v1", servers: 3, agents: 2, apiPort: 127.0.0.1:6550, ` +
      `ports: ["5373:30080@server:0", "127.0.0.1:53:53/UDP@agent:*;server:0", 9000-9001:30800-30801@loadbalancer], ` +
      `k3sArgs: ["--disable=traefik@server:*"], volumes: ["./a:/a@all"], env: ['A=b\\@c'], labels: { tier: x@agent:0 }, ` +
      `runtimeLabels: { team/x: "a b" }, registries: { create: r:0.0.0.0:5000, use: [q], config: r.yaml }, network: net, ` +
      `config: ../k3d.yaml, options: [--no-rollback], edits: never, kubeconfig: { update: false } }`,
  );
  assert.deepEqual(ports.map(formatPortSpec), [
    "5373:30080@server:0",
    "127.0.0.1:53:53/udp@agent:*;server:0",
    "9000-9001:30800-30801@loadbalancer",
  ]);
  assert.deepEqual(spec, {
    name: "kecs-demo",
    image: "rancher/k3s:v1",
    servers: 3,
    agents: 2,
    apiPort: "127.0.0.1:6550",
    k3sArgs: ["--disable=traefik@server:*"],
    volumes: ["./a:/a@all"],
    env: ["A=b\\@c"],
    nodeLabels: ["tier=x@agent:0"],
    runtimeLabels: ["team/x=a b"],
    registries: { create: "r:0.0.0.0:5000", use: ["q"], config: "/team/r.yaml" },
    network: "net",
    config: "/k3d.yaml",
    options: ["--no-rollback"],
    edits: "never",
    kubeconfig: { update: false, switch: false },
  });
  assert.equal(k3d("k3d: { apiPort: 6550 }").apiPort, "6550");
});

Deno.test("alb: {} is KECS' rule", () => {
  const { alb } = one(`${KECS}, alb: {}`);
  assert.deepEqual({ ...alb, where: null }, {
    publish: "auto",
    listeners: [{ listener: 80, local: 8080, nodePort: 30880 }, { listener: 443, local: 8443, nodePort: 30443 }],
    range: { local: { first: 9000, last: 9099 }, nodePorts: { first: 30800, last: 30899 } },
    hosts: true,
    where: null,
  });
  assert.equal(one("alb: {}").alb?.hosts, false, "without KECS there is no name to write");
  assert.equal(one(`${KECS}, alb: { range: none }`).alb?.range, undefined);
});

for (
  const [text, want] of [
    ["[9001]", [[9001, 9001, 30801]]],
    ["[8080, 3000]", [[8080, 8088, 30880], [3000, 8000, 30800]]],
    ["[{ listener: 80, local: 18080 }]", [[80, 18080, 30880]]],
    ["[{ listener: 443, nodePort: 31443 }]", [[443, 8443, 31443]]],
    ["[]", []],
  ] as const
) {
  Deno.test(`alb: listeners ${text}`, () => {
    assert.deepEqual(
      one(`${KECS}, alb: { listeners: ${text} }`).alb?.listeners.map((l) => [l.listener, l.local, l.nodePort]),
      want,
    );
  });
}

for (
  const [text, want] of [
    ["{ local: 7000-7009 }", [7000, 7009, 30800, 30809]],
    ["{ nodePorts: 31000-31019 }", [9000, 9019, 31000, 31019]],
    ["{ local: 7000, nodePorts: 31000 }", [7000, 7000, 31000, 31000]],
    ["{}", [9000, 9099, 30800, 30899]],
  ] as const
) {
  Deno.test(`alb: range ${text}, and a listener inside it follows it`, () => {
    const { alb } = one(`${KECS}, alb: { range: ${text}, listeners: [${want[0]}] }`);
    const { range } = alb ?? {};
    assert.deepEqual([range?.local.first, range?.local.last, range?.nodePorts.first, range?.nodePorts.last], want);
    assert.deepEqual(alb?.listeners, [{ listener: want[0], local: want[0], nodePort: want[2] }]);
  });
}

Deno.test("alb: what k3d is to publish becomes ports of the cluster, each once", () => {
  const ports = (text: string) => k3d(text).ports.map(formatPortSpec);
  assert.deepEqual(ports("k3d: {}, alb: { publish: k3d }"), ["8080:30880@loadbalancer", "8443:30443@loadbalancer"]);
  assert.deepEqual(ports("k3d: {}, alb: { publish: k3d, listeners: [], range: {} }"), [
    "9000-9099:30800-30899@loadbalancer",
  ]);
  assert.deepEqual(
    ports('k3d: { ports: ["8000-8100:30800-30900@server:0"] }, alb: { publish: k3d, listeners: [80, 443] }'),
    ["8000-8100:30800-30900@server:0", "8443:30443@loadbalancer"],
  );
  assert.deepEqual(ports("k3d: {}, alb: { publish: auto }"), []);
  assert.deepEqual(
    said('  dev: { k3d: { ports: ["8080:80@server:0"] }, alb: { publish: k3d } }\n'),
    [
      "PF0054 error local port 8080 is used by both k3d for cluster 'dev' and k3d for cluster 'dev'",
    ].map((line) => line.replace(/used by both .* and/, "published twice by")),
  );
});

for (
  const [text, want] of [
    ["{}", [32000, 32999, 30000, 30999]],
    ["{ local: 31000-31009 }", [31000, 31009, 30000, 30009]],
    ["{ nodePorts: 30100-30199 }", [32000, 32099, 30100, 30199]],
    ["{ local: 31000, nodePorts: 30100 }", [31000, 31000, 30100, 30100]],
  ] as const
) {
  Deno.test(`publicIp: ${text}`, () => {
    const { publicIp } = one(`${KECS}, publicIp: ${text}`);
    const { local, nodePorts } = publicIp ?? {};
    assert.deepEqual([local?.first, local?.last, nodePorts?.first, nodePorts?.last], want);
  });
}

Deno.test("publicIp: a range that would end above 65535 is one of another size", () => {
  assert.deepEqual(said(`  dev: { ${KECS}, publicIp: { local: 1-60000 } }\n`), [
    "PF0055 error 60000 local ports (1-60000) do not fit 35536 NodePorts (30000-65535): both ranges must have the same size",
  ]);
});

const alb = (name: string, more = "") =>
  `  ${name}: { kecs: { instance: ${name}, region: us-east-1 }, alb: {${more}} }\n`;
const forward = (local: number, more = "") =>
  `  web: { cluster: one, service: a/b, port: 80, local: ${local}${more} }\n`;

Deno.test("clashes: what is written as the fix is one", () => {
  const before = parseWorkspace(`version: 1\nclusters:\n${alb("one")}${alb("two")}${alb("three")}`, options);
  assert.deepEqual(before.diagnostics.map(({ code, severity }) => `${code} ${severity}`), [
    "PF0058 warning",
    "PF0058 warning",
  ]);
  assert.notEqual(before.workspace, null);
  const fixes = before.diagnostics.map(({ help }) => {
    const [, name, listeners, range] =
      /under clusters\.(\w+)\.alb write (listeners: \[.*\]) and (range: \{.*\})$/.exec(help ?? "") ?? [];
    return alb(name ?? "", ` ${listeners}, ${range} `);
  });
  assert.deepEqual(said(alb("one") + fixes.join("")), []);
});

for (
  const [name, clusters, forwards, want] of [
    ["a default range that holds a forward's port is none", alb("one"), forward(9000), []],
    ["a range that was written and holds it is one", alb("one", " range: {} "), forward(9000), [
      "PF0058 warning local port 9000 is used by both 'web' and the listeners 9000-9099 of cluster 'one'",
    ]],
    ["other addresses are none", alb("one"), forward(8080, ", bind: 127.0.0.7"), []],
    [
      "a range of a forward moves aside",
      alb("one"),
      "  web: { cluster: one, service: a/b, port: 80, local: 8080-8090 }\n",
      [],
    ],
    [
      "k3d's port of another address is none",
      '  one: { k3d: { ports: ["127.0.0.7:8080:80@server:0"] } }\n',
      forward(8080),
      [],
    ],
    ["k3d's udp port is none", '  one: { k3d: { ports: ["8080:80/udp@server:0"] } }\n', forward(8080), []],
    [
      "a port that Docker chooses is none",
      '  one: { k3d: { ports: ["80@server:0", "8080-8090:81@server:0"] } }\n',
      forward(8080),
      [],
    ],
    [
      "a listener that k3d publishes already is none",
      `  one: { ${KECS}, k3d: { ports: ["8080:30880@loadbalancer"] }, alb: {} }\n`,
      "",
      [],
    ],
    [
      "k3d's port has it for certain, also when it comes later",
      alb("two") + '  one: { k3d: { ports: ["8080:80@server:0"] } }\n',
      "",
      [
        "PF0058 warning local port 8080 is used by both k3d for cluster 'one' and listener 80 of cluster 'two'",
      ],
    ],
    ["two API ports", "  one: { k3d: { apiPort: 6550 } }\n  two: { k3d: { apiPort: 127.0.0.1:6550 } }\n", "", [
      "PF0054 error local port 6550 is used by both the API of cluster 'one' and the API of cluster 'two'",
    ]],
    [
      "public IPs of two clusters, and a range of load balancers in them",
      `  one: { ${KECS}, publicIp: {} }\n  two: { ${KECS}, alb: { listeners: [], range: { local: 32990-32999 } }, publicIp: { local: 33000-33009 } }\n`,
      "",
      [
        "PF0058 warning local ports 32990-32999 are used by both public IPs of cluster 'one' and the listeners 32990-32999 of cluster 'two'",
      ],
    ],
  ] as const
) {
  Deno.test(`clashes: ${name}`, () => assert.deepEqual(said(clusters, forwards), want));
}

Deno.test("clashes: clusters that share text by an anchor are told apart by their keys", () => {
  const text = `version: 1\nclusters:\n  one: &one { k3d: { ports: ["8080:80@server:0"] } }\n  two: *one\n`;
  const [problem, ...more] = parseWorkspace(text, options).diagnostics;
  assert.deepEqual(more, []);
  assert.deepEqual([problem?.where?.line, problem?.where?.column, problem?.notes?.[0]?.where?.line], [4, 3, 3]);
});

Deno.test("clashes: ten thousand published ports in little time", () => {
  const ports = Array.from({ length: 10_000 }, (_, index) => `"${10_000 + index}:80@server:0"`).join(", ");
  const started = performance.now();
  assert.deepEqual(
    said(`  one: { k3d: { ports: [${ports}] } }\n  two: { k3d: { ports: ["1-65000:1-65000@server:0"] } }\n`).length,
    1,
  );
  assert.ok(performance.now() - started < 20_000, `${performance.now() - started} ms`);
});

Deno.test("parts that are wrong say no more than that", () => {
  assert.deepEqual(said("  dev: { kecs: { instance: demo }, publicIp: {}, alb: { hosts: true } }\n"), [
    "PF0016 error 'kecs' has no 'region'",
  ]);
  assert.deepEqual(said("  dev: { k3d: { servers: x }, alb: { publish: k3d } }\n"), [
    "PF0014 error 'servers' takes a whole number, not text",
  ]);
});

Deno.test("a variable that holds a secret is not repeated in a message", () => {
  const { diagnostics } = parseWorkspace(
    'version: 1\nclusters: { dev: { k3d: { env: ["PASS=hun@ter2"] } } }\n',
    options,
  );
  assert.deepEqual(diagnostics.map(({ code }) => code), ["PF0053"]);
  assert.ok(!JSON.stringify(diagnostics).includes("ter2"));
});

Deno.test("expose: nodePort asks for a companion", () => {
  const text =
    "version: 1\nclusters: { play: { sandbox: {} } }\nforwards:\n  web: { service: a/b, port: 80, expose: nodePort }\n";
  const { workspace } = parseWorkspace(text, options);
  assert.deepEqual(workspace?.forwards[0]?.expose, { kind: "companion" });
  assert.match(formatWorkspace(workspace), /expose: nodePort/);
});

Deno.test("defaults are handed on to forwards that are not in the file", () => {
  const { workspace } = parseWorkspace("version: 1\ndefaults: { bind: 127.0.0.9, hold: 1s }\n", options);
  assert.deepEqual([workspace?.defaults?.bind, workspace?.defaults?.hold, workspace?.defaults?.route], [
    ["127.0.0.9"],
    1000,
    "auto",
  ]);
});
