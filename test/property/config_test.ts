import assert from "node:assert/strict";
import fc from "fast-check";
import { formatWorkspace } from "../config/format.ts";
import { parseWorkspace } from "../../src/config/parse.ts";
import { renderDiagnostics } from "../../src/diagnostics/render.ts";
import { port } from "../../src/model/port.ts";
import { describeSpecChanges } from "../../src/model/spec_diff.ts";
import type { ClusterSpec, ForwardSpec, ProbeSpec, Target, Workspace } from "../../src/model/workspace.ts";

const SEED = `version: 1
defaults: { hold: 5s, bind: [127.0.0.1, "::1"], health: { every: 30s, probe: { http: { path: /healthz } } } }
clusters:
  play: { sandbox: {} }
  dev: &dev { kubeconfig: ~/.kube/dev, context: "dev", kecs: { instance: demo, region: us-east-1 } }
  more: *dev
  made:
    k3d: { ports: ["8080:80@server:0"], apiPort: 127.0.0.1:6550, labels: { a: b@all }, env: ["A=b"], registries: { use: [r] } }
    kecs: { instance: made, region: us-east-1 }
    alb: { listeners: [80, { listener: 443, local: 18443 }], range: { local: 9000-9009 }, hosts: true }
    publicIp: { local: 31000-31099, nodePorts: 30100-30199 }
forwards:
  web: &web { cluster: play, service: default/web, port: 80, local: 3000 }
  api: { <<: *web, local: 9100-9110, route: tunnel }
  task:
    cluster: dev
    task: default
    tags: { app: api, 'version': stable } # newest
    port: metrics
  nodes: { cluster: play, selector: { namespace: jobs, labels: { app: node } }, port: 8000, reconnect: false, expose: nodePort }
`;

/** Pieces that YAML and the grammar care about. */
const PIECES = [
  ..."{}[]:,-#&*!|>'\"%@`?~\t\n\r \\$",
  "<<: *web",
  "---\n",
  "...\n",
  "*dev",
  "&web ",
  "!!binary ",
  "${X}",
  "\r\n",
  "\ufeff",
  "null",
  "1e999",
  "0x",
  "日本",
  "😀",
  "\ud800",
  "__proto__",
  "constructor",
  "port",
  "  ",
];

const edit = fc.record({ at: fc.nat(SEED.length), cut: fc.nat(12), put: fc.constantFrom("", ...PIECES) });

/** Parses, and checks what holds for any text. */
function check(text: string): void {
  const { workspace, diagnostics } = parseWorkspace(text, { file: "f.yaml", home: "/h" });
  assert.equal(workspace === null, diagnostics.some((diagnostic) => diagnostic.severity === "error"));
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  for (const { where, notes, message } of diagnostics) {
    assert.ok(message !== "" && !message.includes("\n"));
    for (const place of [where, ...(notes ?? []).map((note) => note.where)]) {
      if (place === null || place === undefined) continue;
      const line = lines[place.line - 1];
      assert.ok(line !== undefined, `line ${place.line} of ${lines.length}`);
      assert.ok(place.column >= 1 && place.column <= line.length + 1, `column ${place.column} of ${line.length}`);
      assert.ok(
        place.length >= 1 && place.column - 1 + place.length <= Math.max(line.length, place.column),
        "the token's end",
      );
    }
  }
  renderDiagnostics(diagnostics, { source: () => text });
}

Deno.test("parseWorkspace: never throws, and points inside the file, on mutated files", () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
      check(edits.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), SEED));
    }),
    { numRuns: 600 },
  );
});

Deno.test("parseWorkspace: never throws on any text", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...PIECES, "version: 1\n", "forwards:"), { maxLength: 40 }),
      (parts) => check(parts.join("")),
    ),
    {
      numRuns: 400,
    },
  );
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), check), { numRuns: 200 });
});

Deno.test("parseWorkspace: a file cut anywhere", () => {
  for (let length = 0; length <= SEED.length; length += 3) check(SEED.slice(0, length));
});

Deno.test("parseWorkspace: nesting thousands of levels deep", () => {
  for (
    const text of [
      "[".repeat(20_000),
      "{a: ".repeat(5_000),
      "- ".repeat(5_000),
      `version: 1\nforwards: ${"[".repeat(100)}${"]".repeat(100)}\n`,
    ]
  ) {
    check(text);
    assert.equal(parseWorkspace(text, { file: "f" }).workspace, null);
  }
});

const where = { file: "f.yaml", line: 1, column: 1, length: 1 };
const name = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?$/);
const dns = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
const labels = fc.dictionary(
  fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?$/),
  fc.stringMatching(/^([A-Za-z0-9]{0,8})$/),
  {
    minKeys: 1,
    maxKeys: 3,
  },
);
const anyPort = fc.integer({ min: 1, max: 65535 }).map(port);
const ms = (min: number) => fc.integer({ min, max: 86_400_000 });

const kubernetesTarget: fc.Arbitrary<Target> = fc.oneof(
  fc.record({ kind: fc.constantFrom("service", "pod", "deployment", "statefulset"), namespace: dns, name: dns }),
  fc.record({ kind: fc.constant("selector"), namespace: dns, labels }),
);
const ecsTarget: fc.Arbitrary<Target> = fc.oneof(
  fc.record({ kind: fc.constant("ecsService"), ecsCluster: dns, name: dns }),
  fc.record({ kind: fc.constant("ecsTask"), ecsCluster: dns, id: dns }),
  fc.record({
    kind: fc.constant("ecsTags"),
    ecsCluster: dns,
    tags: fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}$/),
      fc.string({ maxLength: 20 }).filter((text) => !text.includes("${")),
      {
        minKeys: 1,
        maxKeys: 3,
      },
    ),
  }),
);
const probe: fc.Arbitrary<ProbeSpec> = fc.oneof(
  fc.constantFrom<ProbeSpec>({ kind: "tcp" }, { kind: "none" }, { kind: "http", path: "/x" }, {
    kind: "http",
    path: "/",
    status: 204,
  }),
  fc.array(fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes("${")), {
    minLength: 1,
    maxLength: 3,
  })
    .map((argv): ProbeSpec => ({ kind: "exec", argv })),
);
const local: fc.Arbitrary<ForwardSpec["local"]> = fc.oneof(
  fc.constant<ForwardSpec["local"]>({ kind: "auto" }),
  fc.tuple(anyPort, anyPort).map(([a, b]): ForwardSpec["local"] => ({
    kind: "range",
    range: a <= b ? { first: a, last: b } : { first: b, last: a },
  })),
  anyPort.map((value): ForwardSpec["local"] => ({ kind: "fixed", port: value })),
);

const spec = (cluster: string, target: fc.Arbitrary<Target>): fc.Arbitrary<ForwardSpec> =>
  fc.record({
    name,
    cluster: fc.constant(cluster),
    target,
    port: fc.oneof(anyPort, fc.constantFrom("http", "metrics-1")),
    protocol: fc.constant("tcp"),
    local,
    bind: fc.constantFrom(["127.0.0.1"], ["::1", "127.0.0.1"], ["10.0.0.1"]),
    route: fc.constantFrom("auto", "direct", "tunnel"),
    balance: fc.constantFrom("auto", "newest", "round-robin", "sticky"),
    hold: ms(0),
    health: fc.record({ every: ms(100), timeout: ms(1), failures: fc.integer({ min: 1, max: 100 }), probe }),
    backoff: fc.tuple(ms(1), ms(1)).map(([a, b]) => ({ initial: Math.min(a, b), max: Math.max(a, b) })),
    reconnect: fc.boolean(),
    onConflict: fc.constantFrom("fail", "next-free"),
    where: fc.constant(where),
    localWhere: fc.constant(where),
  });

const clusters = new Map<string, ClusterSpec>([
  ["play", { name: "play", access: { kind: "sandbox" }, where }],
  ["plain", { name: "plain", access: { kind: "kubeconfig" }, where }],
  ["dev", {
    name: "dev",
    access: { kind: "kubeconfig", kubeconfig: "/k: #x", context: "1.0" },
    kecs: { instance: "d", region: "us-east-1" },
    where,
  }],
]);

const forwardsOfAny: fc.Arbitrary<readonly ForwardSpec[]> = fc.array(
  fc.oneof(spec("play", kubernetesTarget), spec("plain", kubernetesTarget), spec("dev", fc.oneof(ecsTarget))),
  { maxLength: 6 },
).map((forwards) => {
  const names = new Set<string>();
  const ports = new Set<number>();
  const kept = forwards.filter((forward) => {
    const fixed = forward.local.kind === "fixed" ? forward.local.port : 0;
    if (names.has(forward.name) || (fixed !== 0 && ports.has(fixed))) return false;
    names.add(forward.name);
    ports.add(fixed);
    return true;
  });
  return kept;
});
const workspace: fc.Arbitrary<Workspace> = fc.record({
  file: fc.constant("f.yaml"),
  clusters: fc.constant(clusters),
  forwards: forwardsOfAny,
  dashboard: fc.oneof(fc.constant(0), anyPort),
}, { requiredKeys: ["file", "clusters", "forwards"] });

Deno.test("formatWorkspace: what it writes parses to the same workspace", () => {
  fc.assert(
    fc.property(workspace, (wanted) => {
      const text = formatWorkspace(wanted);
      const { workspace: got, diagnostics } = parseWorkspace(text, { file: "f.yaml", home: "/h" });
      assert.deepEqual(diagnostics, [], text);
      assert.equal(got?.dashboard, wanted.dashboard);
      assert.deepEqual(got?.forwards.map((forward) => forward.name), wanted.forwards.map((forward) => forward.name));
      for (const [index, forward] of wanted.forwards.entries()) {
        const other: ForwardSpec | undefined = got?.forwards[index];
        assert.ok(other !== undefined);
        assert.deepEqual(describeSpecChanges(forward, other), [], text);
      }
      assert.deepEqual(
        [...got?.clusters.values() ?? []].map(({ where: _, ...rest }) => rest),
        [...clusters.values()].map(({ where: _, ...rest }) => rest),
      );
    }),
    { numRuns: 150 },
  );
});

const range = fc.tuple(fc.integer({ min: 1, max: 65_400 }), fc.integer({ min: 0, max: 30 }))
  .map(([first, more]) => more === 0 ? first : `${first}-${first + more}`);
const listText = fc.array(fc.constantFrom("--a=b", "x:y@server:0", "A=b@agent:*;server:0", "C=d\\@e"), {
  maxLength: 2,
});
const flags = fc.record({
  name: fc.constantFrom("one", "kecs-demo"),
  servers: fc.integer({ min: 1, max: 3 }),
  agents: fc.integer({ min: 0, max: 3 }),
  apiPort: fc.constantFrom<string | number>(6550, "127.0.0.1:6551", "k3d.local:6552", "[::1]:6553"),
  ports: fc.array(
    fc.constantFrom(
      "8080:80@loadbalancer",
      "8080:30880@server:*",
      "127.0.0.1:8443:443/udp@agent:0;server:0",
      "[::1]:9000-9010:30800-30810@all",
      "9000-9099:30800-30899@loadbalancer",
      "80",
      "7000-7010:80@server:0",
    ),
    { maxLength: 3 },
  ),
  k3sArgs: listText,
  volumes: listText,
  env: listText,
  labels: fc.dictionary(fc.constantFrom("a", "b/c", "d.e"), fc.constantFrom("", "x", "y@agent:0"), { maxKeys: 2 }),
  runtimeLabels: fc.dictionary(fc.constantFrom("a", "b/c", "team"), fc.constantFrom("", "x=y", "y z@all"), {
    maxKeys: 2,
  }),
  registries: fc.record({ create: fc.constant("r:5000"), use: listText, config: fc.constant("r.yaml") }, {
    requiredKeys: [],
  }),
  network: fc.constant("net"),
  config: fc.constantFrom("k3d.yaml", "~/k3d.yaml"),
  options: fc.constant(["--no-rollback"]),
  edits: fc.constantFrom("ask", "auto", "never"),
  kubeconfig: fc.constantFrom({}, { update: false }, { switch: true }, { update: true, switch: false }),
}, { requiredKeys: [] });
const pairOfRanges = fc.oneof(
  { weight: 5, arbitrary: fc.oneof(fc.record({ local: range }), fc.record({ nodePorts: range })) },
  fc.record({ local: range, nodePorts: range }),
);
const listenerPort = fc.oneof(fc.constantFrom(80, 443, 8080, 9001), fc.integer({ min: 1, max: 65_535 }));
const written = fc.record({
  k3d: flags,
  kecs: fc.constant({ instance: "demo", region: "us-east-1" }),
  alb: fc.record({
    publish: fc.constantFrom("auto", "berth", "k3d"),
    listeners: fc.array(
      fc.oneof(
        listenerPort,
        fc.record({ listener: listenerPort, local: listenerPort, nodePort: listenerPort }, {
          requiredKeys: ["listener"],
        }),
      ),
      { maxLength: 3 },
    ),
    range: fc.oneof(fc.constant("none"), pairOfRanges),
    hosts: fc.boolean(),
  }, { requiredKeys: [] }),
  publicIp: pairOfRanges,
}, { requiredKeys: ["kecs"] });

Deno.test("formatWorkspace: clusters that parse are written so that they parse to the same", () => {
  let good = 0;
  const plain = (workspace: Workspace | null) =>
    JSON.stringify(
      [...workspace?.clusters.values() ?? []],
      (key, value: unknown) => key === "where" ? undefined : value,
    );
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("one", "two", "three"), written, { minKeys: 1, maxKeys: 2 }),
      (clusters) => {
        const text = JSON.stringify({ version: 1, clusters: { ...clusters } });
        check(text);
        const first = parseWorkspace(text, { file: "f.yaml", home: "/h" });
        if (first.workspace === null) return;
        good++;
        const again = formatWorkspace(first.workspace);
        const second = parseWorkspace(again, { file: "f.yaml", home: "/h" });
        assert.deepEqual(second.diagnostics.filter((diagnostic) => diagnostic.severity === "error"), [], again);
        assert.deepEqual(JSON.parse(plain(second.workspace)), JSON.parse(plain(first.workspace)), again);
      },
    ),
    { numRuns: 400, seed: 7 },
  );
  assert.ok(good > 50, `only ${good} of them parse`);
});
