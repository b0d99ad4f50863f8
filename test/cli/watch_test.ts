import assert from "node:assert/strict";
import { runCli } from "../../src/cli/app.ts";
import { settle } from "../fakes/clock.ts";
import { until } from "../fakes/until.ts";
import { forward, NOW, statusOf } from "../view/fixtures.ts";
import { FakeClient, FakeDaemon } from "../fakes/daemon.ts";
import { FakeServices } from "./fake_services.ts";

const permissions = "none";
const EVENT = {
  kind: "event",
  event: {
    time: new Date(NOW).toISOString(),
    type: "status",
    key: "forward:web",
    status: "Active",
    reason: null,
    message: "",
  },
} as const;

function watching(argv: readonly string[], set: (services: FakeServices) => void = () => {}) {
  const services = new FakeServices();
  const daemon = new FakeDaemon();
  const client = new FakeClient(daemon);
  daemon.document = statusOf({ forwards: [forward("web"), forward("api")] });
  services.running = client;
  set(services);
  return { services, daemon, client, done: runCli(["status", "--watch", ...argv], services) };
}

/** Lets the watch do what it has to do: for what must not happen, and for what needs no module to be loaded. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await settle();
}

/** Waits for the first that is printed: the modules of the verb are loaded by then. */
async function printed({ stdout }: FakeServices): Promise<void> {
  await until(() => stdout.text !== "", "something on stdout");
  await quiet();
}

Deno.test({ name: "off a terminal: the table, then a row for each forward that changed", permissions }, async () => {
  const { services, daemon, client, done } = watching([]);
  await printed(services);
  const first = services.stdout.text;
  assert.equal(first.trimEnd().split("\n").length, 3);
  client.push(EVENT);
  await quiet();
  assert.equal(services.stdout.text, first, "nothing changed, nothing said");
  daemon.document = statusOf({
    forwards: [forward("web", { status: "Reconnecting", reason: "no-endpoints" }), forward("api")],
  });
  client.push(EVENT);
  await quiet();
  assert.match(
    services.stdout.text.slice(first.length),
    /^web .*Reconnecting {2}nothing is ready behind the target\n$/,
  );
  client.end();
  assert.equal(await done, 1);
  assert.match(services.stderr.text, /berth has ended/);
  assert.ok(client.closed);
  assert.equal(services.attached, 0);
});

Deno.test({ name: "under JSON a document a line", permissions }, async () => {
  const { services, client, done } = watching(["-o", "json", "api"]);
  await printed(services);
  client.push(EVENT);
  await quiet();
  services.interrupt();
  assert.equal(await done, 130);
  const documents = services.stdout.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.ok(documents.length >= 2);
  for (const document of documents) {
    assert.deepEqual(document.forwards.map(({ name }: { name: string }) => name), ["api"]);
  }
});

Deno.test({ name: "on a terminal: a live table that ticks and follows the size", permissions }, async () => {
  const { services, client, done } = watching(["-o", "wide"], (services) => {
    services.stdout.isTerminal = true;
    services.window = { cols: 140, rows: 24 };
  });
  await printed(services);
  assert.match(services.stdout.text, /BACKEND/);
  assert.match(services.stdout.text, /Ctrl\+C ends watching/);
  const asked = client.asked.length;
  await services.clock.advance(1_000);
  await quiet();
  assert.equal(client.asked.length, asked + 1);
  services.resize(40, 10);
  await quiet();
  assert.ok(services.stdout.text.includes("\u001b[H\u001b[2J"));
  services.interrupt();
  assert.equal(await done, 130);
  assert.ok(services.stdout.text.endsWith("\u001b[?25h"));
  assert.equal(services.stderr.text, "");
  assert.equal(services.clock.pending, 0);
  assert.equal(services.attached, 0);
});
