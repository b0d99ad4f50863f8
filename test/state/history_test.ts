import assert from "node:assert/strict";
import type { Event } from "../../src/model/status.ts";
import { StateError } from "../../src/state/atomic_json.ts";
import { openHistory } from "../../src/state/history.ts";
import { inDirectory, namesIn } from "./directory.ts";

function event(number: number): Event {
  return {
    time: "2026-01-01T00:00:00.000Z",
    type: "status",
    key: "forward:web",
    status: "Active",
    reason: null,
    message: `event ${number}\nsecond line`,
  };
}

const numbers = (events: readonly Event[]) => events.map((one) => Number(/\d+/.exec(one.message)?.[0]));
const upTo = (last: number, first = 0) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

Deno.test("history: what is appended is read back in order, also by the next process", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/state/history.jsonl`;
    const history = openHistory(path);
    assert.deepEqual(await history.read({ limit: 10 }), []);
    await Promise.all(upTo(9).map((number) => history.append(event(number))));
    assert.deepEqual(await history.read({ limit: 2 }), [event(8), event(9)]);
    await history.close();
    const again = openHistory(path);
    await again.append(event(10));
    assert.deepEqual(numbers(await again.read({ limit: 100 })), upTo(10));
    assert.deepEqual(await again.read({ limit: 0 }), []);
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("history: bounded on disk, the newest stay", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/history.jsonl`;
    const history = openHistory(path, { maxBytes: 2_000 });
    for (const number of upTo(99)) await history.append(event(number));
    assert.deepEqual(await namesIn(dir), ["history.jsonl", "history.jsonl.1"]);
    for (const name of await namesIn(dir)) assert.ok((await Deno.stat(`${dir}/${name}`)).size <= 2_000);
    const kept = numbers(await history.read({ limit: 1_000 }));
    assert.ok(kept.length > 10);
    assert.deepEqual(kept, upTo(99, 100 - kept.length));
  }));

Deno.test("history: a line that was cut off costs itself alone", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/history.jsonl`;
    await openHistory(path).append(event(0));
    await Deno.writeTextFile(path, '{"time":"2026-01-01T0', { append: true });
    const history = openHistory(path);
    await history.append(event(1));
    assert.deepEqual(await history.read({ limit: 10 }), [event(0), event(1)]);
  }));

Deno.test("history: lines of another shape are left out, unknown fields dropped", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/history.jsonl`;
    await Deno.writeTextFile(path, `null\n[]\n"x"\n{"time":1}\n${JSON.stringify({ ...event(1), extra: 1 })}\n`);
    assert.deepEqual(await openHistory(path).read({ limit: 10 }), [event(1)]);
  }));

Deno.test("history: a file that cannot be written is a typed failure, and works again once it can", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/history.jsonl`;
    await Deno.mkdir(path);
    const history = openHistory(path);
    await assert.rejects(history.append(event(0)), StateError);
    await Deno.remove(path);
    await history.append(event(1));
    assert.deepEqual(numbers(await history.read({ limit: 10 })), [1]);
  }));
