import assert from "node:assert/strict";
import type { Event } from "../../src/model/status.ts";
import { ago, forward, statusOf } from "../view/fixtures.ts";
import { FakeClient, FakeDaemon } from "../fakes/daemon.ts";
import { cli, type FakeServices } from "./fake_services.ts";

function event(message: string, over: Partial<Event> = {}): Event {
  return { time: ago(60), type: "status", key: "forward:web", status: "Active", reason: null, message, ...over };
}

function running(services: FakeServices, statuses: readonly ("Active" | "Failed" | "Reconnecting")[]): FakeClient {
  const daemon = new FakeDaemon();
  daemon.document = statusOf({
    forwards: ["web", "api", "db"].map((name, at) => {
      const status = statuses[at] ?? "Active";
      return forward(name, { status, message: status === "Active" ? null : `no pod of ${name}` });
    }),
  });
  services.running = new FakeClient(daemon);
  return services.running;
}

Deno.test("up -d hands all it was told to the process in the background, and says how to see it", async () => {
  const { code, out, err, services } = await cli(
    ["up", "-d", "--yes", "--replace", "web", "api"],
    (services) => void running(services, []),
  );
  assert.deepEqual([code, out], [0, ""]);
  assert.deepEqual(services.started, [
    "up --daemon --file=/home/ana/shop/forwards.yaml --output=text --replace --yes web api",
  ]);
  assert.equal(
    err,
    "berth is up in the background (PID 4711).\n  See it with 'berth status' or 'berth logs -f', stop it with 'berth down'.\n",
  );
  assert.equal(services.attached, 0);
});

Deno.test("up -d that does not come up ends with the words and the code of the other process", async () => {
  const { code, err } = await cli(["up", "-d"], (services) => {
    services.starting = { kind: "ended", code: 75, stderr: "error: PID 12 holds it\n" };
  });
  assert.deepEqual([code, err], [75, "error: PID 12 holds it\n"]);
});

Deno.test("up -d --wait: 0 once all is Active and nothing is left to do, else 1 with what is not and why", async () => {
  const good = await cli(["up", "-dq", "--wait"], (services) => void running(services, []));
  assert.deepEqual([good.code, good.err], [0, ""]);
  const failed = await cli(["up", "-dq", "--wait", "2s"], (services) => void running(services, ["Active", "Failed"]));
  assert.equal(failed.code, 1);
  assert.match(failed.err, /^error: Not all is Active within 2s: api is Failed: no pod of api\n/);
  const named = await cli(["up", "-dq", "--wait", "web"], (services) => void running(services, ["Active", "Failed"]));
  assert.equal(named.code, 0);
  const late = await cli(["up", "-dq", "--wait=5s"], (services) => {
    const client = running(services, ["Reconnecting"]);
    const { status } = client;
    client.status = (signal) => {
      client.status = status;
      queueMicrotask(() => {
        running(services, []);
        client.daemon.document = services.running?.daemon.document ?? client.daemon.document;
        client.push({ kind: "event", event: event("now") });
      });
      return status.call(client, signal);
    };
  });
  assert.deepEqual([late.code, late.err], [0, ""]);
});

Deno.test("wait ends at its time-out", async () => {
  const waiting = cli(["wait", "api", "--timeout=10s"], (services) => {
    const client = running(services, ["Active", "Reconnecting"]);
    const { status } = client;
    let asked = 0;
    client.status = (signal) => {
      if (++asked === 2) queueMicrotask(() => void services.clock.advance(10_000));
      return status.call(client, signal);
    };
  });
  const { code, err } = await waiting;
  assert.equal(code, 1);
  assert.match(err, /Not Active within 10s: api is Reconnecting: no pod of api/);
});

Deno.test("restart asks for each name, and knows the names", async () => {
  const { code, err, services } = await cli(["restart", "web", "api"], (services) => void running(services, []));
  assert.deepEqual([code, err], [0, "Restarted web.\nRestarted api.\n"]);
  assert.deepEqual(services.running?.daemon.asked, ["restart web", "restart api"]);
  assert.match((await cli(["restart", "wbe"], (services) => void running(services, []))).err, /Did you mean 'web'/);
  assert.equal((await cli(["restart"], (services) => void running(services, []))).code, 64);
  assert.equal((await cli(["restart", "web"])).code, 1);
});

Deno.test("events shows what is kept, without a running up, as text and for tools", async () => {
  const past = [event("old", { time: ago(7200) }), event("came back"), event("api", { key: "forward:api" })];
  const set = (services: FakeServices) => void (services.past = past);
  assert.equal((await cli(["events", "--forward=web"], set)).out.split("\n").length, 3);
  const { out } = await cli(["events", "--since=1h", "--forward", "web", "-o", "json"], set);
  assert.deepEqual(out.trim().split("\n").map((line) => JSON.parse(line)), [past[1]]);
});

Deno.test("events -f goes on with what comes, shows nothing twice, and follows the next process too", async () => {
  const past = [event("kept")];
  const first = new FakeClient(new FakeDaemon());
  const second = new FakeClient(new FakeDaemon());
  const { code, out } = await cli(["events", "-f", "-o", "json"], (services) => {
    services.past = past;
    first.push({ kind: "event", event: event("kept") });
    first.push({ kind: "event", event: event("one") });
    first.end();
    second.push({ kind: "event", event: event("two") });
    let connects = 0;
    services.connect = () => {
      connects++;
      if (connects === 1) return Promise.resolve(first);
      if (connects === 2) return Promise.resolve(null);
      services.clock.after(1, () => services.interrupt());
      return Promise.resolve(second);
    };
    const turn = setInterval(() => {
      void services.clock.advance(500);
      if (services.attached === 0 && connects >= 3) clearInterval(turn);
    }, 5);
  });
  assert.equal(code, 130);
  assert.deepEqual(out.trim().split("\n").map((line) => JSON.parse(line).message), ["kept", "one", "two"]);
  await new Promise((resolve) => setTimeout(resolve, 20));
});

Deno.test("logs shows lines as text or JSON, from a time on, and passes over what is none", async () => {
  const line = (seconds: number, message: string) =>
    JSON.stringify({ reconcile: 3, level: "info", time: ago(seconds), room: "control", message });
  const set = (services: FakeServices) => void (services.lines = [line(7200, "old"), "cut o", line(5, "new\x1b[2J")]);
  const text = (await cli(["logs", "--since=10m"], set)).out;
  assert.equal(text, `${ago(5)} info  control: new\\x1b[2J reconcile=3\n`);
  const json = (await cli(["logs", "-o", "json"], set)).out.trim().split("\n").map((one) => JSON.parse(one).message);
  assert.deepEqual(json, ["old", "new\x1b[2J"]);
});

Deno.test("service install writes what it shows, says how to start it, and starts nothing; uninstall removes it", async () => {
  let content: string | null = null;
  const set = (services: FakeServices) => {
    services.unit = {
      path: "/home/ana/.config/systemd/user/berth-1.service",
      text: "[Unit]\n",
      read: () => Promise.resolve(content),
      write: (text) => Promise.resolve(void (content = text)),
      remove: () => Promise.resolve(void (content = null)),
      start: ["systemctl --user enable --now berth-1.service"],
      stop: ["systemctl --user disable --now berth-1.service"],
    };
  };
  const shown = await cli(["service", "show"], set);
  assert.deepEqual([shown.code, shown.out, content], [0, "[Unit]\n", null]);
  const installed = await cli(["service", "install"], set);
  assert.deepEqual([installed.code, installed.out, content], [0, "[Unit]\n", "[Unit]\n"]);
  assert.match(installed.err, /^Wrote .*\nNothing was started.*\n {2}systemctl --user enable --now berth-1.service\n$/);
  assert.match((await cli(["service", "install"], set)).err, /is there already/);
  const removed = await cli(["service", "uninstall"], set);
  assert.deepEqual([removed.code, content], [0, null]);
  assert.match(removed.err, /^Removed/);
  assert.match((await cli(["service", "uninstall"], set)).err, /^There is no/);
  assert.equal((await cli(["service", "explode"], set)).code, 64);
  assert.equal((await cli(["service", "show"])).code, 69);
});
