import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { openLogFile, readLogFile } from "../../src/state/log_file.ts";
import { inDirectory } from "./directory.ts";

const clock = systemClock();

Deno.test("log file: lines come back in order over a rotation, for this user alone, and its size is bounded", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/a/berth.log`;
    const log = await openLogFile(path, { maxBytes: 200 });
    const lines = Array.from({ length: 30 }, (_, at) => `line ${at} ${"x".repeat(20)}`);
    for (const line of lines) log.write(line);
    const got = await Array.fromAsync(readLogFile(path, { follow: false, clock, signal: AbortSignal.timeout(60_000) }));
    assert.ok(got.length >= 5 && got.length < 30);
    assert.deepEqual(got, lines.slice(-got.length));
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    assert.ok((await Deno.stat(path)).size <= 200 && (await Deno.stat(`${path}.1`)).size <= 200);
  }));

Deno.test("log file: who follows it sees each line once, over rotations and a second writer", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/berth.log`;
    const stop = new AbortController();
    const got: string[] = [];
    const reading = assert.rejects(async () => {
      for await (const line of readLogFile(path, { follow: true, clock, signal: stop.signal })) {
        got.push(line);
        if (got.length === 12) stop.abort("enough");
      }
    }, (error) => error === "enough");
    const wanted: string[] = [];
    for (let at = 0; at < 12; at++) {
      // Each on a new writer, as after a restart; two lines fit into a file.
      const log = await openLogFile(path, { maxBytes: 20 });
      wanted.push(`line ${at}`);
      log.write(`line ${at}`);
      for (const until = clock.monotonic() + 60_000; got.length <= at && clock.monotonic() < until;) {
        await clock.sleep(5);
      }
    }
    await reading;
    assert.deepEqual(got, wanted);
  }));

Deno.test("log file: one that is not there has no lines; one that cannot be written ends nothing", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/berth.log`;
    const { signal } = new AbortController();
    assert.deepEqual(await Array.fromAsync(readLogFile(path, { follow: false, clock, signal })), []);
    await Deno.mkdir(path);
    const log = await openLogFile(path);
    log.write("to nowhere");
  }));
