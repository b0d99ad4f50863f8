import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { createShell } from "../../src/host/shell.ts";

const PATH = Deno.env.get("PATH") ?? "";
const environment: Readonly<Record<string, string>> = { PATH, HOME: "/home/ada", AWS_SECRET_ACCESS_KEY: "hush" };
const shell = createShell({ clock: systemClock(), env: (name) => environment[name] });
const { signal } = new AbortController();

Deno.test("shell: arguments reach the program as they are, whatever is in them", async () => {
  const args = ["a b", "$(id)", ";", "*", "", "'\"", "\\", "${HOME}", "~", "x\ny", "&& echo", "-n", ">"];
  const result = await shell(["printf", "%s|", ...args], { signal });
  assert.deepEqual(result, { code: 0, end: "exited", stdout: args.map((arg) => `${arg}|`).join(""), stderr: "" });
});

Deno.test("shell: code, stdout and stderr are values", async () => {
  const result = await shell(["sh", "-c", "echo out; echo err >&2; exit 7"], { signal });
  assert.deepEqual(result, { code: 7, end: "exited", stdout: "out\n", stderr: "err\n" });
});

Deno.test("shell: only picked variables are passed on", async () => {
  const { stdout } = await shell(["env"], { signal, env: { BERTH_PORT: "80" } });
  const names = stdout.trim().split("\n").map((line) => line.split("=")[0]).filter((name) => name !== "PWD");
  assert.deepEqual(names.sort(), ["BERTH_PORT", "HOME", "PATH"]);
});

Deno.test("shell: a program that is not there is told apart from one that exits 127", async () => {
  for (const name of ["no-such-program-here", "/no/such/program", "./no-such", ""]) {
    const result = await shell([name], { signal });
    assert.deepEqual([result.end, result.code], ["not-found", 127], name);
  }
  const own = await shell(["sh", "-c", "exit 127"], { signal });
  assert.deepEqual([own.end, own.code], ["exited", 127]);
});

Deno.test("shell: a time-out is told apart from a program that exits 124", async () => {
  const slow = await shell(["sleep", "30"], { signal, timeout: 30 });
  assert.deepEqual([slow.end, slow.code], ["timed-out", 124]);
  const own = await shell(["sh", "-c", "exit 124"], { signal, timeout: 10_000 });
  assert.deepEqual([own.end, own.code], ["exited", 124]);
});

Deno.test("shell: abort ends the program and rejects with the signal's reason", async () => {
  const abort = new AbortController();
  const running = shell(["sleep", "30"], { signal: abort.signal });
  abort.abort("enough");
  await assert.rejects(running, (reason) => reason === "enough");
  await assert.rejects(shell(["true"], { signal: AbortSignal.abort("before") }), (reason) => reason === "before");
});

Deno.test("shell: a program that ignores polite signals is ended all the same", async () => {
  const result = await shell(["sh", "-c", "trap '' TERM; echo ready; while :; do :; done"], { signal, timeout: 3_000 });
  assert.deepEqual([result.end, result.stdout], ["timed-out", "ready\n"]);
});

Deno.test("shell: what a program started does not hold up its end", async () => {
  const clock = systemClock();
  const started = clock.monotonic();
  const result = await shell(["sh", "-c", "sleep 30; echo late"], { signal, timeout: 50 });
  assert.equal(result.end, "timed-out");
  // The grandchild, which keeps the pipe open, ends by itself.
  const took = clock.monotonic() - started;
  assert.ok(took < 25_000, `${took} ms`);
});

Deno.test("shell: stdin is empty unless given; cwd is where it runs", async () => {
  assert.equal((await shell(["cat"], { signal })).stdout, "");
  assert.equal((await shell(["cat"], { signal, stdin: "hello" })).stdout, "hello");
  assert.equal((await shell(["pwd"], { signal, cwd: "/" })).stdout, "/\n");
});

Deno.test("lines are told as they come, from both streams, and kept whole", async () => {
  const lines: string[] = [];
  const result = await shell(["sh", "-c", "echo one; echo two >&2; printf three"], {
    signal,
    onLine: (line) => lines.push(line),
  });
  assert.deepEqual([...lines].sort(), ["one", "three", "two"]);
  assert.equal(result.stdout, "one\nthree");
  assert.equal(result.stderr, "two\n");
});
