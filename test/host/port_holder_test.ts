import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { systemClock } from "../../src/host/clock.ts";
import { lsofArgv, parseLsof } from "../../src/host/lsof.ts";
import { findPortHolder } from "../../src/host/port_holder.ts";
import { overlaps } from "../../src/host/listeners.ts";
import { parseSs, ssArgv } from "../../src/host/ss.ts";
import { createShell, type Shell } from "../../src/host/shell.ts";
import { port } from "../../src/model/port.ts";

Deno.test("ss: listeners of both families, with and without their process", () => {
  const text =
    `LISTEN 0      511        127.0.0.1:8080       0.0.0.0:*    users:(("nginx",pid=1234,fd=6),("nginx",pid=1235,fd=6))
LISTEN 0      4096   127.0.0.53%lo:53         0.0.0.0:*
LISTEN 0      128            [::1]:3000          [::]:*    users:(("deno",pid=9,fd=11))
LISTEN 0      128                *:8081             *:*    users:(("my server",pid=10,fd=3))
broken line
`;
  assert.deepEqual(parseSs(text), [
    { host: "127.0.0.1", port: 8080, process: { pid: 1234, command: "nginx" } },
    { host: "127.0.0.53", port: 53, process: null },
    { host: "::1", port: 3000, process: { pid: 9, command: "deno" } },
    { host: "::", port: 8081, process: { pid: 10, command: "my server" } },
  ]);
  assert.deepEqual(parseSs(""), []);
  assert.deepEqual(ssArgv(8080, "tcp").at(-1), "sport = :8080");
});

Deno.test("which listeners are in the way of which address", () => {
  for (
    const [listening, wanted, expected] of [
      ["127.0.0.1", "127.0.0.1", true],
      ["127.0.0.1", "localhost", true],
      ["127.0.0.1", "127.0.0.2", false],
      ["127.0.0.1", "0.0.0.0", true],
      ["0.0.0.0", "127.0.0.1", true],
      ["0.0.0.0", "::1", false],
      ["::", "127.0.0.1", true],
      ["::", "::1", true],
      ["::1", "127.0.0.1", false],
      ["::1", "::1", true],
    ] as const
  ) {
    assert.equal(overlaps(listening, wanted), expected, `${listening} ${wanted}`);
  }
});

Deno.test("lsof: field output, several processes and addresses", () => {
  const text = [
    "p1234",
    "cnginx",
    "f6",
    "n*:8080",
    "f7",
    "n[::1]:8080",
    "p99",
    "cGoogle\\x20Chrome",
    "f3",
    "n127.0.0.1:8080",
    "",
  ].join("\n");
  assert.deepEqual(parseLsof(text), [
    { host: "::", port: 8080, process: { pid: 1234, command: "nginx" } },
    { host: "::1", port: 8080, process: { pid: 1234, command: "nginx" } },
    { host: "127.0.0.1", port: 8080, process: { pid: 99, command: "Google Chrome" } },
  ]);
  assert.deepEqual(parseLsof(""), []);
  assert.deepEqual(lsofArgv(8080, "tcp").includes("-iTCP:8080"), true);
});

const shell = createShell({ clock: systemClock(), env: (name) => Deno.env.get(name) });
const signal = new AbortController().signal;
const tools = (await Promise.all(["ss", "lsof"].map((tool) => shell([tool, "-v"], { signal })))).some(({ end }) =>
  end === "exited"
);

Deno.test({
  name: "port holder: this process is found by its listener, on the address and on one that covers it",
  ignore: !tools,
  fn: async () => {
    using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
    const address = { host: "127.0.0.1", port: port(listener.addr.port) };
    const holder = await findPortHolder(address, { shell, signal });
    assert.equal(holder?.pid, Deno.pid);
    assert.match(holder.words, new RegExp(`^\\S+ \\(PID ${Deno.pid}\\)$`));
    assert.equal(await findPortHolder({ ...address, host: "::1" }, { shell, signal }), null);
  },
});

Deno.test({
  name: "port holder: this process is found by a UDP socket, which is no TCP one",
  ignore: !tools,
  fn: async () => {
    const socket = createSocket({ type: "udp4" });
    await new Promise<void>((resolve) => socket.bind({ address: "127.0.0.1", port: 0 }, resolve));
    const address = { host: "127.0.0.1", port: port(socket.address().port) };
    try {
      assert.equal((await findPortHolder(address, { shell, signal, protocol: "udp" }))?.pid, Deno.pid);
      assert.equal(await findPortHolder(address, { shell, signal }), null);
    } finally {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    }
  },
});

Deno.test("port holder: a tool that is missing is not the end: the next one is asked, and then nobody is known", async () => {
  const asked: string[] = [];
  const none: Shell = ([program = ""]) => {
    asked.push(program);
    return Promise.resolve({ code: 127, end: "not-found", stdout: "", stderr: "" });
  };
  assert.equal(await findPortHolder({ host: "127.0.0.1", port: port(8080) }, { shell: none, signal }), null);
  assert.deepEqual(asked, ["ss", "lsof"]);
});

Deno.test("port holder: a free port has none", async () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { host: "127.0.0.1", port: port(free.addr.port) };
  free.close();
  assert.equal(await findPortHolder(address, { shell, signal }), null);
});
