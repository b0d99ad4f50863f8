import assert from "node:assert/strict";
import { encodeSynStream } from "../../src/kube/spdy/frame_writer.ts";
import type { Carrier } from "../../src/sandbox/faults.ts";
import { pod } from "../../src/sandbox/scenario.ts";
import { type Rig, withSandbox } from "./rig.ts";
import { SpdyClient, UpgradeRefused } from "./spdy_client.ts";

const scenario = {
  manifests: [pod({
    name: "box",
    ports: [
      { port: 80, behaviour: "json" },
      { port: 9001, behaviour: "digest" },
      { port: 9002, behaviour: "echo" },
      { port: 9003, behaviour: "reset" },
      { port: 9004, behaviour: "hang" },
      { port: 9005, behaviour: "source" },
      { port: 9008, behaviour: "banner" },
    ],
  })],
};

for (const carrier of ["spdy", "websocket"] as const) {
  const test = (name: string, body: (client: SpdyClient, rig: Rig) => Promise<void>) =>
    Deno.test(`tunnel over ${carrier}: ${name}`, () =>
      withSandbox({ scenario }, async (rig) => {
        const client = await SpdyClient.open(rig.access(), { pod: "box", carrier });
        try {
          await body(client, rig);
        } finally {
          await client.close();
        }
        assert.deepEqual(rig.problems, []);
      }));

  test("a request and its answer, with pings between", async (client) => {
    const { data, error } = await client.connect(80);
    await client.ping(7);
    await client.write(data, "GET /x HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n", true);
    assert.match(await client.all(data), /"pod":"box","host":"me","path":"\/x"/);
    assert.equal(await client.all(error), "");
    assert.deepEqual(client.pings, [7]);
  });

  test("the client's end of stream reaches the pod, which answers after it", async (client) => {
    const { data, error } = await client.connect(9001);
    await client.write(data, "ab");
    await client.write(data, "c", true);
    assert.equal(await client.all(data), "3 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n");
    assert.equal(await client.all(error), "");
  });

  test("after the pod's end of stream the connection ends without the client's", async (client) => {
    const { data, error } = await client.connect(80);
    await client.write(data, "GET /x HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n");
    assert.match(await client.all(data), /"pod":"box"/);
    assert.equal(await client.all(error), "");
    assert.deepEqual(client.order.slice(-2), [`fin ${data}`, `fin ${error}`]);
  });

  test("the server speaks first; several connections share the tunnel", async (client) => {
    const first = await client.connect(9008);
    const second = await client.connect(9002);
    await client.until(() => client.soFar(first.data) === "220 ready\n");
    const large = "0123456789".repeat(20_000);
    await client.write(second.data, large, true);
    assert.equal(await client.all(second.data), large);
    await client.write(first.data, "bye", true);
    assert.equal(await client.all(first.data), "220 ready\nbye");
  });

  test("a port that refuses says so on the error stream, after the end of the data", async (client) => {
    const { data, error } = await client.connect(81);
    assert.match(
      await client.all(error),
      /^error forwarding port 81 to pod .*dial tcp4 127\.0\.0\.1:81: connect: connection refused/,
    );
    assert.deepEqual(client.order, [`fin ${data}`, `data ${error}`, `fin ${error}`]);
    const fine = await client.connect(9002);
    await client.write(fine.data, "still", true);
    assert.equal(await client.all(fine.data), "still");
  });

  test("a pod's reset is told on the error stream", async (client) => {
    const { data, error } = await client.connect(9003);
    assert.match(await client.all(error), /error forwarding port 9003 .* connection reset by peer/);
    assert.equal(client.order[0], `fin ${data}`);
  });

  test("a stream that the client resets ends at the pod, and the tunnel lives on", async (client) => {
    const endless = await client.connect(9005);
    await client.until(() => client.soFar(endless.data).length > 100_000);
    await client.reset(endless.data);
    assert.equal(await client.all(endless.error), "", "the error stream ends too: clients wait for that");
    const fine = await client.connect(9002);
    await client.write(fine.data, "on", true);
    assert.equal(await client.all(fine.data), "on");
  });

  test("a pod that ends cuts its connections; later ones are told that it is gone", async (client, { sandbox }) => {
    const open = await client.connect(9004);
    await client.write(open.data, "x");
    await client.ping(1);
    await client.until(() => client.pings.length === 1);
    sandbox.control.deletePod({ name: "box" }, { now: true });
    await client.all(open.data);
    const late = await client.connect(9002);
    assert.match(await client.all(late.error), /error forwarding port 9002 .*pod has ended/);
  });

  test("GOAWAY lets open streams end and takes no new ones; a closed tunnel is over", async (client, { sandbox }) => {
    const open = await client.connect(9002);
    await client.write(open.data, "a");
    await client.until(() => client.soFar(open.data) === "a");
    await sandbox.control.goAway();
    await client.until(() => client.goneAway);
    const late = await client.connect(9002);
    await client.all(late.data);
    assert.ok(client.wasReset(late.data));
    await client.write(open.data, "b", true);
    assert.equal(await client.all(open.data), "ab");
    assert.equal(sandbox.control.tunnels, 1);
    sandbox.control.closeTunnels();
    await client.ended;
  });

  Deno.test(`tunnel over ${carrier}: what is refused, and why`, () =>
    withSandbox({ scenario }, async (rig) => {
      const status = (options: { pod?: string; carrier?: Carrier; token?: string } = {}) =>
        SpdyClient.open({ ...rig.access(), ...(options.token === undefined ? {} : { token: options.token }) }, {
          pod: options.pod ?? "box",
          carrier: options.carrier ?? carrier,
        })
          .then((client) => client.close().then(() => 101), (error) => {
            if (error instanceof UpgradeRefused) return error.status;
            throw error;
          });
      assert.equal(await status(), 101);
      assert.equal(await status({ pod: "none" }), 404);
      assert.equal(await status({ token: "wrong" }), 401);
      const { control } = rig.sandbox;
      const giveBack = control.forbid({ resource: "pods/portforward" });
      assert.equal(await status(), 403);
      giveBack();
      control.refuseUpgrades(carrier);
      assert.equal(await status(), 400);
      assert.equal(await status({ carrier: carrier === "spdy" ? "websocket" : "spdy" }), 101);
      control.refuseUpgrades();
      assert.equal(await status(), 101);
    }));
}

Deno.test("a tunnel whose client speaks no SPDY is closed", () =>
  withSandbox({ scenario }, async (rig) => {
    const client = await SpdyClient.open(rig.access(), { pod: "box", carrier: "spdy" });
    await client.send(encodeSynStream(1, { headerBlock: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }));
    await client.ended;
    await client.close();
    assert.deepEqual(rig.problems, []);
  }));
