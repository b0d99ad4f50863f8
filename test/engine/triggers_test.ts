import assert from "node:assert/strict";
import { subscriptionSource, type Trigger } from "../../src/engine/triggers.ts";

Deno.test("subscription source: each call of the listener is one wake-up, with its words", () => {
  const listeners = new Set<(detail: string) => void>();
  const seen: Trigger[] = [];
  const stop = subscriptionSource("wake", (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  })((trigger) => seen.push(trigger));
  for (const listener of listeners) listener("slept for 60 s");
  assert.deepEqual(seen, [{ kind: "wake", detail: "slept for 60 s" }]);
  stop();
  assert.equal(listeners.size, 0);
});
