import assert from "node:assert/strict";
import { connectControl, type ControlClient } from "../../src/control/client.ts";
import { ControlError } from "../../src/control/control_error.ts";
import type { DaemonMessage } from "../../src/control/daemon_api.ts";
import { type ControlServer, serveControl } from "../../src/control/server.ts";
import { port } from "../../src/model/port.ts";
import type { Event } from "../../src/model/status.ts";
import type { Log } from "../../src/model/world.ts";
import { FakeClock } from "../fakes/clock.ts";
import { until } from "../fakes/until.ts";
import { FakeDaemon } from "../fakes/daemon.ts";
import { workspaceOf } from "../cli/fake_services.ts";
import { key } from "../../src/model/key.ts";
import { forward, NOW, planOf } from "../view/fixtures.ts";

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };

interface Rig {
  readonly path: string;
  readonly daemon: FakeDaemon;
  readonly clock: FakeClock;
  readonly signal: AbortSignal;
  serve(): Promise<ControlServer | null>;
  connect(): Promise<ControlClient | null>;
}

/** Runs a test with a folder of its own, and closes what it opened. */
async function withRig(test: (rig: Rig) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "berth-control-" });
  const path = `${folder}/run/a.sock`;
  const daemon = new FakeDaemon();
  const clock = new FakeClock(NOW);
  const { signal } = new AbortController();
  const opened: { close(): unknown }[] = [];
  const keep = <T extends { close(): unknown } | null>(one: T): T => {
    if (one !== null) opened.unshift(one);
    return one;
  };
  try {
    await test({
      path,
      daemon,
      clock,
      signal,
      serve: async () => keep(await serveControl(daemon, { path, clock, log: quiet })),
      connect: async () => keep(await connectControl(path, { clock, signal })),
    });
  } finally {
    for (const one of opened) await one.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function connected(rig: Rig): Promise<ControlClient> {
  await rig.serve();
  const client = await rig.connect();
  assert.ok(client !== null);
  return client;
}

function event(message: string): Event {
  return { time: new Date(NOW).toISOString(), type: "daemon", key: null, status: null, reason: null, message };
}

Deno.test("status goes over the socket as it is", () =>
  withRig(async (rig) => {
    const client = await connected(rig);
    assert.deepEqual(await client.status(rig.signal), rig.daemon.document);
  }));

Deno.test("running specs go over the socket as they are", () =>
  withRig(async (rig) => {
    rig.daemon.running = workspaceOf("web", "api").forwards.map((spec) => ({
      spec,
      listen: [{ host: "127.0.0.1", port: port(3000) }],
    }));
    const client = await connected(rig);
    assert.deepEqual(await client.forwards(rig.signal), rig.daemon.running);
  }));

Deno.test("down and reload reach the daemon", () =>
  withRig(async (rig) => {
    const client = await connected(rig);
    await client.down(rig.signal);
    await client.reload(rig.signal);
    assert.deepEqual([rig.daemon.downs, rig.daemon.reloads], [1, 1]);
  }));

Deno.test("a plan, commands, details and the past go over the socket", () =>
  withRig(async (rig) => {
    const client = await connected(rig);
    const { daemon, signal } = rig;
    daemon.planned = planOf([{
      op: "create",
      key: key("forward", "web"),
      reason: "not running",
      dependsOn: [],
      disruption: null,
      gate: "none",
      detail: {},
    }]);
    assert.deepEqual(await client.plan(signal), daemon.planned);
    await client.approve([key("cluster", "dev")], signal);
    assert.deepEqual(await client.control("a/b c", "restart", signal), { status: "done" });
    daemon.outcome = { status: "failed", reason: "port-in-use", message: "nginx has it", retry: true };
    assert.deepEqual(await client.control("web", "start", signal), daemon.outcome);
    daemon.outcome = { status: "failed", reason: "unknown-forward", message: "no", retry: false };
    const unknown = await client.control("wbe", "stop", signal);
    assert.ok(unknown.status === "failed" && unknown.reason === "unknown-forward");
    await client.yieldPort("web", { to: "/b/forwards.yaml", signal });
    daemon.past = [event("one")];
    assert.deepEqual(
      await client.history({ since: "2026-01-01T00:00:00.000Z", forward: "web", limit: 3 }, signal),
      daemon.past,
    );
    assert.deepEqual(daemon.asked, [
      "approve cluster:dev",
      "restart a/b c",
      "start web",
      "stop wbe",
      "stop web for /b/forwards.yaml",
      'history {"since":"2026-01-01T00:00:00.000Z","forward":"web","limit":3}',
    ]);
    assert.equal(await client.details("web", signal), null);
    daemon.inside = {
      formatVersion: 1,
      status: forward("web"),
      backends: [{ address: "pod default/web-0:80", pod: "default/web-0", ready: true, inUse: true }],
      probes: [{ time: event("").time, ok: true, latency: 1.5, error: null }],
      throughput: [{ time: event("").time, in: 1, out: 2 }],
      events: [event("two")],
    };
    assert.deepEqual(await client.details("web", signal), daemon.inside);
  }));

Deno.test("the event stream begins with what is, goes on with what happens, and ends with the server", () =>
  withRig(async (rig) => {
    const server = await rig.serve();
    const client = await rig.connect();
    assert.ok(server !== null && client !== null);
    const got: DaemonMessage[] = [];
    for await (const message of client.events(rig.signal)) {
      got.push(message);
      if (got.length === 1) {
        assert.equal(rig.daemon.listeners, 1);
        rig.daemon.emit(event("one\nwith two lines"));
        rig.daemon.emit(event("two → ✓"));
      }
      if (got.length === 3) await server.close();
    }
    assert.deepEqual(got, [
      { kind: "snapshot", status: rig.daemon.document },
      { kind: "event", event: event("one\nwith two lines") },
      { kind: "event", event: event("two → ✓") },
    ]);
    assert.equal(rig.daemon.listeners, 0);
    assert.equal(rig.clock.pending, 0);
  }));

Deno.test("a reader that leaves is let go of", () =>
  withRig(async (rig) => {
    const client = await connected(rig);
    for await (const message of client.events(rig.signal)) {
      assert.equal(message.kind, "snapshot");
      break;
    }
    await until(() => rig.daemon.listeners === 0, "nobody listens");
    assert.equal(rig.clock.pending, 0);
  }));

Deno.test("a reader that stops reading is cut off and costs no memory without bound", () =>
  withRig(async (rig) => {
    await rig.serve();
    const raw = await Deno.connect({ transport: "unix", path: rig.path });
    await raw.write(new TextEncoder().encode("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n"));
    await until(() => rig.daemon.listeners === 1, "one listens");
    const long = event("x".repeat(20_000));
    for (let sent = 0; sent < 5_000 && rig.daemon.listeners > 0; sent++) rig.daemon.emit(long);
    assert.equal(rig.daemon.listeners, 0);
    raw.close();
  }));

Deno.test("streams carry a sign of life", () =>
  withRig(async (rig) => {
    await rig.serve();
    const raw = await Deno.connect({ transport: "unix", path: rig.path });
    await raw.write(new TextEncoder().encode("GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n"));
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(65_536);
    let text = "";
    const read = async (): Promise<void> => {
      const size = await raw.read(buffer);
      text += decoder.decode(buffer.subarray(0, size ?? 0));
    };
    while (!text.includes("event: snapshot")) await read();
    await rig.clock.advance(15_000);
    while (!text.includes(": ping")) await read();
    assert.match(text, /content-type: text\/event-stream/);
    raw.close();
  }));

Deno.test("wrong paths and methods get JSON errors", () =>
  withRig(async (rig) => {
    await rig.serve();
    const http = Deno.createHttpClient({ proxy: { transport: "unix", path: rig.path }, poolMaxIdlePerHost: 0 });
    const ask = async (method: string, path: string): Promise<readonly [number, string, string | null]> => {
      const response = await fetch(`http://localhost${path}`, { method, client: http });
      const { formatVersion, error } = await response.json();
      assert.equal(formatVersion, 1);
      return [response.status, error.code, response.headers.get("allow")];
    };
    assert.deepEqual(await ask("GET", "/v2/status"), [404, "not-found", null]);
    assert.deepEqual(await ask("GET", "/v1/toString"), [404, "not-found", null]);
    assert.deepEqual(await ask("GET", "/"), [404, "not-found", null]);
    assert.deepEqual(await ask("POST", "/v1/status"), [405, "method-not-allowed", "GET"]);
    assert.deepEqual(await ask("GET", "/v1/down"), [405, "method-not-allowed", "POST"]);
    assert.deepEqual(await ask("POST", "/v1/approve"), [400, "bad-request", null]);
    assert.deepEqual(await ask("POST", "/v1/forwards/web/explode"), [404, "not-found", null]);
    assert.deepEqual(await ask("GET", "/v1/forwards/web"), [404, "unknown-forward", null]);
    assert.deepEqual(await ask("GET", "/v1/history?limit=few"), [400, "bad-request", null]);
    assert.deepEqual(rig.daemon.asked, []);
    assert.equal(rig.daemon.downs, 0);
    http.close();
  }));

Deno.test("a daemon that throws is an error for that request alone", () =>
  withRig(async (rig) => {
    const client = await connected(rig);
    const { document } = rig.daemon;
    const broken = rig.daemon.status;
    rig.daemon.status = () => {
      throw new Error("secret detail");
    };
    await assert.rejects(client.status(rig.signal), (error: unknown) =>
      error instanceof ControlError && error.failure === "protocol" && !error.message.includes("secret"));
    rig.daemon.status = broken;
    assert.deepEqual(await client.status(rig.signal), document);
  }));

Deno.test("the socket is this user's alone and gone after close", () =>
  withRig(async (rig) => {
    const server = await rig.serve();
    assert.ok(server !== null);
    const mode = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;
    assert.equal(mode(rig.path), 0o600);
    assert.equal(mode(rig.path.replace("/a.sock", "")), 0o700);
    await Promise.all([server.close(), server.close()]);
    assert.deepEqual([...Deno.readDirSync(rig.path.replace("/a.sock", ""))], []);
    assert.equal(await rig.connect(), null);
  }));

Deno.test("no socket, a dead socket or a plain file gives null", () =>
  withRig(async (rig) => {
    assert.equal(await rig.connect(), null);
    await deadSocket(rig.path);
    assert.equal(await rig.connect(), null);
    await Deno.remove(rig.path);
    await Deno.writeTextFile(rig.path, "");
    assert.equal(await rig.connect(), null);
  }));

Deno.test("a dead socket is replaced, a live one is left alone, a plain file is refused", () =>
  withRig(async (rig) => {
    await deadSocket(rig.path);
    const first = await rig.serve();
    assert.ok(first !== null);
    assert.equal(await serveControl(new FakeDaemon(), { path: rig.path, clock: rig.clock, log: quiet }), null);
    const client = await rig.connect();
    assert.ok(client !== null);
    assert.equal((await client.status(rig.signal)).pid, rig.daemon.document.pid);
    await first.close();
    await Deno.writeTextFile(rig.path, "mine");
    await assert.rejects(rig.serve(), (error: unknown) => error instanceof ControlError && error.failure === "refused");
    assert.equal(await Deno.readTextFile(rig.path), "mine");
  }));

Deno.test("closing does not remove what another process put there", () =>
  withRig(async (rig) => {
    const server = await rig.serve();
    assert.ok(server !== null);
    await Deno.remove(rig.path);
    await Deno.writeTextFile(rig.path, "theirs");
    await server.close();
    assert.equal(await Deno.readTextFile(rig.path), "theirs");
  }));

Deno.test("a folder that others may enter is refused and left as it is", () =>
  withRig(async (rig) => {
    const folder = rig.path.replace("/a.sock", "");
    await Deno.mkdir(folder);
    await Deno.chmod(folder, 0o755);
    await assert.rejects(rig.serve(), /open to other users/);
    assert.equal((Deno.statSync(folder).mode ?? 0) & 0o777, 0o755);
  }));

Deno.test({
  name: "a folder of another user is refused, whatever its mode",
  // Nobody else can give a folder away.
  ignore: Deno.uid() !== 0,
}, () =>
  withRig(async (rig) => {
    const folder = rig.path.replace("/a.sock", "");
    await Deno.mkdir(folder, { mode: 0o700 });
    await Deno.chown(folder, 12345, 12345);
    await assert.rejects(rig.serve(), /belongs to another user/);
  }));

Deno.test("a link in the place of the folder is refused", () =>
  withRig(async (rig) => {
    const folder = rig.path.replace("/a.sock", "");
    await Deno.mkdir(`${folder}-elsewhere`, { mode: 0o700 });
    await Deno.symlink(`${folder}-elsewhere`, folder);
    await assert.rejects(rig.serve(), /Not a folder/);
  }));

Deno.test("a path that is too long for a socket is refused in words", () =>
  withRig(async (rig) => {
    const path = rig.path.replace("a.sock", `${"x".repeat(100)}.sock`);
    await assert.rejects(serveControl(rig.daemon, { path, clock: rig.clock, log: quiet }), /too long/);
  }));

Deno.test("a process that accepts and never answers is a time-out, one that answers nonsense a protocol error", () =>
  withRig(async (rig) => {
    await Deno.mkdir(rig.path.replace("/a.sock", ""), { mode: 0o700 });
    const listener = Deno.listen({ transport: "unix", path: rig.path });
    const connections: Deno.Conn[] = [];
    let reply: string | null = null;
    const accepting = (async () => {
      for await (const connection of listener) {
        connections.push(connection);
        if (reply === null) continue;
        const body: string = reply;
        // The probe of the connect only opens and closes.
        if (await connection.read(new Uint8Array(4096)) === null) continue;
        await connection.write(
          new TextEncoder().encode(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
        );
      }
    })();
    const client = await rig.connect();
    assert.ok(client !== null);
    const failing = assert.rejects(
      client.status(rig.signal),
      (error: unknown) =>
        error instanceof ControlError && error.failure === "timeout" && /within 5s/.test(error.message),
    );
    await rig.clock.advance(5_000);
    await failing;
    for (const nonsense of ["not json", "[]", '{"formatVersion":2}', '{"formatVersion":1}']) {
      reply = nonsense;
      await assert.rejects(
        client.status(rig.signal),
        (error: unknown) => error instanceof ControlError && error.failure === "protocol",
      );
    }
    const abort = new AbortController();
    reply = null;
    const stopped = assert.rejects(client.status(abort.signal), (error: unknown) => error === "enough");
    abort.abort("enough");
    await stopped;
    assert.equal(rig.clock.pending, 0);
    listener.close();
    await accepting;
    for (const connection of connections) connection.close();
  }));

Deno.test("a process that ends while it is asked is gone", () =>
  withRig(async (rig) => {
    const server = await rig.serve();
    const client = await rig.connect();
    assert.ok(server !== null && client !== null);
    await server.close();
    await assert.rejects(client.status(rig.signal), (error: unknown) =>
      error instanceof ControlError && error.failure === "gone");
  }));

/** A socket file whose process is gone: a listener unlinks only the name it was bound to. */
async function deadSocket(path: string): Promise<void> {
  const folder = path.replace("/a.sock", "");
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const listener = Deno.listen({ transport: "unix", path: `${path}.born` });
  await Deno.rename(`${path}.born`, path);
  listener.close();
  assert.equal(Deno.lstatSync(path).isSocket, true);
}
