import assert from "node:assert/strict";
import type { LogLevel } from "../../src/model/log_line.ts";
import { type LogFormat, startLog } from "../../src/telemetry/log.ts";

function logged(
  write: (log: ReturnType<ReturnType<typeof startLog>["room"]>) => void,
  { format = "json", level = "debug" }: { readonly format?: LogFormat; readonly level?: LogLevel } = {},
): readonly string[] {
  const lines: string[] = [];
  const clock = { now: () => Date.UTC(2026, 0, 1) };
  const system = startLog([{ sink: (line) => lines.push(line), format, level }], clock);
  write(system.room("kube"));
  system.close();
  return lines;
}

Deno.test("log: one JSON object a line, fields beside what every line has", () => {
  assert.deepEqual(logged((log) => log.warn("watch ended", { cluster: "dev", attempt: 2, level: "mine" })), [
    '{"cluster":"dev","attempt":2,"level":"warn","time":"2026-01-01T00:00:00.000Z","room":"kube","message":"watch ended"}',
  ]);
});

Deno.test("log: text, with quotes only where they are needed", () => {
  assert.deepEqual(
    logged((log) => log.info("watch ended", { cluster: "dev", why: "cut off", at: "10.0.0.1:6443", n: 1 }), {
      format: "text",
    }),
    ['2026-01-01T00:00:00.000Z info  kube: watch ended cluster=dev why="cut off" at=10.0.0.1:6443 n=1'],
  );
});

Deno.test("log: text stays one line and moves no cursor", () => {
  const [line] = logged((log) => log.info("a\nb\x1b[2J", { value: "c\r\u009b1m" }), { format: "text" });
  assert.equal(line, '2026-01-01T00:00:00.000Z info  kube: a\\x0ab\\x1b[2J value="c\\r\\x9b1m"');
});

for (
  const [level, expected] of [
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
  ] as const
) {
  Deno.test(`log: level ${level} writes what is at least as grave`, () => {
    const lines = logged((log) => {
      log.debug("x");
      log.info("x");
      log.warn("x");
      log.error("x");
    }, { level });
    assert.deepEqual(lines.map((line) => JSON.parse(line).level), expected);
  });
}

Deno.test("log: braces in a message are braces", () => {
  const [line] = logged((log) => log.info("a {b} c", { b: 1 }));
  assert.equal(JSON.parse(line ?? "").message, "a {b} c");
});

Deno.test("log: secrets in messages and fields are left out", () => {
  for (const format of ["json", "text"] as const) {
    const [line] = logged(
      (log) =>
        log.error("refused: Authorization: Bearer abc.DEF-123", {
          headers: { authorization: "hunter2" },
          token: "t0ps3cret",
        }),
      {
        format,
      },
    );
    assert.doesNotMatch(line ?? "", /DEF|hunter2|t0ps3cret/);
    assert.match(line ?? "", /redacted/);
  }
});

Deno.test("log: closed, it goes nowhere; a second log takes over from the first", () => {
  const [first, second]: [string[], string[]] = [[], []];
  const options = { format: "json", level: "info" } as const;
  const clock = { now: () => 0 };
  const log = startLog([{ ...options, sink: (line) => first.push(line) }], clock).room("a");
  log.info("one");
  const system = startLog([{ ...options, sink: (line) => second.push(line) }], clock);
  log.info("two");
  system.close();
  log.info("three");
  assert.deepEqual([first.length, second.length], [1, 1]);
});
