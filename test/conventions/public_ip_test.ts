import assert from "node:assert/strict";
import fc from "fast-check";
import { isKecsNodePort, plainNodePorts, reservedWithin } from "../../src/conventions/kecs_ports.ts";
import {
  allot,
  type AllotWish,
  localOfNodePort,
  nodePortOfLocal,
  PUBLIC_IP_RANGES,
  publicIpProblem,
  skippedWords,
  taskServiceLabels,
  taskServiceName,
} from "../../src/conventions/public_ip.ts";
import { type Port, port } from "../../src/model/port.ts";

const range = (first: number, last: number) => ({ first: port(first), last: port(last) });
const ranges = PUBLIC_IP_RANGES;
const nothing = { nodePorts: new Set<Port>(), locals: new Set<Port>() };
const wish = (id: string, nodePort: number | null = null, remembered: number | null = null): AllotWish => ({
  id,
  nodePort: nodePort === null ? null : port(nodePort),
  remembered: remembered === null ? null : port(remembered),
});
const show = (given: ReturnType<typeof allot>) =>
  [...given].map(([id, { local, nodePort, wanted }]) => `${id} ${local}-${nodePort}${wanted ? " new" : ""}`).sort();

for (const [nodePort, local] of [[30000, 32000], [30001, 32001], [30999, 32999]] as const) {
  Deno.test(`NodePort ${nodePort} goes with local port ${local}`, () => {
    assert.equal(localOfNodePort(port(nodePort), ranges), local);
    assert.equal(nodePortOfLocal(port(local), ranges), nodePort);
  });
}

Deno.test("nothing goes with ports outside the ranges", () => {
  for (const value of [29999, 31000]) assert.equal(localOfNodePort(port(value), ranges), undefined);
  for (const value of [31999, 33000]) assert.equal(nodePortOfLocal(port(value), ranges), undefined);
});

Deno.test("sizes must match, and what KECS uses itself is said", () => {
  assert.equal(publicIpProblem(ranges), null);
  assert.equal(
    publicIpProblem({ local: range(32000, 32009), nodePorts: range(30000, 30099) }),
    "10 local ports (32000-32009) do not fit 100 NodePorts (30000-30099): both ranges must have the same size",
  );
  assert.equal(
    skippedWords(ranges),
    "of NodePorts 30000-30999, KECS uses 30080 (API), 30081 (admin API), 30443 (ALB, HTTPS), 30800-30899 (ALB listeners): " +
      "they are not given to tasks",
  );
  assert.equal(skippedWords({ ...ranges, nodePorts: range(31000, 31999) }), null);
  assert.deepEqual(reservedWithin(range(30850, 30950)).map(({ first, last }) => [first, last]), [[30850, 30899]]);
});

Deno.test("a task's Service is called and labelled as KECS does", () => {
  assert.equal(taskServiceName("abc"), "task-abc");
  assert.deepEqual(taskServiceLabels("abc"), {
    "kecs.dev/task-id": "abc",
    "kecs.dev/managed-by": "kecs",
    "kecs.dev/type": "task-nodeport",
  });
});

Deno.test("lowest free first; what is there is kept; what is used, claimed, refused or reserved is passed over", () => {
  assert.deepEqual(show(allot(ranges, nothing, [wish("a"), wish("b")])), ["a 32000-30000 new", "b 32001-30001 new"]);
  assert.deepEqual(
    show(
      allot(ranges, {
        nodePorts: new Set([30000, 30005].map(port)),
        locals: new Set([port(32001)]),
        avoid: new Set([port(30002)]),
      }, [
        wish("new"),
        wish("old", 30005),
      ]),
    ),
    ["new 32003-30003 new", "old 32005-30005"],
  );
  const many = Array.from({ length: 83 }, (_, i) => wish(`t${i}`));
  const given = allot(ranges, nothing, many);
  assert.deepEqual([given.get("t79")?.nodePort, given.get("t80")?.nodePort], [30079, 30082]);
});

Deno.test("a NodePort outside the range, or whose local port is taken, is used as it is with a free local port", () => {
  assert.deepEqual(
    show(allot(ranges, { nodePorts: new Set([31234, 30001].map(port)), locals: new Set([port(32001)]) }, [
      wish("outside", 31234),
      wish("taken", 30001),
      wish("new"),
    ])),
    ["new 32003-30003 new", "outside 32000-31234", "taken 32002-30001"],
  );
});

Deno.test("what was remembered comes again, unless somebody else has it by now", () => {
  assert.deepEqual(
    show(allot(ranges, { ...nothing, nodePorts: new Set([port(30004)]) }, [
      wish("first"),
      wish("kept", null, 32000),
      wish("lost", null, 32004),
      wish("reserved", null, 32080),
    ])),
    ["first 32001-30001 new", "kept 32000-30000 new", "lost 32002-30002 new", "reserved 32003-30003 new"],
  );
});

Deno.test("who finds nothing free gets nothing", () => {
  const small = { local: range(32000, 32001), nodePorts: range(30000, 30001) };
  assert.deepEqual(show(allot(small, nothing, [wish("a"), wish("b"), wish("c")])), [
    "a 32000-30000 new",
    "b 32001-30001 new",
  ]);
  // The default range holds 1,000, of which KECS uses 103 itself.
  assert.equal(allot(ranges, nothing, Array.from({ length: 1000 }, (_, i) => wish(`t${i}`))).size, 897);
});

const world = fc.record({
  tasks: fc.uniqueArray(fc.nat(40), { maxLength: 30 }),
  has: fc.array(fc.option(fc.integer({ min: 30060, max: 30110 }), { nil: null }), { minLength: 30, maxLength: 30 }),
  remembered: fc.array(fc.option(fc.integer({ min: 32055, max: 32105 }), { nil: null }), {
    minLength: 30,
    maxLength: 30,
  }),
  used: fc.uniqueArray(fc.integer({ min: 30060, max: 30110 }), { maxLength: 20 }),
  locals: fc.uniqueArray(fc.integer({ min: 32060, max: 32099 }), { maxLength: 10 }),
  avoid: fc.uniqueArray(fc.integer({ min: 30060, max: 30099 }), { maxLength: 10 }),
});
const small = { local: range(32060, 32099), nodePorts: range(30060, 30099) };

Deno.test("allotment: no port twice, none that others have, and the same again once its NodePorts are there", () => {
  fc.assert(fc.property(world, ({ tasks, has, remembered, used, locals, avoid }) => {
    const owned = new Set<number>();
    const wishes = tasks.map((task, i) => {
      const nodePort = has[i] ?? null;
      const own = nodePort === null || owned.has(nodePort) || used.includes(nodePort) ? null : nodePort;
      if (own !== null) owned.add(own);
      return wish(`t${task}`, own, remembered[i] ?? null);
    });
    const nodePorts = new Set([...used, ...owned].map(port));
    const state = { nodePorts, locals: new Set(locals.map(port)), avoid: new Set(avoid.map(port)) };
    const given = allot(small, state, wishes);
    const values = [...given.values()];
    assert.equal(new Set(values.map(({ local }) => local)).size, values.length, "local ports are distinct");
    assert.equal(new Set(values.map(({ nodePort }) => nodePort)).size, values.length, "NodePorts are distinct");
    for (const [id, { local, nodePort, wanted }] of given) {
      const own = wishes.find((one) => one.id === id)?.nodePort ?? null;
      assert.equal(wanted, own === null);
      assert.ok(!state.locals.has(local) && local >= 32060 && local <= 32099);
      if (own !== null) assert.equal(nodePort, own);
      else {
        assert.ok(!nodePorts.has(nodePort) && !isKecsNodePort(nodePort) && !state.avoid.has(nodePort));
        assert.equal(local - 32060, nodePort - 30060);
      }
    }
    // After a restart nothing is remembered but what lives.
    const made = wishes.map(({ id }) => wish(id, given.get(id)?.nodePort ?? null));
    const inRange = [...given].filter(([, { nodePort }]) => localOfNodePort(nodePort, small) !== undefined);
    const again = allot(
      small,
      { ...state, nodePorts: new Set([...nodePorts, ...values.map((one) => one.nodePort)]) },
      made,
    );
    for (const [id, { local, nodePort }] of inRange) {
      if (localOfNodePort(nodePort, small) === local) assert.equal(again.get(id)?.local, local, `${id} stays`);
    }
    // Nobody goes without while a pair is free.
    if (given.size < wishes.length) {
      const left = wishes.filter(({ id, nodePort }) => !given.has(id) && nodePort === null);
      const locals = new Set(values.map(({ local }) => local));
      for (let n = 0; left.length > 0 && n < 40; n++) {
        const [local, nodePort] = [port(32060 + n), port(30060 + n)];
        const free = !locals.has(local) && !state.locals.has(local) && !nodePorts.has(nodePort) &&
          !isKecsNodePort(nodePort) && !state.avoid.has(nodePort);
        assert.ok(!free, `${local} is free`);
      }
    }
  }));
});

Deno.test("ten times the tasks cost about ten times the work", () => {
  const wide = { local: range(32000, 62000), nodePorts: range(1000, 31000) };
  let looks = 0;
  class Counted extends Set<Port> {
    override has(value: Port): boolean {
      looks++;
      return super.has(value);
    }
  }
  const cost = (count: number): number => {
    looks = 0;
    const wishes = Array.from({ length: count }, (_, i) => wish(`t${i}`));
    assert.equal(allot(wide, { nodePorts: new Counted(), locals: new Counted() }, wishes).size, count);
    return looks;
  };
  assert.ok(cost(10_000) <= 12 * cost(1_000));
});

Deno.test("plain NodePorts: the static band first; in KECS outside all that it uses or gives away", () => {
  const first = (kecs: boolean, used: readonly number[] = []) =>
    plainNodePorts({ used: new Set(used.map(port)), kecs }).next().value;
  assert.equal(first(false), 30000);
  assert.equal(first(false, [30000, 30001]), 30002);
  assert.equal(first(true), 31000);
  const tasks = range(31000, 31999);
  const some = [...plainNodePorts({ used: new Set(), kecs: true, tasks })];
  assert.deepEqual(some.slice(0, 1).concat(some.slice(79, 82)), [30000, 30079, 30082, 30083]);
  assert.ok(!some.some((one) => isKecsNodePort(one) || (one >= 31000 && one <= 31999)));
});
