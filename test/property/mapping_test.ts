/** What the kinds `cluster` and `mapping` promise, over random files, random k3d clusters and random accidents. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { K3dSpec } from "../../src/model/k3d.ts";
import { bindingsClash, bindingsOf, formatPortSpec, parsePortSpec } from "../../src/model/k3d_ports.ts";
import { clusterKind } from "../../src/resources/cluster/kind.ts";
import { mappingKind } from "../../src/resources/mapping/kind.ts";
import { k3dSpec, Machine, never, ports, workspace } from "../resources/k3d_world.ts";

/** Flags of a file or of a cluster, no two of them in each other's way: that is refused when the file is read. */
const flags: fc.Arbitrary<string[]> = fc.array(
  fc.record({
    ip: fc.constantFrom("", "", "127.0.0.1:", "0.0.0.0:"),
    host: fc.constantFrom("8001", "8002", "8003", "8004", "8005", "8006-8007", ""),
    container: fc.constantFrom(80, 81, 30880),
    udp: fc.constantFrom("", "", "/udp"),
    filter: fc.constantFrom("loadbalancer", "server:0", "server:*", "agent:*"),
  }),
  { maxLength: 6 },
).map((list) => {
  const taken: ReturnType<typeof bindingsOf>[number][] = [];
  return list.flatMap(({ ip, host, container, udp, filter }) => {
    const target = host.includes("-") ? `${container}-${container + 1}` : `${container}`;
    const text = `${ip}${host === "" && ip === "" ? "" : `${host}:`}${target}${udp}@${filter}`;
    const spec = ports(text)[0];
    if (spec === undefined) return [];
    const more = bindingsOf(spec);
    const same = (a: typeof more[number], b: typeof more[number]) =>
      bindingsClash(a, b) ||
      (a.hostPort === b.hostPort && a.hostIp === b.hostIp && a.containerPort === b.containerPort &&
        a.protocol === b.protocol);
    if (more.some((one) => taken.some((other) => same(one, other)))) return [];
    taken.push(...more);
    return [text];
  });
});

const file = (texts: readonly string[], more: Partial<K3dSpec> = {}) =>
  workspace({ dev: k3dSpec({ ...more, ports: ports(...texts) }) });

async function adopted(texts: readonly string[]): Promise<Machine> {
  const machine = new Machine();
  const made = await machine.fake.run(["k3d", "cluster", "create", "one", ...texts.flatMap((one) => ["--port", one])], {
    signal: never,
  });
  assert.equal(made.code, 0, made.stderr);
  machine.fake.writes.length = 0;
  return machine;
}

const published = (machine: Machine) =>
  (machine.fake.balancer("one")?.bindings ?? []).map((one) =>
    `${one.hostIp}|${one.hostPort}|${one.containerPort}|${one.protocol}`
  ).sort();
const wanted = (texts: readonly string[]) =>
  ports(...texts).flatMap(bindingsOf).map((one) => `${one.hostIp}|${one.hostPort}|${one.containerPort}|${one.protocol}`)
    .sort();

Deno.test("own cluster: apply, then plan: nothing is left; exactly the wanted ports answer; at most two edits, the deletion first", async () => {
  await fc.assert(
    fc.asyncProperty(flags, flags, fc.integer({ min: 0, max: 2 }), async (before, after, agents) => {
      const machine = new Machine();
      await machine.up(file(before, { agents }));
      assert.deepEqual(await machine.shown(file(before, { agents })), []);
      machine.fake.writes.length = 0;
      const outcomes = await machine.up(file(after, { agents }));
      assert.ok([...outcomes.values()].every((one) => one.status === "done"), JSON.stringify([...outcomes]));
      assert.deepEqual(await machine.shown(file(after, { agents })), []);
      assert.deepEqual(published(machine).filter((one) => !one.includes("|6443|")), wanted(after));
      assert.ok(machine.fake.writes.length <= 2, machine.fake.writes.join("\n"));
      assert.ok(machine.fake.writes.every((one) => one.startsWith("k3d cluster edit one")));
      if (machine.fake.writes.length === 2) assert.match(machine.fake.writes[0] ?? "", /--port-delete/);
      const dead = machine.fake.balancer("one")?.bindings.filter((one) =>
        (machine.fake.balancer("one")?.upstreams?.[`${one.containerPort}/${one.protocol}`] ?? []).length === 0
      );
      // A filter for agents where there are none leads nowhere, as written.
      if (agents > 0) assert.deepEqual(dead, []);
    }),
    { numRuns: 300 },
  );
});

Deno.test("adopted cluster: no foreign port is ever changed, and the plan settles", async () => {
  await fc.assert(
    fc.asyncProperty(flags, flags, flags, async (foreign, first, second) => {
      const machine = await adopted(foreign);
      const theirs = published(machine);
      const led = structuredClone(machine.fake.balancer("one")?.upstreams ?? {});
      for (const texts of [first, second]) {
        machine.restart();
        machine.fake.writes.length = 0;
        const outcomes = await machine.up(file(texts));
        assert.ok(machine.fake.writes.length <= 2);
        for (const one of theirs) assert.ok(published(machine).includes(one), `${one} is gone`);
        for (const [port, nodes] of Object.entries(led)) {
          for (const node of nodes) {
            assert.ok(
              machine.fake.balancer("one")?.upstreams?.[port]?.includes(node),
              `${port} no longer leads to ${node}`,
            );
          }
        }
        // What is left is what cannot be done, the same at every look.
        const left = await machine.shown(file(texts));
        assert.ok(left.every((line) => line.startsWith("blocked ")), left.join("\n"));
        assert.ok(
          [...outcomes.values()].every((one) => one.status === "done" || one.status === "blocked"),
          JSON.stringify([...outcomes]),
        );
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("the order of what is asked for changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(flags, flags, fc.nat(), async (before, after, seed) => {
      const machine = new Machine();
      await machine.up(file(before));
      const shuffled = after.map((text, at) => ({ text, at: (seed * (at + 7)) % 13 })).sort((a, b) => a.at - b.at).map((
        { text },
      ) => text);
      const plain = (actions: Awaited<ReturnType<Machine["plan"]>>) =>
        actions.map(({ action: { input: _, ...action } }) => action);
      assert.deepEqual(plain(await machine.plan(file(shuffled))), plain(await machine.plan(file(after))));
      const both = workspace({ a: k3dSpec({ ports: ports(...after) }), b: k3dSpec({ name: "two" }) });
      const [clusters, maps] = [clusterKind.desired(both), mappingKind.desired(both)];
      const [seen, seenPorts] = [
        await clusterKind.observe(clusters, machine.world, never),
        await mappingKind.observe(maps, machine.world, never),
      ];
      const sorted = <T extends { key: string }>(of: readonly T[]) => [...of].sort((x, y) => x.key < y.key ? -1 : 1);
      assert.deepEqual(
        sorted(clusterKind.diff([...clusters].reverse(), [...seen].reverse())),
        sorted(clusterKind.diff(clusters, seen)),
      );
      assert.deepEqual(
        sorted(mappingKind.diff([...maps].reverse(), [...seenPorts].reverse())),
        sorted(mappingKind.diff(maps, seenPorts)),
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("whatever k3d is killed in the middle of: a few ups later all is as asked for, and the load balancer runs", async () => {
  await fc.assert(
    fc.asyncProperty(
      flags,
      flags,
      fc.integer({ min: 0, max: 9 }),
      fc.boolean(),
      async (before, after, step, foreign) => {
        const machine = foreign ? await adopted([]) : new Machine();
        machine.fake.killAfter = foreign ? null : step;
        await machine.up(file(before));
        machine.restart();
        machine.fake.killAfter = null;
        await machine.up(file(before));
        assert.deepEqual(await machine.shown(file(before)), []);
        machine.fake.killAfter = step % 5;
        await machine.up(file(after));
        machine.restart();
        machine.fake.killAfter = null;
        await machine.up(file(after));
        assert.deepEqual(await machine.shown(file(after)), []);
        assert.deepEqual(
          machine.fake.containers.filter((one) => one.role === "loadbalancer").map((one) => `${one.name} ${one.state}`),
          [
            "k3d-one-serverlb running",
          ],
        );
        assert.deepEqual(published(machine).filter((one) => !one.includes("|6443|")), wanted(after));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("other clusters are never touched", async () => {
  await fc.assert(
    fc.asyncProperty(flags, flags, flags, async (theirs, before, after) => {
      const machine = new Machine();
      const shifted = theirs.map((text) => text.replaceAll("800", "900"));
      await machine.fake.run(["k3d", "cluster", "create", "theirs", ...shifted.flatMap((one) => ["--port", one])], {
        signal: never,
      });
      const snapshot = structuredClone(machine.fake.cluster("theirs"));
      for (const texts of [before, after]) await machine.up(file(texts));
      await machine.up(workspace({}));
      await machine.up(file(after, { servers: 2 }));
      assert.deepEqual(machine.fake.cluster("theirs"), snapshot);
    }),
    { numRuns: 150 },
  );
});

Deno.test("port syntax: what is formatted is parsed back to the same; nothing makes the parser throw", () => {
  fc.assert(fc.property(flags, (texts) => {
    for (const spec of ports(...texts)) assert.deepEqual(ports(formatPortSpec(spec)), [spec]);
  }));
  fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d:.@/\-\[\]a-z;*]{0,40}$/)), (text) => {
    const parsed = parsePortSpec(text);
    if (parsed.ok) assert.deepEqual(parsePortSpec(formatPortSpec(parsed.spec)), parsed);
  }));
});
