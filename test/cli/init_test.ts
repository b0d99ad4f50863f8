import assert from "node:assert/strict";
import { parseWorkspace } from "../../src/config/parse.ts";
import { parseChoice } from "../../src/draft/choice.ts";
import { AccessError } from "../../src/model/cluster_access.ts";
import type { Survey, SurveyService } from "../../src/model/survey.ts";
import { openGoldens } from "../view/golden.ts";
import { cli, type FakeServices } from "./fake_services.ts";

const goldens = openGoldens("init");
// The YAML library reads two variables.
const permissions = goldens.permissions === "none" ? { env: ["LOG_TOKENS", "LOG_STREAM"] } : goldens.permissions;

const tcp = (port: number, name: string | null = null) => ({ port, name, protocol: "TCP" });

function service(place: string, changes: Partial<SurveyService> = {}): SurveyService {
  const [namespace = "", name = ""] = place.split("/");
  return { namespace, name, labels: {}, external: false, ports: [tcp(80, "http")], ...changes };
}

const PLAIN: Survey = {
  namespaces: [],
  services: [
    service("shop/web"),
    service("shop/api", { ports: [tcp(80), tcp(9090, "metrics"), { port: 53, name: null, protocol: "UDP" }] }),
    service("default/kubernetes"),
    service("kube-system/metrics-server"),
    service("shop/elsewhere", { external: true }),
    service("billing/web"),
  ],
  tasks: [],
};

const KECS: Survey = {
  namespaces: [
    { name: "default-us-east-1", labels: { "kecs.dev/cluster": "default", "kecs.dev/region": "us-east-1" } },
    { name: "kecs-system", labels: {} },
  ],
  services: [
    service("default-us-east-1/ecs-service-web"),
    service("default-us-east-1/api", { labels: { "kecs.dev/service": "api" } }),
    service("default-us-east-1/task-1f6e0c5a2b7d4e8f9a0b1c2d3e4f5a60"),
    service("kecs-system/kecs-api"),
    service("other/thing"),
  ],
  tasks: [{ namespace: "default-us-east-1", id: "1f6e0c5a2b7d4e8f9a0b1c2d3e4f5a60", ports: [tcp(8080)] }],
};

const at = (surveyed: Survey | Error, typed: string[] | null = null) => (services: FakeServices) => {
  services.surveyed = surveyed;
  services.typed = typed;
};

function forwardsOf(text: string | undefined): readonly string[] {
  const { workspace, diagnostics } = parseWorkspace(text ?? "", { file: "forwards.yaml" });
  assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
  return workspace?.forwards.map(({ name }) => name) ?? [];
}

Deno.test({ name: "all of a cluster", permissions }, async () => {
  const { code, out, err } = await cli(["init", "--all", "--out", "-"], at(PLAIN));
  assert.equal(code, 0);
  assert.equal(err, "");
  goldens.check("plain.yaml", out);
  assert.deepEqual(forwardsOf(out), ["web", "api-80", "api-metrics", "web-80"]);
});

Deno.test({ name: "a cluster that runs KECS", permissions }, async () => {
  const { code, out } = await cli(["init", "--all", "--out", "-", "--context", "k3d-kecs-demo"], at(KECS));
  assert.equal(code, 0);
  goldens.check("kecs.yaml", out);
  assert.equal(forwardsOf(out).length, 3);
});

Deno.test({ name: "one namespace, also one of the system", permissions }, async () => {
  const { out, services } = await cli(["init", "-n", "kube-system", "--all", "--out", "-"], at(PLAIN));
  assert.deepEqual(forwardsOf(out), ["metrics-server"]);
  assert.deepEqual(services.surveys, [{ namespace: "kube-system", sandbox: false }]);
});

Deno.test({ name: "picked on the terminal", permissions }, async () => {
  const { code, err, out, services } = await cli(["init"], at(PLAIN, ["7", "what?", "2-3,4"]));
  assert.equal(code, 0);
  assert.equal(out, "");
  goldens.check("question.txt", services.asked.join("\n----\n"));
  goldens.check("wrote.txt", err);
  assert.deepEqual(forwardsOf(services.disk.get("forwards.yaml")), ["api-80", "api-metrics", "web"]);
});

const ENDS: readonly (readonly [string, readonly string[], (services: FakeServices) => void, number])[] = [
  ["no terminal", [], at(PLAIN), 64],
  ["not to be asked", ["--no-input"], at(PLAIN, ["1"]), 64],
  ["none", [], at(PLAIN, ["none"]), 0],
  ["interrupted", [], at(PLAIN, []), 130],
  ["an empty cluster", ["--all"], at({ namespaces: [], services: [], tasks: [] }), 1],
  ["an empty namespace", ["--all", "-n", "nowhere"], at(PLAIN), 1],
  ["no cluster", ["--all"], at(new AccessError("cluster-unreachable", "127.0.0.1:6443 refuses the connection")), 1],
  ["two kinds of cluster", ["--sandbox", "--context", "x"], at(PLAIN), 64],
];

Deno.test({ name: "where nothing is written", permissions }, async () => {
  const parts: string[] = [];
  for (const [about, args, set, code] of ENDS) {
    const ran = await cli(["init", ...args], set);
    assert.equal(ran.code, code, about);
    assert.equal(ran.services.disk.size, 0);
    parts.push(`# ${about}\n${ran.err}`);
  }
  goldens.check("ends.txt", parts.join("\n"));
});

Deno.test({ name: "a file that is there stays", permissions }, async () => {
  const { code, services } = await cli(["init", "--all"], (services) => {
    at(PLAIN)(services);
    services.disk.set("forwards.yaml", "mine");
  });
  assert.equal(code, 1);
  assert.equal(services.disk.get("forwards.yaml"), "mine");
});

Deno.test({ name: "numbers and ranges", permissions: "none" }, () => {
  for (
    const [words, expected] of [
      ["", [0, 1, 2]],
      ["all", [0, 1, 2]],
      ["none", []],
      ["3 1", [0, 2]],
      ["2-3,3", [1, 2]],
      ["0", null],
      ["4", null],
      ["2-1", null],
      ["x", null],
    ] as const
  ) {
    assert.deepEqual(parseChoice(words, 3), expected, words);
  }
});
