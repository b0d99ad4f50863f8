import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { port } from "../../src/model/port.ts";
import type { ForwardSpec } from "../../src/model/workspace.ts";
import type { Clock } from "../../src/model/world.ts";
import { Associations, IDLE, MOST } from "../../src/forward/udp/associations.ts";
import type { Datagram } from "../../src/forward/udp/bind.ts";
import { Bench, spec } from "./bench_world.ts";
import { echo as tcpEcho, freePort, serve } from "./net.ts";
import { bytesOf, UdpClient, UdpEcho } from "./udp_client.ts";
import { until } from "../fakes/until.ts";

const UDP = { protocol: "udp" } as const satisfies Partial<ForwardSpec>;

Deno.test("datagrams of each client come back to it, up to the largest, on both families", async () => {
  await using echo = await UdpEcho.open();
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("a", null)], { nodePorts: [echo.port] });
  const local = await bench.start({ ...UDP, bind: ["127.0.0.1", "::1"] });
  const { route, routeReason, backend } = await bench.reaches("Active");
  assert.deepEqual([route, backend], ["direct", `127.0.0.1:${echo.port}`]);
  assert.match(routeReason ?? "", /endpoints are ready, the node answers; UDP is not probed/);

  await using one = new UdpClient(local);
  await using two = new UdpClient(local);
  await one.echoed(bytesOf("one"));
  await two.echoed(bytesOf("two"));
  await one.echoed(new Uint8Array(65_507).fill(7));
  await one.echoed(new Uint8Array(0));
  assert.ok(one.answers.every((answer) => answer.length !== 3 || answer[0] === 111), "the other's answer");
  assert.equal(new Set(echo.from).size, 2, "a socket a client");
  if (bench.status().listen.some(({ host }) => host === "::1")) {
    await using six = new UdpClient(local, "::1");
    await six.echoed(bytesOf("six"));
  }
  const { connections, bytes } = bench.status();
  assert.equal(connections.open, new Set(echo.from).size);
  assert.equal(connections.failed, 0);
  assert.ok(bytes.in > 65_507 && bytes.out > 65_507, JSON.stringify(bytes));
  assert.match(bench.status().routeReason ?? "", /it has answered$/);
});

Deno.test("TCP and UDP of one number are two forwards", async () => {
  await using echo = await UdpEcho.open();
  await using server = await serve(tcpEcho);
  await using bench = new Bench();
  const number = await freePort();
  const local = { kind: "fixed", port: port(number) } as const;
  bench.cluster.ready([bench.cluster.addPod("a", server.port)], { nodePorts: [echo.port] });
  await bench.start({ local });
  await bench.start({ ...UDP, local, name: "dns" });
  await using client = new UdpClient(number);
  await client.echoed(bytesOf("both"));
  assert.deepEqual(bench.status().listen, bench.status("dns").listen);
});

Deno.test("a port that another forward or program has is told as for TCP", async () => {
  await using echo = await UdpEcho.open();
  const asked: string[] = [];
  await using bench = new Bench({
    whoHolds: (_address, protocol) => {
      asked.push(protocol);
      return Promise.resolve("dnsmasq (PID 53)");
    },
  });
  const local = { kind: "fixed", port: port(echo.port) } as const;
  const outcome = await bench.forwarders.start(spec({ ...UDP, local }), bench.signal);
  assert.deepEqual(outcome, {
    status: "failed",
    reason: "port-in-use",
    message: `port ${echo.port} is in use by dnsmasq (PID 53)`,
    retry: true,
  });
  assert.deepEqual(asked, ["udp"]);
  const first = await bench.start({ ...UDP, name: "one" });
  const second = await bench.forwarders.start(
    spec({ ...UDP, name: "two", local: { kind: "fixed", port: port(first) } }),
    bench.signal,
  );
  assert.ok(second.status === "failed" && second.message === `port ${first} is already in use by forward one`);
});

Deno.test("without a NodePort it fails and says why; with one it comes alive", async () => {
  await using echo = await UdpEcho.open();
  await using bench = new Bench();
  const pod = bench.cluster.addPod("a", null);
  bench.cluster.ready([pod]);
  const local = await bench.start(UDP);
  const { reason, message } = await bench.reaches("Failed");
  assert.equal(reason, "route-unavailable");
  assert.equal(
    message,
    "service default/web does not have a NodePort; Kubernetes port-forward carries TCP only",
  );
  await using client = new UdpClient(local);
  client.send(bytesOf("lost"));
  await until(() => bench.status().connections.failed > 0, "the lost datagram is counted");
  assert.equal(bench.status().connections.open, 0);

  bench.cluster.ready([pod], { nodePorts: [echo.port] });
  await bench.reaches("Active");
  await client.echoed(bytesOf("found"));
  bench.cluster.ready([]);
  assert.equal((await bench.reaches("Reconnecting")).reason, "no-endpoints");
});

Deno.test("a forward that becomes UDP is another one: its TCP port is free", async () => {
  await using echo = await UdpEcho.open();
  await using server = await serve(tcpEcho);
  await using bench = new Bench();
  bench.cluster.ready([bench.cluster.addPod("a", server.port)], { nodePorts: [echo.port] });
  const number = await bench.start();
  const local = { kind: "fixed", port: port(number) } as const;
  const outcome = await bench.forwarders.change(spec({ ...UDP, local }), bench.signal);
  assert.deepEqual(outcome, { status: "done" });
  await using client = new UdpClient(number);
  await client.echoed(bytesOf("changed"));
  Deno.listen({ hostname: "127.0.0.1", port: number }).close();
  assert.equal(bench.status().protocol, "udp");
});

Deno.test("with a command as its probe, the command decides", async () => {
  await using echo = await UdpEcho.open();
  let code = 1;
  await using bench = new Bench({ exec: () => Promise.resolve({ code, stderr: "no answer" }) });
  bench.cluster.ready([bench.cluster.addPod("a", null)], { nodePorts: [echo.port] });
  const health = { every: 50, timeout: 1000, failures: 1, probe: { kind: "exec", argv: ["dig"] } } as const;
  await bench.start({ ...UDP, health });
  assert.equal((await bench.reaches("Reconnecting")).message, "dig ended with 1: no answer");
  code = 0;
  await bench.reaches("Active");
});

/** Time that a test turns by hand. */
function turned(): { readonly clock: Clock; at: number } {
  const real = systemClock();
  const own = { at: 0, clock: { ...real, monotonic: () => own.at } };
  return own;
}

function from(number: number, reply: (bytes: Uint8Array) => void = () => {}): Datagram {
  return { bytes: bytesOf(`${number}`), from: { host: "127.0.0.1", port: number }, reply };
}

Deno.test("silent clients are forgotten, and at the limit the one silent for longest", async () => {
  await using echo = await UdpEcho.open();
  const time = turned();
  const associations = new Associations({ clock: time.clock, onAnswer: () => {} });
  const to = { host: "127.0.0.1", port: port(echo.port) };
  const open = () => associations.view.connections.open;
  const pass = (number: number) => associations.pass(from(number), { at: "127.0.0.1", to });
  pass(1);
  time.at = IDLE - 1;
  pass(2);
  associations.sweep();
  assert.equal(open(), 2);
  time.at = IDLE;
  associations.sweep();
  assert.equal(open(), 1, "only the silent one");
  for (let number = 3; number < MOST + 2; number++) {
    time.at++;
    pass(number);
  }
  assert.equal(open(), MOST);
  time.at++;
  pass(MOST + 2);
  assert.equal(open(), MOST);
  assert.equal(associations.view.connections.total, MOST + 2);
  associations.retain([{ host: "127.0.0.1", port: port(1) }]);
  assert.equal(open(), 0, "their node is gone");
});
