import assert from "node:assert/strict";
import type { Outcome } from "../../src/model/plan.ts";
import { mappingKind } from "../../src/resources/mapping/kind.ts";
import { k3dSpec, Machine, ports, workspace } from "./k3d_world.ts";

const of = (...texts: string[]) => workspace({ dev: k3dSpec({ ports: ports(...texts) }) });
const A = "8080:30880@loadbalancer", B = "8081:30880@loadbalancer";

/** A machine with cluster `one` that another tool made, publishing these ports. */
async function adopted(...flags: string[]): Promise<Machine> {
  const machine = new Machine();
  const made = await machine.fake.run(
    ["k3d", "cluster", "create", "one", ...flags.flatMap((flag) => ["--port", flag])],
    { signal: new AbortController().signal },
  );
  assert.equal(made.code, 0, made.stderr);
  machine.fake.writes.length = 0;
  return machine;
}

async function made(...texts: string[]): Promise<Machine> {
  const machine = new Machine();
  await machine.up(of(...texts));
  assert.deepEqual(await machine.shown(of(...texts)), []);
  machine.fake.writes.length = 0;
  return machine;
}

const statuses = (outcomes: ReadonlyMap<string, Outcome>) =>
  Object.fromEntries([...outcomes].map(([key, one]) => [key, one.status]));
const message = (outcome: Outcome | undefined) =>
  outcome === undefined || !("message" in outcome) ? "" : outcome.message;

Deno.test("add three and remove two: two edits, deletion first, then nothing", async () => {
  const machine = await made("8001:81@server:0", "8002:82@server:0");
  const after = of("8003:83@server:0", "127.0.0.1:8004:84/udp@server:0", "8005:85@loadbalancer");
  assert.deepEqual(await machine.shown(after), [
    "create mapping:dev/127.0.0.1:8004-84-udp",
    "create mapping:dev/8003-83-tcp",
    "create mapping:dev/8005-85-tcp",
    "delete mapping:dev/8001-81-tcp",
    "delete mapping:dev/8002-82-tcp",
  ]);
  const outcomes = await machine.up(after);
  assert.ok([...outcomes.values()].every((one) => one.status === "done"), JSON.stringify([...outcomes]));
  assert.deepEqual(machine.fake.writes, [
    "k3d cluster edit one --port-delete 8001:81@server:* --port-delete 8002:82@server:*",
    "k3d cluster edit one --port-add 127.0.0.1:8004:84/udp@server:0 --port-add 8003:83@server:0 --port-add 8005:85@loadbalancer",
  ]);
  assert.deepEqual(await machine.shown(after), []);
  assert.match(machine.changes.at(-1) ?? "", /^dev 46\d{3}$/);
});

Deno.test("the cost and the gate are said once per batch", async () => {
  const machine = await made("8001:81@server:0");
  const ask = workspace({ dev: k3dSpec({ edits: "ask", ports: ports("8002:82@server:0", "8003:83@server:0") }) });
  const actions = (await machine.plan(ask)).map(({ action }) => action);
  assert.deepEqual(actions.map((one) => one.gate), ["allow-restart", "allow-restart", "allow-restart"]);
  assert.deepEqual(actions.flatMap((one) => one.disruption ?? []), [
    "restarts the load balancer of k3d cluster one twice: two times about 7 s without API and published ports",
  ]);
  const never = workspace({ dev: k3dSpec({ edits: "never", ports: ports("8002:82@server:0") }) });
  assert.ok(
    (await machine.plan(never)).every(({ action }) => action.op === "blocked" && /edits: never/.test(action.reason)),
  );
  await machine.up(never);
  assert.deepEqual(machine.fake.writes, []);
});

Deno.test("addresses and protocols are told apart", async () => {
  const machine = await made("8001:81@server:0");
  assert.deepEqual(await machine.shown(of("0.0.0.0:8001:81@server:0")), [
    "create mapping:dev/0.0.0.0:8001-81-tcp",
    "delete mapping:dev/8001-81-tcp",
  ]);
  assert.deepEqual(await machine.shown(of("127.0.0.1:8001:81@server:0")), [
    "create mapping:dev/127.0.0.1:8001-81-tcp",
    "delete mapping:dev/8001-81-tcp",
  ]);
  assert.deepEqual(await machine.shown(of("8001:81/udp@server:0")), [
    "create mapping:dev/8001-81-udp",
    "delete mapping:dev/8001-81-tcp",
  ]);
  await machine.up(of("127.0.0.1:8001:81@server:0"));
  assert.deepEqual(await machine.shown(of("127.0.0.1:8001:81@server:0")), []);
});

Deno.test("ports that Docker chooses are equal to themselves after each edit", async () => {
  const machine = await made("81@server:0", "8100-8110:82@server:0", "127.0.0.1::83@server:0");
  const more = of("81@server:0", "8100-8110:82@server:0", "127.0.0.1::83@server:0", "8004:84@server:0");
  assert.deepEqual(await machine.shown(more), ["create mapping:dev/8004-84-tcp"]);
  await machine.up(more);
  assert.deepEqual(await machine.shown(more), []);
  await machine.up(of());
  assert.deepEqual(await machine.shown(of()), []);
});

Deno.test("two host ports on one container port: the one that stays is added back and answers", async () => {
  const machine = await made(A, B);
  const actions = (await machine.plan(of(B))).map(({ action }) => `${action.op} ${action.key}`).sort();
  assert.deepEqual(actions, ["change mapping:dev/8081-30880-tcp", "delete mapping:dev/8080-30880-tcp"]);
  await machine.up(of(B));
  assert.equal(machine.edits().length, 2);
  assert.ok(machine.fake.answers("one").includes(":8081:30880/tcp"));
  assert.deepEqual(await machine.shown(of(B)), []);
});

Deno.test("a port that is published with nothing behind it is seen and put right", async () => {
  const machine = await made(A, B);
  // By hand, as people do: the second port goes dead.
  await machine.fake.run(["k3d", "cluster", "edit", "one", "--port-delete", "8080:30880@loadbalancer"], {
    signal: new AbortController().signal,
  });
  machine.fake.writes.length = 0;
  assert.ok(!machine.fake.answers("one").includes(":8081:30880/tcp"));
  assert.deepEqual(await machine.shown(of(B)), ["change mapping:dev/8081-30880-tcp"]);
  await machine.up(of(B));
  assert.ok(machine.fake.answers("one").includes(":8081:30880/tcp"));
  assert.deepEqual(await machine.shown(of(B)), []);
});

Deno.test("k3d before 5.9.0: one edit, and the removal explained", async () => {
  const machine = await made("8001:81@server:0");
  machine.fake.version = "5.8.3";
  machine.restart();
  const outcomes = await machine.up(of("8002:82@server:0"));
  assert.equal(machine.edits().length, 1);
  assert.deepEqual(statuses(outcomes), { "mapping:dev/8001-81-tcp": "blocked", "mapping:dev/8002-82-tcp": "done" });
  assert.match(message(outcomes.get("mapping:dev/8001-81-tcp")), /5\.9\.0/);
});

Deno.test("a port held by another program is seen at plan, and the others are added", async () => {
  const machine = await made();
  machine.fake.foreign.set(8001, "nginx (PID 12)");
  const outcomes = await machine.up(of("8001:81@server:0", "8002:82@server:0"));
  assert.match(message(outcomes.get("mapping:dev/8001-81-tcp")), /^port 8001 is in use by nginx \(PID 12\)$/);
  assert.equal(outcomes.get("mapping:dev/8002-82-tcp")?.status, "done");
});

Deno.test("a port taken between plan and apply: no edit is begun, and the holder is named", async () => {
  const machine = await made("8001:81@server:0");
  const plan = await machine.plan(of("8002:82@server:0"));
  machine.fake.foreign.set(8002, "nginx (PID 12)");
  const outcomes = await machine.apply(plan);
  assert.deepEqual(machine.fake.writes, []);
  assert.match(message([...outcomes.values()].find((one) => one.status === "failed")), /port 8002 is in use by nginx/);
});

Deno.test("a port taken during the edit: old ports answer afterwards, and the holder is named", async () => {
  const machine = await made("8001:81@server:0");
  machine.fake.before = (argv) => {
    if (argv.includes("edit")) machine.fake.foreign.set(8002, "nginx (PID 12)");
  };
  const outcomes = await machine.up(of("8001:81@server:0", "8002:82@server:0"));
  const failed = outcomes.get("mapping:dev/8002-82-tcp");
  assert.equal(failed?.status, "failed");
  assert.match(
    message(failed),
    /^port 8002 is in use by nginx \(PID 12\): no port was added on k3d cluster one; its load balancer runs again$/,
  );
  assert.equal(machine.fake.balancer("one")?.state, "running");
  assert.ok(machine.fake.answers("one").includes(":8001:81/tcp"));
  machine.fake.foreign.clear();
  machine.fake.before = () => {};
  await machine.up(of("8001:81@server:0", "8002:82@server:0"));
  assert.deepEqual(await machine.shown(of("8001:81@server:0", "8002:82@server:0")), []);
});

Deno.test("k3d killed at any step of an edit, then berth too: the next up converges, nothing is doubled", async () => {
  for (let step = 0; step < 5; step++) {
    for (const next of [of("8002:82@server:0"), of(B)]) {
      const machine = await made("8001:81@server:0", A, B);
      machine.fake.killAfter = step;
      const argv = ["k3d", "cluster", "edit", "one", "--port-delete", "8001:81@server:*"];
      await machine.fake.run(argv, { signal: new AbortController().signal });
      machine.fake.killAfter = null;
      machine.restart();
      if (step < 4) assert.match((await machine.shown(next))[0] ?? "", /^change cluster:dev$/);
      const outcomes = await machine.up(next);
      assert.ok(
        [...outcomes.values()].every((one) => one.status === "done"),
        `${step}: ${JSON.stringify([...outcomes])}`,
      );
      assert.deepEqual(await machine.shown(next), [], `step ${step}`);
      assert.deepEqual(machine.fake.cluster("one").map((one) => `${one.name} ${one.state}`).sort(), [
        "k3d-one-server-0 running",
        "k3d-one-serverlb running",
      ]);
    }
  }
});

Deno.test("k3d killed under our own edit: put right in the same apply", async () => {
  for (let step = 0; step < 4; step++) {
    const machine = await adopted("8001:81@server:0");
    const next = of("8002:82@server:0");
    const plan = await machine.plan(next);
    machine.fake.killAfter = step;
    const outcomes = await machine.apply(plan);
    assert.equal(machine.fake.balancer("one")?.state, "running", `step ${step}: ${JSON.stringify([...outcomes])}`);
    machine.fake.killAfter = null;
    await machine.up(next);
    assert.deepEqual(await machine.shown(next), []);
    assert.ok(machine.fake.answers("one").includes(":8001:81/tcp"));
  }
});

Deno.test("adopted: foreign ports stay, our own go", async () => {
  const machine = await adopted("8001:81@server:0");
  await machine.up(of("8002:82@server:0"));
  assert.deepEqual(await machine.shown(of("8002:82@server:0")), []);
  machine.restart();
  await machine.up(of());
  assert.deepEqual(machine.fake.answers("one").filter((one) => !one.includes("6443")), [":8001:81/tcp"]);
});

Deno.test("adopted: a foreign port of the same container port keeps ours from going, and says so", async () => {
  const machine = await adopted(A);
  await machine.up(of(A, B));
  const outcomes = await machine.up(of(A));
  assert.match(
    message(outcomes.get("mapping:dev/8081-30880-tcp")),
    /k3d would cut 8080:30880 with it, which is not berth's/,
  );
  assert.ok(machine.fake.answers("one").includes(":8080:30880/tcp"));
});

Deno.test("adopted: what another binding holds is refused with the reason", async () => {
  const machine = await adopted("8001:81@server:0", "0.0.0.0:8005:85@server:0");
  const plan = (await machine.plan(of("8001:99@server:0", "8005:85@server:0"))).map(({ action }) =>
    `${action.op} ${action.key}: ${action.reason}`
  );
  assert.deepEqual(plan, ["blocked mapping:dev/8001-99-tcp: port 8001 is already published as 8001:81"]);
});

Deno.test("a port that a node publishes itself is satisfied, as on KECS' clusters; :direct is said to need the cluster's re-creation", async () => {
  const machine = await adopted("5373:30080@server:0:direct");
  assert.deepEqual(await machine.shown(of("5373:30080@server:0")), []);
  const [blocked] = await machine.plan(of("5373:30080@server:0", "8001:81@server:0:direct"));
  assert.equal(blocked?.action.op, "blocked");
  assert.match(blocked?.action.reason ?? "", /only when it makes the cluster/);
  const own = await made();
  assert.deepEqual(await own.shown(of("8001:81@server:0:direct")), ["replace cluster:dev/recreate"]);
  await own.up(of("8001:81@server:0:direct"));
  assert.deepEqual(await own.shown(of("8001:81@server:0:direct")), []);
});

Deno.test("a range over the safe size is refused with its cost and the lazy way, and the rest goes on", async () => {
  const machine = await made();
  const plan = await machine.plan(of("32000-32999:30000-30999@server:0", "8001:81@server:0"));
  assert.deepEqual(plan.map(({ action }) => `${action.op} ${action.key}`), [
    "blocked mapping:dev/32000-32999-30000-30999-tcp",
    "create mapping:dev/8001-81-tcp",
  ]);
  const [refused] = plan;
  assert.match(refused?.action.reason ?? "", /1000 ports.*2000 proxy processes with 8000 MB/);
  assert.match(String(refused?.action.detail["help"]), /binds only the ports in use/);
  await machine.apply(plan);
  assert.ok(machine.fake.answers("one").includes(":8001:81/tcp"));
});

Deno.test("no k3d: what needs it fails and says so; Docker down: the same; a converged machine needs neither edit", async () => {
  const machine = await made("8001:81@server:0");
  machine.fake.installed = false;
  machine.restart();
  assert.deepEqual(await machine.shown(of("8001:81@server:0")), []);
  const outcomes = await machine.up(of("8002:82@server:0"));
  const failed = outcomes.get("mapping:dev/8002-82-tcp");
  assert.ok(failed?.status === "failed" && failed.reason === "k3d-missing");
  machine.fake.dockerRuns = false;
  const [down] = await machine.plan(of("8002:82@server:0"));
  assert.match(down?.action.reason ?? "", /Docker daemon does not answer/);
});

Deno.test("stopped by the person between two edits: the first one is finished, the second not begun, and the next up goes on", async () => {
  const machine = await made("8001:81@server:0");
  const stop = new AbortController();
  machine.fake.before = (argv) => {
    if (argv.includes("--port-delete")) stop.abort();
  };
  const next = of("8002:82@server:0");
  const batch = (await machine.plan(next)).find(({ action }) => action.disruption !== null);
  assert.ok(batch?.kind === "mapping");
  assert.deepEqual(await mappingKind.apply(batch.action, machine.world, stop.signal), { status: "cancelled" });
  assert.equal(machine.edits().length, 1);
  assert.equal(machine.fake.balancer("one")?.state, "running");
  machine.fake.before = () => {};
  await machine.up(next);
  assert.deepEqual(await machine.shown(next), []);
});

Deno.test("berth killed right after an edit of an adopted cluster: the port is known to be ours all the same", async () => {
  const machine = await adopted();
  const plan = await machine.plan(of("8001:81@server:0"));
  machine.fake.before = (argv) => {
    if (machine.edits().length > 0 && argv[0] === "docker") throw new Error("dead");
  };
  await machine.apply(plan).catch(() => {});
  machine.fake.before = () => {};
  machine.restart();
  assert.deepEqual(await machine.shown(of("8001:81@server:0")), []);
  await machine.up(of());
  assert.deepEqual(machine.fake.answers("one").filter((one) => !one.includes("6443")), []);
});

Deno.test("with a config file or port flags among the options, ports that the file does not name stay", async () => {
  for (const more of [{ options: ["--port", "8009:89@server:0"] }, { config: "k3d.json" }]) {
    const file = (...texts: string[]) => workspace({ dev: k3dSpec({ ...more, ports: ports(...texts) }) });
    const machine = new Machine();
    await machine.up(file("8001:81@server:0"));
    await machine.up(file("8001:81@server:0", "8002:82@server:0"));
    machine.restart();
    await machine.up(file("8001:81@server:0"));
    assert.deepEqual(await machine.shown(file("8001:81@server:0")), []);
    const answers = machine.fake.answers("one");
    assert.ok(answers.includes(":8001:81/tcp") && !answers.includes(":8002:82/tcp"), answers.join(" "));
    assert.equal(answers.includes(":8009:89/tcp"), "options" in more);
  }
});

Deno.test("ports changed by someone else between plan and apply: nothing that was not planned is removed", async () => {
  const machine = await made("8001:81@server:0");
  const plan = await machine.plan(of("8001:81@server:0", "8002:82@server:0"));
  await machine.fake.run(["k3d", "cluster", "edit", "one", "--port-add", "8003:83@server:0"], {
    signal: new AbortController().signal,
  });
  machine.fake.writes.length = 0;
  await machine.apply(plan);
  assert.deepEqual(machine.fake.writes, ["k3d cluster edit one --port-add 8002:82@server:0"]);
});
