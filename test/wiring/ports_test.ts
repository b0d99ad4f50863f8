/** Local ports that are not to be had: who has them is said, the rest runs, and the forward comes alive when they are free. */
import assert from "node:assert/strict";
import { onceProblems } from "../../src/wiring/once.ts";
import { systemClock } from "../../src/host/clock.ts";
import { key } from "../../src/model/key.ts";
import { fileOf, freePort, get, listens, podBehind, Rig } from "./rig.ts";
import { until } from "../fakes/until.ts";

/** Another program that listens on a port of 127.0.0.1. */
class Holder implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  static async on(port: number): Promise<Holder> {
    const script =
      `Deno.listen({ hostname: "127.0.0.1", port: ${port} }); await new Promise((r) => setTimeout(r, 60000));`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(() => listens(port), "the other program listens");
    return new Holder(child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  async end(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

Deno.test("a port that another program holds: named with its PID, blocked in the plan, taken when it is free", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const [held, free] = [freePort(), freePort()];
  await using holder = await Holder.on(held);
  await rig.save(fileOf([
    `api: { service: default/api, port: 80, local: ${held} }`,
    `web: { service: default/web, port: 80, local: ${free} }`,
  ]));
  const words = new RegExp(`^port ${held} is in use by deno \\(PID ${holder.pid}\\)$`);
  const plan = await rig.plan();
  assert.deepEqual(plan.summary, { create: 1, change: 0, delete: 0, replace: 0, blocked: 1 });
  assert.match(plan.actions.find(({ op }) => op === "blocked")?.reason ?? "", words);

  const up = await rig.up();
  await up.active(["web"]);
  const { message, listen } = await up.becomes("api", "Failed", "port-in-use");
  assert.match(message ?? "", words);
  assert.deepEqual(listen, []);
  assert.match(await podBehind(free), /^web-/);
  // It is tried again and again, and said once.
  assert.equal(up.events.filter(({ key }) => key === "forward:api").length, 1);
  assert.equal((await rig.plan()).summary.blocked, 1);

  await holder.end();
  await up.active(["api"]);
  assert.match(await podBehind(held), /^api-/);
  assert.deepEqual(up.path("api"), ["Failed port-in-use", "Starting connecting", "Active"]);
  assert.deepEqual((await rig.plan()).actions, []);
});

Deno.test("onConflict: next-free takes the next port, and keeps it", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const held = freePort();
  await using holder = await Holder.on(held);
  await rig.save(fileOf([`api: { service: default/api, port: 80, local: ${held}, onConflict: next-free }`]));
  const up = await rig.up();
  await up.active();
  const port = up.forward("api").listen[0]?.port ?? 0;
  assert.ok(port > held && port < held + 1000);
  assert.match(await podBehind(port), /^api-/);
  await holder.end();
  assert.deepEqual((await rig.plan()).actions, []);
  assert.equal(up.forward("api").listen[0]?.port, port);
});

Deno.test("a port that another forward holds: status says which, and it moves over when that one goes", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const port = freePort();
  const floating = `web: { service: default/web, port: 80, local: ${port}-${port + 1} }`;
  await rig.save(fileOf([floating]));
  const up = await rig.up();
  await up.active();
  await rig.save(fileOf([floating, `api: { service: default/api, port: 80, local: ${port} }`]));
  const { message } = await up.becomes("api", "Failed", "port-in-use");
  assert.equal(message, `port ${port} is already in use by forward web`);
  assert.equal((await rig.plan()).summary.blocked, 1);
  assert.match(await podBehind(port), /^web-/);
  await rig.save(fileOf([`api: { service: default/api, port: 80, local: ${port} }`]));
  await up.active(["api"]);
  assert.match(await podBehind(port), /^api-/);
});

Deno.test("a changed port that is taken: the old one goes on, and it moves when it can", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const [old, held] = [freePort(), freePort()];
  await rig.save(fileOf([`api: { service: default/api, port: 80, local: ${old} }`]));
  const up = await rig.up();
  await up.active();
  await using holder = await Holder.on(held);
  await rig.save(fileOf([`api: { service: default/api, port: 80, local: ${held} }`]));
  await up.until(() => up.events.some(({ reason }) => reason === "port-in-use"), "told");
  const told = up.events.find(({ reason }) => reason === "port-in-use");
  assert.match(told?.message ?? "", new RegExp(`^port ${held} is in use by deno \\(PID ${holder.pid}\\)`));
  assert.match(await podBehind(old), /^api-/);
  assert.equal(up.events.filter(({ reason }) => reason === "port-in-use").length, 1);
  await holder.end();
  await until(() => listens(held), "it moved");
  await until(async () => /^api-/.test(await podBehind(held)), "it answers");
});

Deno.test({
  name: "a privileged port without the right says so",
  // Root has the right.
  ignore: Deno.uid() === 0,
  fn: async () => {
    await using rig = await Rig.make();
    await rig.sandbox();
    await rig.save(fileOf([`api: { service: default/api, port: 80, local: 81, bind: 127.0.0.1 }`]));
    const up = await rig.up();
    const { message } = await up.becomes("api", "Failed", "port-forbidden");
    assert.equal(message, "port 81 may not be opened by this user");
  },
});

Deno.test("up --once says what did not become Active, and does not wait for it for ever", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const [web, held] = [freePort(), freePort()];
  await using holder = await Holder.on(held);
  await rig.save(fileOf([`web: { service: default/web, port: 80, local: ${web} }`]));
  assert.deepEqual(await (await rig.up({ once: true })).end, { kind: "once", problems: [], missingTool: false });
  assert.equal(await listens(web), false);

  await rig.save(fileOf([
    `web: { service: default/web, port: 80, local: ${web} }`,
    `late: { service: default/late, port: 80, local: ${freePort()} }`,
    `api: { service: default/api, port: 80, local: ${held} }`,
  ]));
  const clock = systemClock();
  const began = clock.monotonic();
  assert.deepEqual(await (await rig.up({ once: true })).end, {
    kind: "once",
    problems: [
      "late is Reconnecting: service default/late does not exist",
      `api is Failed: port ${held} is in use by deno (PID ${holder.pid})`,
    ],
    missingTool: false,
  });
  assert.ok(clock.monotonic() - began < 30_000);
});

Deno.test("what a pass did not get done is a problem of --once too", async () => {
  const problems = await onceProblems({
    status: () => ({
      formatVersion: 1,
      workspace: "/w/forwards.yaml",
      pid: 1,
      startedAt: "2026-01-01T00:00:00Z",
      revision: 1,
      diagnostics: [],
      clusters: [],
      forwards: [],
    }),
    subscribe: () => () => {},
  }, {
    pass: {
      results: [{
        action: {
          op: "change",
          key: key("mapping", "dev/8080"),
          reason: "r",
          dependsOn: [],
          disruption: null,
          gate: "allow-restart",
          detail: {},
        },
        outcome: { status: "blocked", reason: "allow-restart", message: "needs allow-restart" },
        duration: 0,
      }],
    },
    clock: systemClock(),
    signal: new AbortController().signal,
  });
  assert.deepEqual(problems, ["mapping:dev/8080 is blocked: needs allow-restart"]);
});

Deno.test("a status request, a stop by the control socket: as by hand", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const port = freePort();
  await rig.save(fileOf([`web: { service: default/web, port: 80, local: ${port} }`]));
  const up = await rig.up();
  await up.active();
  await get(port);
  const { connectControl } = await import("../../src/control/client.ts");
  const { statePaths } = await import("../../src/wiring/locate.ts");
  const { socket } = await statePaths(rig.host, rig.file);
  const signal = AbortSignal.timeout(60_000);
  const client = await connectControl(socket, { clock: rig.host.clock, signal });
  assert.ok(client !== null);
  try {
    const status = await client.status(signal);
    assert.deepEqual(status, up.status());
    await client.down(signal);
    assert.deepEqual(await up.end, { kind: "stopped" });
  } finally {
    client.close();
  }
  assert.equal(await listens(port), false);
});
