import assert from "node:assert/strict";
import { Progress } from "../../src/control/progress.ts";
import { key } from "../../src/model/key.ts";
import { FakeClock } from "../fakes/clock.ts";

const permissions = "none";

Deno.test(
  { name: "long work ends with the action that told of it, once, and says how long it took", permissions },
  async () => {
    const clock = new FakeClock();
    const progress = new Progress(clock);
    const dev = key("cluster", "dev");
    assert.equal(progress.ended(dev, { status: "done" }), null, "nothing was told");
    progress.heard(dev);
    await clock.advance(12_300);
    progress.heard(dev);
    assert.equal(progress.ended(key("forward", "dev"), { status: "done" }), null);
    assert.equal(progress.ended(key("cluster", "other"), { status: "done" }), null);
    assert.deepEqual(progress.ended(dev, { status: "done" }), {
      type: "progress",
      key: "cluster:dev",
      status: "done",
      reason: null,
      message: "took 12.3s",
    });
    assert.equal(progress.ended(dev, { status: "done" }), null);
  },
);

Deno.test({ name: "changes of published ports are work on their cluster; failures say why", permissions }, () => {
  const progress = new Progress(new FakeClock());
  const dev = key("cluster", "dev");
  progress.heard(dev);
  const failed = progress.ended(key("mapping", "dev/8080-30880-tcp"), {
    status: "failed",
    reason: "port-in-use",
    message: "port 8080 is in use",
    retry: true,
  });
  assert.deepEqual([failed?.status, failed?.reason, failed?.message], [
    "failed",
    "port-in-use",
    "port 8080 is in use, after 0.0s",
  ]);
  progress.heard(dev);
  assert.equal(progress.ended(dev, { status: "cancelled" })?.message, "cancelled, after 0.0s");
});
