import assert from "node:assert/strict";
import { key } from "../../src/model/key.ts";
import { forwardKind } from "../../src/resources/forward/kind.ts";
import type { ForwardSpec, Workspace } from "../../src/model/workspace.ts";
import { FakeMachine, fixed, spec } from "./forward_world.ts";

const signal = new AbortController().signal;

function workspace(forwards: readonly ForwardSpec[]): Workspace {
  return { file: "forwards.yaml", clusters: new Map(), forwards };
}

async function plan(machine: FakeMachine, forwards: readonly ForwardSpec[]) {
  const desired = forwardKind.desired(workspace(forwards));
  return forwardKind.diff(desired, await forwardKind.observe(desired, machine.world(), signal));
}

/** Carries out a plan in an order that respects `dependsOn`. */
async function apply(machine: FakeMachine, forwards: readonly ForwardSpec[]): Promise<void> {
  const left = [...await plan(machine, forwards)];
  while (left.length > 0) {
    const next = left.findIndex((action) => !action.dependsOn.some((key) => left.some((other) => other.key === key)));
    const [action] = left.splice(next, 1);
    assert.ok(next >= 0 && action !== undefined, "the plan has a circle");
    await forwardKind.apply(action, machine.world(), signal);
  }
}

async function lines(machine: FakeMachine, forwards: readonly ForwardSpec[]): Promise<readonly string[]> {
  return (await plan(machine, forwards)).map((one) => {
    const after = one.dependsOn.filter((key) => key !== "cluster:dev");
    return `${one.op} ${one.key}: ${one.reason}${after.length > 0 ? ` after ${after.join(" ")}` : ""}`;
  });
}

Deno.test("what is asked for and does not run is created; what runs and is not asked for is deleted", async () => {
  const machine = new FakeMachine();
  assert.deepEqual(await lines(machine, [spec("web", fixed(3000))]), ["create forward:web: not running"]);
  await apply(machine, [spec("web", fixed(3000))]);
  assert.deepEqual(await lines(machine, [spec("web", fixed(3000))]), []);
  assert.deepEqual(await lines(machine, []), ["delete forward:web: not in the file"]);
});

Deno.test("a changed spec is one change in place, and says what changed", async () => {
  const machine = new FakeMachine();
  await apply(machine, [spec("web", fixed(3000))]);
  assert.deepEqual(await lines(machine, [spec("web", fixed(3001), { route: "tunnel" })]), [
    "change forward:web: local port changed from 3000 to 3001, route changed from auto to tunnel",
  ]);
});

Deno.test("where the entry stands in the file does not matter", async () => {
  const machine = new FakeMachine();
  await apply(machine, [spec("web", fixed(3000))]);
  const where = { file: "forwards.yaml", line: 99, column: 3, length: 4 };
  assert.deepEqual(await lines(machine, [spec("web", fixed(3000), { where, localWhere: where })]), []);
});

Deno.test("a port changes hands in order along a chain", async () => {
  const machine = new FakeMachine();
  await apply(machine, [spec("a", fixed(3000)), spec("b", fixed(3001))]);
  const next = [spec("b", fixed(3000)), spec("c", fixed(3001))];
  assert.deepEqual(await lines(machine, next), [
    "change forward:b: local port changed from 3001 to 3000 after forward:a",
    "create forward:c: not running after forward:b",
    "delete forward:a: not in the file",
  ]);
  await apply(machine, next);
  assert.deepEqual(await lines(machine, next), []);
});

Deno.test("two forwards swap their ports in one plan", async () => {
  const machine = new FakeMachine();
  await apply(machine, [spec("a", fixed(3000)), spec("b", fixed(3001))]);
  const next = [spec("a", fixed(3001)), spec("b", fixed(3000))];
  assert.deepEqual(await lines(machine, next), [
    "change forward:a: local port changed from 3000 to 3001",
    "change forward:b: local port changed from 3001 to 3000 after forward:a",
  ]);
  await apply(machine, next);
  assert.deepEqual(await lines(machine, next), []);
});

Deno.test("a port that another program holds blocks the forward, and names the program", async () => {
  const machine = new FakeMachine(new Map([[3000, "nginx (PID 1234)"]]));
  assert.deepEqual(await lines(machine, [spec("web", fixed(3000)), spec("api", fixed(3001))]), [
    "blocked forward:web: port 3000 is in use by nginx (PID 1234)",
    "create forward:api: not running",
  ]);
  assert.deepEqual(await lines(machine, [spec("web", fixed(3000), { onConflict: "next-free" })]), [
    "create forward:web: not running",
  ]);
});

Deno.test("a floating forward that keeps its port blocks the one that insists on it", async () => {
  const machine = new FakeMachine();
  const floating = spec("auto", { kind: "auto" });
  await apply(machine, [floating]);
  assert.deepEqual(await lines(machine, [floating, spec("web", fixed(20000))]), [
    "blocked forward:web: port 20000 is already in use by forward auto",
  ]);
});

Deno.test("what starts or changes waits for its cluster; what stops does not", async () => {
  const machine = new FakeMachine();
  await apply(machine, [spec("web", fixed(3000)), spec("api", fixed(3001))]);
  const actions = await plan(machine, [spec("web", fixed(3002)), spec("db", fixed(3003))]);
  const waits = Object.fromEntries(actions.map((one) => [one.key, one.dependsOn.includes(key("cluster", "dev"))]));
  assert.deepEqual(waits, { "forward:web": true, "forward:db": true, "forward:api": false });
});

Deno.test("a plan-only world refuses to apply", async () => {
  const machine = new FakeMachine();
  const [action] = await plan(machine, [spec("web", fixed(3000))]);
  assert.ok(action !== undefined);
  const { forwarders: _, ...world } = machine.world();
  await assert.rejects(forwardKind.apply(action, world, signal), /only shows plans/);
});

Deno.test("a port that somebody else has is in the way, unless it may be taken over: then the plan says from whom", async () => {
  const machine = new FakeMachine(new Map([[3000, "socat (PID 7)"]]));
  const planned = async (onConflict: ForwardSpec["onConflict"], { yields, takeOver }: {
    readonly yields: boolean;
    readonly takeOver: boolean;
  }) => {
    const world = { ...machine.world(), takeOver };
    const holder: typeof world.holder = async (...args) => {
      const found = await machine.world().holder?.(...args) ?? null;
      return found === null ? null : { ...found, yields };
    };
    const desired = forwardKind.desired(workspace([spec("web", fixed(3000), { onConflict })]));
    const [action] = forwardKind.diff(desired, await forwardKind.observe(desired, { ...world, holder }, signal));
    return [action?.op, action?.op === "blocked" ? action.reason : action?.disruption];
  };
  const blocked = ["blocked", "port 3000 is in use by socat (PID 7)"];
  const taken = ["create", "port 3000 is taken over from socat (PID 7)"];
  assert.deepEqual(await planned("fail", { yields: true, takeOver: false }), blocked);
  assert.deepEqual(await planned("fail", { yields: true, takeOver: true }), taken);
  assert.deepEqual(await planned("take-over", { yields: true, takeOver: false }), taken);
  assert.deepEqual(await planned("take-over", { yields: false, takeOver: true }), blocked);
  assert.deepEqual(await planned("next-free", { yields: true, takeOver: true }), ["create", null]);
});
