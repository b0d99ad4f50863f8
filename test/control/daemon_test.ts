import assert from "node:assert/strict";
import { ClusterRegistry } from "../../src/control/cluster_registry.ts";
import { WorkspaceDaemon } from "../../src/control/daemon.ts";
import { NO_PERMISSIONS } from "../../src/engine/executor.ts";
import { createLoop } from "../../src/engine/loop.ts";
import { planOf } from "../../src/engine/plan.ts";
import { createForwarders } from "../../src/forward/forwarders.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import { boundToy, EMPTY_WORKSPACE, toyKey } from "../fakes/actions.ts";
import { FakeClock, settle } from "../fakes/clock.ts";

Deno.test("an approved action passes its gate in the next pass, once, and no other does", async () => {
  const clock = new FakeClock();
  const ran: string[] = [];
  const gated = (name: string) =>
    boundToy(name, {
      gate: "allow-recreate",
      run: () => {
        ran.push(name);
        return Promise.resolve({ status: "done" });
      },
    });
  const registry = new ClusterRegistry(() => {
    throw new Error("there are no clusters");
  });
  const forwarders = createForwarders({
    clock,
    random: () => 0.5,
    log: NO_LOG,
    clusters: () => undefined,
    exec: () => Promise.resolve({ code: 0, stderr: "" }),
    whoHolds: () => Promise.resolve(null),
    leases: { get: () => undefined, set: () => {} },
  });
  const daemon = new WorkspaceDaemon({
    file: "/f",
    pid: 1,
    clock,
    log: NO_LOG,
    registry,
    forwarders,
    connect: () => Promise.resolve(),
    read: () => Promise.resolve({ workspace: EMPTY_WORKSPACE, diagnostics: [] }),
    plan: () => Promise.resolve(planOf([gated("a"), gated("b")])),
    history: () => Promise.resolve([]),
    createLoop: ({ workspace, hooks, approved }) =>
      createLoop({
        kinds: [{ name: "toy", plan: () => Promise.resolve([gated("a"), gated("b")]) }],
        world: null,
        workspace,
        hooks,
        permissions: () => ({ ...NO_PERMISSIONS, approved: approved() }),
        clock,
        random: () => 0.5,
      }),
    dashboard: () => null,
    problems: () => [],
    onDown: () => {},
    onHandOver: () => {},
  }, { workspace: EMPTY_WORKSPACE, diagnostics: [] });
  await daemon.start();
  assert.deepEqual(ran, []);
  daemon.approve([toyKey("a")]);
  for (let turn = 0; turn < 10; turn++) await settle();
  assert.deepEqual(ran, ["a"]);
  daemon.reload();
  for (let turn = 0; turn < 10; turn++) await settle();
  assert.deepEqual(ran, ["a"], "it held for one pass");
  await daemon.stop(new AbortController().signal);
  await forwarders.close(new AbortController().signal);
  assert.equal(clock.pending, 0);
});
