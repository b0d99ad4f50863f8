import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonIn, parseLogLine, parseProcesses, parseVersion, plain } from "../../src/k3d/output.ts";
import { parseBindings, parseIds, parseInspect, parseNames, parseUpstreams } from "../../src/k3d/parse_docker.ts";
import { addressIn, failureOf } from "../../src/k3d/failures.ts";
import type { RunResult } from "../../src/model/run.ts";

const INFO = "\u001b[36mINFO\u001b[0m[0000] Using the k3d-tools node to gather environment information \n";

Deno.test("log lines: coloured, short and long; nothing else is one", () => {
  assert.deepEqual(parseLogLine(INFO.trimEnd()), {
    level: "info",
    message: "Using the k3d-tools node to gather environment information",
  });
  assert.deepEqual(parseLogLine('time="2026-01-01T00:00:00Z" level=fatal msg="unknown flag: --x \\"y\\""'), {
    level: "fatal",
    message: 'unknown flag: --x "y"',
  });
  assert.equal(parseLogLine("WARN[2026-01-01T00:00:00Z] careful")?.level, "warn");
  for (const line of ["", "[]", "INFO", "kubectl cluster-info"]) assert.equal(parseLogLine(line), null, line);
});

Deno.test("JSON is found among log lines; null and nothing are told apart", () => {
  assert.deepEqual(jsonIn(`${INFO}[{"name":"a"}]\n${INFO}`), [{ name: "a" }]);
  assert.equal(jsonIn("null\n"), null);
  assert.equal(jsonIn(INFO), undefined);
  assert.deepEqual(jsonIn("[\n  1,\n  2\n]"), [1, 2]);
});

Deno.test("versions: JSON, text, pre-releases; what each can do", () => {
  for (
    const [text, version, can] of [
      ['{"k3d":"v5.9.0","k3s":"v1.35.5-k3s1"}', "5.9.0", true],
      ["k3d version v5.8.3\nk3s version v1.31.5-k3s1 (default)\n", "5.8.3", false],
      [`${INFO}k3d version v5.10.1`, "5.10.1", true],
      ["k3d version v5.9.0-rc.1", "5.9.0-rc.1", true],
      ["k3d version v6.0.0", "6.0.0", true],
      ["k3d version v4.4.8", "4.4.8", false],
    ] as const
  ) assert.deepEqual(parseVersion(text), { text: version, canDeletePorts: can });
  for (const text of ["", "null", "k3d version dev", "{}"]) assert.equal(parseVersion(text), null, text);
});

Deno.test("bindings: the API's key without protocol, random ports, udp, absent and odd values", () => {
  assert.deepEqual(
    parseBindings({
      "30080/tcp": [{ HostIp: "", HostPort: "21080" }, { HostIp: "127.0.0.1", HostPort: "" }],
      "6443": [{ HostIp: "0.0.0.0", HostPort: "46681" }],
      "53/udp": [{ HostIp: "::1", HostPort: "5353" }],
      "81/tcp": null,
      "x": [{}],
      "82/tcp": [null, "y"],
    }),
    [
      { hostIp: "0.0.0.0", hostPort: "46681", containerPort: 6443, protocol: "tcp" },
      { hostIp: "", hostPort: "21080", containerPort: 30080, protocol: "tcp" },
      { hostIp: "127.0.0.1", hostPort: "", containerPort: 30080, protocol: "tcp" },
      { hostIp: "::1", hostPort: "5353", containerPort: 53, protocol: "udp" },
    ],
  );
  for (const value of [undefined, null, [], "x"]) assert.deepEqual(parseBindings(value), []);
});

Deno.test("inspect: nothing kept of environment, arguments and token; containers of others are left out", () => {
  const container = (labels: Record<string, string>) => ({
    Id: "abc",
    Name: "/k3d-a-server-0",
    State: { Status: "running" },
    Config: { Image: "i:1", Env: ["K3S_TOKEN=SECRET1"], Cmd: ["server", "--token", "SECRET1"], Labels: labels },
    HostConfig: { PortBindings: null },
    NetworkSettings: { Ports: {}, Networks: { net: { IPAddress: "172.18.0.2" } } },
  });
  const labels = {
    app: "k3d",
    "k3d.cluster": "a",
    "k3d.role": "server",
    "k3d.cluster.token": "SECRET1",
    "k3d.cluster.network": "net",
    x: "y",
  };
  const parsed = parseInspect(JSON.stringify([container(labels), container({ app: "web" }), null, 4, {}]));
  assert.equal(parsed.length, 1);
  assert.equal(parsed[0]?.node.address, "172.18.0.2");
  assert.equal(parsed[0]?.node.role, "server");
  assert.ok(!JSON.stringify(parsed).includes("SECRET1"));
  for (const text of ["", "null", "[]", "{", "Error: No such object: x"]) assert.deepEqual(parseInspect(text), []);
});

Deno.test("upstreams: only with a name, keys as Docker's", () => {
  const text =
    `${INFO}[{"name":"a","serverLoadBalancer":{"config":{"ports":{"6443.tcp":["k3d-a-server-0"],"53.udp":[]}}}}]`;
  assert.deepEqual(parseUpstreams(text, "a"), { "6443/tcp": ["k3d-a-server-0"], "53/udp": [] });
  assert.equal(parseUpstreams(text, "b"), null);
  for (
    const other of ["[]", "null", "", '[{"name":"a"}]', '[{"name":"a","serverLoadBalancer":{"config":{"ports":null}}}]']
  ) {
    assert.equal(parseUpstreams(other, "a"), null, other);
  }
});

Deno.test("ids and names", () => {
  assert.deepEqual(parseIds("0123456789ab\nnot an id\n\n"), ["0123456789ab"]);
  assert.deepEqual(parseNames('{"Names":"web"}\n{"Names":"db"}\n'), ["web", "db"]);
  assert.deepEqual(parseNames('[{"Names":"web"}]'), ["web"]);
});

Deno.test("processes: k3d's own commands, also behind an interpreter, and nothing of their flags", () => {
  const text = [
    "    1 /sbin/init",
    " 4711 k3d cluster edit dev --port-add 8080:80@server:0",
    " 4712 python3 /opt/tools/k3d cluster create other --env SECRET=hush@all",
    " 4713 /usr/local/bin/k3d node create n1 --cluster dev --role agent",
    " 4714 k3d cluster list -o json",
    " 4715 grep k3d cluster edit dev",
    " 4716 vim /home/x/k3d cluster",
    " 4717 k3d cluster create --agents 2 late",
  ].join("\n");
  assert.deepEqual(parseProcesses(text), [
    { pid: 4711, verb: "cluster edit", cluster: "dev" },
    { pid: 4712, verb: "cluster create", cluster: "other" },
    { pid: 4713, verb: "node create", cluster: "dev" },
    { pid: 4717, verb: "cluster create", cluster: "late" },
  ]);
});

const result = (stderr: string, more: Partial<RunResult> = {}): RunResult => ({
  code: 1,
  end: "exited",
  stdout: "",
  stderr,
  ...more,
});
const edit = ["k3d", "cluster", "edit", "a"];

Deno.test("failures: each by its own reason, in words without colours or secrets", () => {
  const cases: readonly (readonly [readonly string[], RunResult, string, RegExp])[] = [
    [edit, result("", { end: "not-found", code: 127 }), "k3d-missing", /not installed/],
    [["docker", "ps"], result("", { end: "not-found", code: 127 }), "docker-missing", /not installed/],
    [edit, result("", { end: "timed-out", code: 124 }), "timed-out", /took too long/],
    [
      ["docker", "ps"],
      result("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"),
      "docker-down",
      /is it running/,
    ],
    [
      ["docker", "ps"],
      result(
        "Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
      ),
      "docker-down",
      /permission denied/,
    ],
    [
      edit,
      result(
        "\u001b[31mFATA\u001b[0m[0001] Rolled back: driver failed: Bind for 0.0.0.0:8080 failed: port is already allocated \n",
      ),
      "port-in-use",
      /port 8080 is already in use/,
    ],
    [edit, result("panic: runtime error\n", { code: 2 }), "k3d-crashed", /crashed/],
    [edit, result('time="x" level=fatal msg="unknown flag: --port-delete"'), "k3d-too-old", /5\.9\.0/],
    [edit, result("\u001b[31mFATA\u001b[0m[0000] No nodes found for given cluster "), "not-found", /No nodes found/],
    [
      edit,
      result("\u001b[31mFATA\u001b[0m[0000] bad thing K3S_TOKEN=hush "),
      "k3d-failed",
      /status 1: bad thing K3S_TOKEN=…$/,
    ],
    [
      ["k3d", "cluster", "create", "a"],
      result(
        "\u001b[31mERRO\u001b[0m[1] the cause \n\u001b[31mFATA\u001b[0m[1] Cluster creation FAILED, all changes have been rolled back! ",
      ),
      "k3d-failed",
      /: the cause$/,
    ],
  ];
  for (const [argv, ran, reason, words] of cases) {
    const failure = failureOf(argv, ran);
    assert.equal(failure.reason, reason, ran.stderr);
    assert.match(failure.message, words);
    assert.ok(!failure.message.includes("\u001b") && !failure.message.includes("hush"));
  }
});

Deno.test("the address in Docker's words", () => {
  for (
    const [text, host, port] of [
      ["listen tcp4 0.0.0.0:8080: bind: address already in use", "0.0.0.0", 8080],
      ["listen udp 127.0.0.1:5353: bind: address already in use", "127.0.0.1", 5353],
      ["listen tcp6 [::]:8080: bind: address already in use", "::", 8080],
      ["Bind for :::8081 failed: port is already allocated", null, null],
      ["Bind for 127.0.0.1:8081 failed: port is already allocated", "127.0.0.1", 8081],
      ["nothing", null, null],
    ] as const
  ) assert.deepEqual(addressIn(text), host === null ? null : { host, port }, text);
});

Deno.test("no output makes a parser throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    plain(text);
    parseVersion(text);
    parseInspect(text);
    parseUpstreams(text, "a");
    parseProcesses(text);
    parseIds(text);
    parseNames(text);
    failureOf(edit, result(text, { stdout: text }));
  }));
});
