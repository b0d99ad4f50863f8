/** Five kinds of target on a real cluster: plan, up, requests on both routes, an empty second plan. */
import assert from "node:assert/strict";
import {
  answer,
  apply,
  berth,
  box,
  context,
  deployment,
  folder,
  here,
  kubeconfig,
  kubectl,
  nodePortAnswers,
  service,
  Up,
} from "./harness.ts";

const NS = "e2e-main";
const TASKS = "default-us-east-1";

function task(id: string, version: string): unknown {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace: TASKS,
      name: id,
      labels: { "kecs.dev/task-id": id, "tag.app": "api", "tag.version": "stable" },
    },
    spec: { terminationGracePeriodSeconds: 1, containers: [box(version)] },
  };
}

Deno.test(
  { name: "five kinds of target: plan, up, requests on both routes, an empty second plan", ignore: !here },
  async () => {
    await apply(NS, [
      deployment(NS, "web", 2),
      service(NS, "web", {
        type: "NodePort",
        ports: [{ name: "other", port: 81, targetPort: 9002 }, { name: "http", port: 80, targetPort: 80 }],
      }),
      deployment(NS, "api", 1),
      service(NS, "api", { ports: [{ name: "web", port: 80, targetPort: "http" }] }),
      { apiVersion: "v1", kind: "Pod", metadata: { namespace: NS, name: "lone" }, spec: { containers: [box("lone")] } },
      deployment(NS, "node", 1),
    ]);
    await apply(TASKS, [task("0a1b2c3d", "task-1")]);
    await kubectl([
      "label",
      "--overwrite",
      "namespace",
      TASKS,
      "kecs.dev/cluster=default",
      "kecs.dev/region=us-east-1",
    ]);
    await kubectl(["-n", NS, "wait", "--for=condition=Ready", "pods", "--all", "--timeout=90s"]);
    await kubectl(["-n", TASKS, "wait", "--for=condition=Ready", "pods", "--all", "--timeout=90s"]);

    await nodePortAnswers(NS, "web", "http");

    const dir = await folder();
    const file = `${dir}/forwards.yaml`;
    await Deno.writeTextFile(
      file,
      `version: 1
clusters:
  dev: { kubeconfig: ${kubeconfig}, context: ${context} }
  ecs: { kubeconfig: ${kubeconfig}, context: ${context}, kecs: { instance: demo, region: us-east-1 } }
forwards:
  web: { cluster: dev, service: ${NS}/web, port: 80, local: 24001 }
  api: { cluster: dev, service: ${NS}/api, port: web, local: 24002 }
  lone: { cluster: dev, pod: ${NS}/lone, port: 80, local: 24003 }
  node: { cluster: dev, selector: { namespace: ${NS}, labels: { app: node } }, port: http, local: 24004 }
  task: { cluster: ecs, task: default, tags: { app: api, version: stable }, port: 80, local: 24005 }
`,
    );

    const before = await berth("plan", "-f", file, "-o", "json", "--detailed-exitcode");
    assert.equal(before.code, 2, before.stderr);
    const plan = JSON.parse(before.stdout) as {
      summary: Record<string, number>;
      actions: { op: string; key: string; detail: Record<string, unknown> }[];
    };
    assert.equal(plan.summary["create"], 5);
    assert.deepEqual(
      plan.actions.map((action) => [action.key, action.op, action.detail["route"]]).sort(),
      [
        ["forward:api", "create", "tunnel"],
        ["forward:lone", "create", "tunnel"],
        ["forward:node", "create", "tunnel"],
        ["forward:task", "create", "tunnel"],
        ["forward:web", "create", "direct"],
      ],
    );

    await using up = new Up(file);
    const status = await up.active();
    assert.deepEqual(
      status.forwards.map((one) => [one.name, one.route]),
      [["web", "direct"], ["api", "tunnel"], ["lone", "tunnel"], ["node", "tunnel"], ["task", "tunnel"]],
    );
    const said = await Promise.all([24001, 24002, 24003, 24004, 24005].map((port) => answer(port)));
    assert.deepEqual(said.map((one) => one.version), ["web", "api", "lone", "node", "task-1"]);
    assert.equal(said[4]?.pod, "0a1b2c3d");

    const after = await berth("plan", "-f", file, "--detailed-exitcode");
    assert.equal(after.code, 0, after.stdout + after.stderr);
    assert.match(after.stdout, /No changes/);

    // A newer task takes over for new connections, on the same listener.
    await kubectl(["apply", "-f", "-"], JSON.stringify(task("4e5f6a7b", "task-2")));
    await kubectl(["-n", TASKS, "wait", "--for=condition=Ready", "pod/4e5f6a7b", "--timeout=60s"]);
    const started = performance.now();
    while ((await answer(24005)).pod !== "4e5f6a7b") {
      assert.ok(
        performance.now() - started < 3_000,
        "the newer task has not taken over",
      );
    }

    assert.equal(await up.interrupt(), 0);
    for (const port of [24001, 24002, 24003, 24004, 24005]) {
      await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }), Deno.errors.ConnectionRefused);
    }
    await kubectl(["delete", "namespace", NS, TASKS, "--wait=false"]);
  },
);
