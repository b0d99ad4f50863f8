import assert from "node:assert/strict";

/** How long a condition may take to hold, in milliseconds: much more than it needs, because machines are busy. */
const LIMIT = 60_000;

/**
 * Waits until `holds`, looking every few milliseconds of real time, and fails with `what` after a minute. Resolves with how long it took, in
 * milliseconds.
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
): Promise<number> {
  const began = performance.now();
  while (!await holds()) {
    if (performance.now() - began > LIMIT) {
      assert.fail(`not within ${LIMIT} ms: ${typeof what === "string" ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  return performance.now() - began;
}
