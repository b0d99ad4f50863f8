import { isMissingTool } from "../../src/model/k3d.ts";
import assert from "node:assert/strict";
import type { K3dSpec } from "../../src/model/k3d.ts";
import { createK3dControl } from "../../src/k3d/control.ts";
import { clusterKind } from "../../src/resources/cluster/kind.ts";
import { deleteCluster, ownClusters, stopCluster } from "../../src/resources/cluster/removal.ts";
import { FAKE_TOKEN } from "../fakes/k3d.ts";
import { k3dSpec, Machine, never, ports, workspace } from "./k3d_world.ts";

const of = (more: Partial<K3dSpec> = {}) => workspace({ dev: k3dSpec(more) });
const context = (machine: Machine) => ({ world: machine.world, signal: never });

async function made(more: Partial<K3dSpec> = {}): Promise<Machine> {
  const machine = new Machine();
  const outcomes = await machine.up(of(more));
  assert.deepEqual([...outcomes.values()], [{ status: "done" }]);
  machine.fake.writes.length = 0;
  return machine;
}

Deno.test("missing: created with its flags and the marks of ownership, and then nothing", async () => {
  const machine = new Machine();
  const spec = {
    image: "rancher/k3s:v1.31.4-k3s1",
    agents: 1,
    apiPort: "127.0.0.1:6550",
    ports: ports("5373:30080@server:0", "8001:81@server:0:direct"),
    k3sArgs: ["--disable=traefik@server:*"],
    env: ["SECRET=hush@server:0"],
    volumes: ["/a:/b@all"],
    options: ["--no-rollback"],
  };
  const plan = await machine.plan(of(spec));
  assert.deepEqual(plan.map(({ action }) => `${action.op} ${action.key}: ${action.reason}`), [
    "create cluster:dev: not there",
  ]);
  assert.ok(!JSON.stringify(plan.map(({ action: { input: _, ...action } }) => action)).includes("hush"));
  await machine.apply(plan);
  const [create = ""] = machine.fake.writes;
  const label = machine.fake.containers.find((one) => one.role === "server")?.labels["berth.flags"] ?? "";
  assert.equal(
    create,
    "k3d cluster create one --image rancher/k3s:v1.31.4-k3s1 --servers 1 --agents 1 --api-port 127.0.0.1:6550 --port 5373:30080@server:0 " +
      "--port 8001:81@server:0:direct --k3s-arg --disable=traefik@server:* --volume /a:/b@all --env SECRET=hush@server:0 " +
      `--runtime-label berth.workspace=ws-1@server:* --runtime-label berth.flags=${label}@server:* ` +
      "--kubeconfig-update-default=true --kubeconfig-switch-context=false --timeout 300s --no-rollback",
  );
  assert.ok(!label.includes("hush") && label.length > 0);
  assert.deepEqual(machine.changes, ["dev 6550"]);
  assert.deepEqual(await machine.shown(of(spec)), []);
  assert.ok(machine.lines.some((line) => line === "dev: Cluster 'one' created successfully!"));
});

Deno.test("missing, with a port that is taken: not begun, and the holder is named", async () => {
  const machine = new Machine();
  machine.fake.foreign.set(8001, "nginx (PID 3)");
  const [blocked] = await machine.plan(of({ ports: ports("8001:81@server:0") }));
  assert.equal(blocked?.action.reason, "port 8001 is in use by nginx (PID 3)");
  await machine.up(of({ ports: ports("8001:81@server:0") }));
  assert.deepEqual(machine.fake.writes, []);
});

Deno.test("stopped: started, adopted ones too; a stopped load balancer alone is said so", async () => {
  const machine = await made();
  await machine.fake.run(["k3d", "cluster", "stop", "one"], { signal: never });
  const [start] = await machine.plan(of());
  assert.equal(
    `${start?.action.op} ${start?.action.key}: ${start?.action.reason}`,
    "change cluster:dev: stopped: k3d-one-server-0 k3d-one-serverlb",
  );
  machine.fake.writes.length = 0;
  await machine.up(of());
  assert.deepEqual(machine.fake.writes, ["k3d cluster start one --timeout 300s"]);
  const balancer = machine.fake.balancer("one");
  if (balancer !== undefined) balancer.state = "exited";
  assert.match((await machine.plan(of()))[0]?.action.reason ?? "", /load balancer is stopped/);
  machine.restart("someone-else");
  await machine.up(of());
  assert.deepEqual(await machine.shown(of()), []);
});

Deno.test("drift: shown with the flags that differ, gated, and re-created; defaults and other spellings are none", async () => {
  const machine = await made({
    image: "rancher/k3s:v1",
    k3sArgs: ["--a@server:*", "--b@server:*"],
    env: ["SECRET=hush@all"],
  });
  assert.deepEqual(
    await machine.shown(
      of({ image: "docker.io/rancher/k3s:v1", k3sArgs: ["--b@server:*", "--a@server:*"], env: ["SECRET=hush@all"] }),
    ),
    [],
  );
  const changed = of({
    image: "rancher/k3s:v2",
    k3sArgs: ["--a@server:*", "--c@server:*"],
    env: ["SECRET=other@all"],
    servers: 3,
  });
  const plan = await machine.plan(changed);
  const [replace] = plan;
  assert.equal(replace?.action.op, "replace");
  assert.equal(replace?.action.gate, "allow-recreate");
  assert.equal(
    replace?.action.reason,
    "servers: 1 → 3, image: docker.io/rancher/k3s:v1 → docker.io/rancher/k3s:v2, k3sArgs: as it was made → 1 added, 1 removed, " +
      "env: as it was made → 1 added, 1 removed",
  );
  assert.match(replace?.action.disruption ?? "", /deletes k3d cluster one with everything in it/);
  await machine.apply(plan, { recreate: false });
  assert.deepEqual(machine.fake.writes, []);
  await machine.apply(plan);
  assert.deepEqual(await machine.shown(changed), []);
  assert.equal(machine.fake.writes[0], "k3d cluster delete one");
});

Deno.test("agents: added ones are added, and a k3d without the command is told from one that did it", async () => {
  const machine = await made({ agents: 1 });
  const [add] = await machine.plan(of({ agents: 3 }));
  assert.equal(`${add?.action.op} ${add?.action.key} ${add?.action.gate}`, "change cluster:dev/agents none");
  machine.fake.hasNodeCreate = false;
  const outcome = (await machine.up(of({ agents: 3 }))).get(add?.action.key ?? "");
  assert.ok(outcome?.status === "failed" && /no such command/.test(outcome.message));
  machine.fake.hasNodeCreate = true;
  await machine.up(of({ agents: 3 }));
  assert.deepEqual(await machine.shown(of({ agents: 3 })), []);
  assert.deepEqual(await machine.shown(of({ agents: 2 })), ["replace cluster:dev/recreate"]);
});

Deno.test("adopted clusters are never re-created, stopped or deleted, whoever made them", async () => {
  for (const maker of [undefined, "other"]) {
    const machine = new Machine();
    const label = maker === undefined ? [] : ["--runtime-label", `berth.workspace=${maker}@server:*`];
    await machine.fake.run(["k3d", "cluster", "create", "one", ...label], { signal: never });
    machine.fake.writes.length = 0;
    const file = of({ servers: 3, image: "x", agents: 2 });
    assert.deepEqual(await machine.shown(file), []);
    assert.equal((await deleteCluster("one", context(machine))).status, "blocked");
    assert.equal((await stopCluster("one", context(machine))).status, "blocked");
    assert.deepEqual(await ownClusters(context(machine)), { ok: true, value: [] });
    assert.deepEqual(machine.fake.writes, []);
  }
});

Deno.test("not in the file any more: nothing by itself; stopped and deleted when told", async () => {
  const machine = await made();
  assert.deepEqual(await machine.shown(workspace({})), []);
  assert.deepEqual(await ownClusters(context(machine)), { ok: true, value: ["one"] });
  assert.deepEqual(await stopCluster("one", context(machine)), { status: "done" });
  assert.deepEqual(await deleteCluster("one", context(machine)), { status: "done" });
  assert.deepEqual(machine.fake.writes, ["k3d cluster stop one", "k3d cluster delete one"]);
  assert.deepEqual(await deleteCluster("one", context(machine)), { status: "done" });
});

Deno.test("killed at any step of a creation: the next up has a whole cluster, and nothing beside it", async () => {
  const spec = { agents: 1, ports: ports("8001:81@server:0") };
  for (let step = 0; step < 8; step++) {
    const machine = new Machine();
    const plan = await machine.plan(of(spec));
    machine.fake.killAfter = step;
    // Berth dies with it: what it would do after the failure does not happen.
    machine.fake.before = (argv) => {
      if (machine.fake.writes.length > 0 && argv[0] !== "k3d") throw new Error("dead");
    };
    await machine.apply(plan).catch(() => {});
    machine.fake.killAfter = null;
    machine.fake.before = () => {};
    machine.restart();
    const outcomes = await machine.up(of(spec));
    assert.ok(
      [...outcomes.values()].every((one) => one.status === "done"),
      `step ${step}: ${JSON.stringify([...outcomes])}`,
    );
    assert.deepEqual(await machine.shown(of(spec)), [], `step ${step}`);
    assert.deepEqual(
      machine.fake.containers.filter((one) => one.role !== "noRole").map((one) => `${one.name} ${one.state}`).sort(),
      [
        "k3d-one-agent-0 running",
        "k3d-one-server-0 running",
        "k3d-one-serverlb running",
      ],
      `step ${step}`,
    );
  }
});

Deno.test("containers without a server that are not ours are left alone", async () => {
  const machine = new Machine();
  machine.fake.killAfter = 0;
  await machine.fake.run(["k3d", "cluster", "create", "one"], { signal: never });
  machine.fake.killAfter = null;
  machine.fake.writes.length = 0;
  const [blocked] = await machine.plan(of());
  assert.equal(blocked?.action.op, "blocked");
  await machine.up(of());
  assert.deepEqual(machine.fake.writes, []);
});

Deno.test("k3d or Docker missing: a failure that asks for exit 69", async () => {
  for (const [what, reason] of [["k3d", "k3d-missing"], ["old", "k3d-too-old"], ["docker", "docker-down"]] as const) {
    const machine = new Machine();
    if (what === "k3d") machine.fake.installed = false;
    else if (what === "old") machine.fake.version = "4.4.8";
    else machine.fake.dockerRuns = false;
    const [outcome] = (await machine.up(of())).values();
    assert.ok(outcome?.status === "failed" && outcome.reason === reason, JSON.stringify(outcome));
    assert.ok(isMissingTool("reason" in outcome ? outcome.reason : null));
  }
});

Deno.test("the token is in nothing that comes out of k3d's adapter", async () => {
  const machine = await made({ ports: ports("8001:81@server:0") });
  const seen = await machine.world.k3d.observe(["one"], never);
  assert.ok(seen.ok && seen.value.clusters.length === 1);
  assert.ok(!JSON.stringify(seen).includes(FAKE_TOKEN));
});

Deno.test("a stopped agent is started though server and load balancer run", async () => {
  const machine = await made({ agents: 1 });
  const agent = machine.fake.containers.find((one) => one.role === "agent");
  assert.ok(agent !== undefined);
  agent.state = "exited";
  assert.match((await machine.plan(of({ agents: 1 })))[0]?.action.reason ?? "", /^stopped: k3d-one-agent-0$/);
  await machine.up(of({ agents: 1 }));
  assert.equal(agent.state, "running");
});

Deno.test("paused: said with the command that helps, never touched", async () => {
  const machine = await made();
  for (const one of machine.fake.containers) one.state = "paused";
  const [blocked] = await machine.plan(of());
  assert.equal(blocked?.action.detail["help"], "docker unpause k3d-one-server-0 k3d-one-serverlb");
  await machine.up(of());
  assert.deepEqual(machine.fake.writes, []);
});

Deno.test("a start that was killed leaves its helper: the next one is not held up by it", async () => {
  const machine = await made();
  await machine.fake.run(["k3d", "cluster", "stop", "one"], { signal: never });
  const server = machine.fake.containers.find((one) => one.role === "server");
  assert.ok(server !== undefined);
  machine.fake.containers.push({
    ...server,
    id: "f".repeat(64),
    name: "k3d-one-tools",
    role: "noRole",
    labels: {},
    state: "exited",
  });
  const outcomes = await machine.up(of());
  assert.deepEqual([...outcomes.values()], [{ status: "done" }]);
});

Deno.test("a start that fails on a taken port names who holds it", async () => {
  const machine = await made({ ports: ports("8001:81@server:0") });
  await machine.fake.run(["k3d", "cluster", "stop", "one"], { signal: never });
  machine.fake.foreign.set(8001, "nginx (PID 3)");
  const [outcome] = (await machine.up(of({ ports: ports("8001:81@server:0") }))).values();
  assert.deepEqual(outcome, {
    status: "failed",
    reason: "port-in-use",
    message: "port 8001 is in use by nginx (PID 3)",
    retry: true,
  });
});

Deno.test("made anew by someone else between plan and apply: not re-created", async () => {
  const machine = await made();
  const plan = await machine.plan(of({ servers: 3 }));
  await machine.fake.run(["k3d", "cluster", "delete", "one"], { signal: never });
  await machine.fake.run(["k3d", "cluster", "create", "one"], { signal: never });
  machine.fake.writes.length = 0;
  const [outcome] = (await machine.apply(plan)).values();
  assert.ok(outcome?.status === "blocked" && outcome.reason === "not-ours");
  assert.deepEqual(machine.fake.writes, []);
});

Deno.test("another k3d at work on the cluster is waited for, and then looked at again", async () => {
  const machine = await made();
  const balancer = machine.fake.balancer("one");
  assert.ok(balancer !== undefined);
  balancer.state = "exited";
  machine.fake.processes = [" 99 k3d cluster start one --timeout 300s"];
  const plan = await machine.plan(of());
  const applied = machine.apply(plan);
  for (let at = 0; at < 4; at++) await machine.clock.advance(500);
  assert.deepEqual(machine.fake.writes, []);
  assert.deepEqual(machine.lines, [...machine.lines.slice(0, -1), "dev: waiting for k3d cluster start (PID 99)"]);
  balancer.state = "running";
  machine.fake.processes = [];
  await machine.clock.advance(500);
  assert.deepEqual([...(await applied).values()], [{ status: "done" }]);
  assert.deepEqual(machine.fake.writes, []);
});

Deno.test("a k3d that never ends is not waited for without limit", async () => {
  const machine = await made();
  const balancer = machine.fake.balancer("one");
  if (balancer !== undefined) balancer.state = "exited";
  machine.fake.processes = [" 99 k3d cluster start one"];
  const applied = machine.apply(await machine.plan(of()));
  await machine.clock.advance(200_000);
  const [outcome] = (await applied).values();
  assert.ok(outcome?.status === "failed" && outcome.reason === "timed-out" && /PID 99/.test(outcome.message));
});

Deno.test("stopped by the person in the middle of a creation: what was begun is cleared away", async () => {
  const machine = new Machine();
  const stop = new AbortController();
  machine.fake.killAfter = 2;
  machine.fake.before = (argv) => {
    if (argv[2] === "create") queueMicrotask(() => stop.abort());
  };
  const run = machine.fake.run;
  const world = {
    ...machine.world,
    k3d: createK3dControl({
      run: async (argv, options) => {
        const result = await run(argv, options);
        options.signal.throwIfAborted();
        return result;
      },
    }),
  };
  const [one] = await machine.plan(of());
  assert.ok(one?.kind === "cluster");
  await assert.rejects(clusterKind.apply(one.action, world, stop.signal));
  assert.deepEqual(machine.fake.containers, []);
  assert.equal(machine.ledger.notes.size, 0);
});

Deno.test("a creation that k3d finished after berth was killed is taken as it is; drift since then waits for its permission", async () => {
  const machine = new Machine();
  machine.fake.killAfter = 5;
  const plan = await machine.plan(of({ agents: 1 }));
  machine.fake.before = (argv) => {
    if (machine.fake.writes.length > 0 && argv[0] !== "k3d") throw new Error("dead");
  };
  await machine.apply(plan).catch(() => {});
  machine.fake.killAfter = null;
  machine.fake.before = () => {};
  machine.restart();
  machine.fake.processes = [" 99 k3d cluster create one --agents 1"];
  machine.fake.writes.length = 0;
  const after = of({ agents: 1, image: "rancher/k3s:v9" });
  const [waiting] = await machine.plan(after);
  assert.match(waiting?.action.reason ?? "", /^k3d cluster create \(PID 99\) is at work on it/);
  assert.ok(waiting !== undefined);
  const applied = machine.apply([waiting]);
  await machine.clock.advance(500);
  const balancer = machine.fake.balancer("one");
  if (balancer !== undefined) balancer.upstreams = { "6443/tcp": ["k3d-one-server-0"] };
  for (const one of machine.fake.containers) one.state = "running";
  machine.fake.processes = [];
  await machine.clock.advance(1000);
  assert.deepEqual([...(await applied).values()], [{ status: "done" }]);
  assert.deepEqual(machine.fake.writes, []);
  assert.deepEqual(await machine.shown(after), ["replace cluster:dev/recreate"]);
});

Deno.test("made by someone else between plan and apply: used as it is", async () => {
  const machine = new Machine();
  const plan = await machine.plan(of({ servers: 2 }));
  await machine.fake.run(["k3d", "cluster", "create", "one"], { signal: never });
  machine.fake.writes.length = 0;
  assert.deepEqual([...(await machine.apply(plan)).values()], [{ status: "done" }]);
  assert.deepEqual(machine.fake.writes, []);
});
