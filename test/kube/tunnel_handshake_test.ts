import assert from "node:assert/strict";
import { AccessError } from "../../src/model/cluster_access.ts";
import type { Reason } from "../../src/model/status.ts";
import { CarrierChoice } from "../../src/kube/carrier_choice.ts";
import type { Transport } from "../../src/kube/transport.ts";
import { connectTunnel, type TunnelOptions } from "../../src/kube/tunnel.ts";
import { FakeClock, settle } from "../fakes/clock.ts";
import { FakeApiServer, type Reply } from "./tunnel_server.ts";

const POD = { namespace: "shop", name: "web-0", uid: "u" };
const NEVER = new AbortController().signal;

function status(code: number, message: string, headers = ""): Reply {
  const body = JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", message, code });
  return {
    answer:
      `HTTP/1.1 ${code} No\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`,
  };
}

function plain(code: number, body = "", headers = ""): Reply {
  return { answer: `HTTP/1.1 ${code} No\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}` };
}

const isWebSocket = (head: string) => /upgrade: websocket/i.test(head);

function connect(transport: Transport, options: Partial<TunnelOptions> = {}) {
  return connectTunnel(transport, POD, { carrier: "spdy", signal: NEVER, clock: new FakeClock(), ...options });
}

async function rejects(work: Promise<unknown>, reason: Reason, message: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof AccessError, String(error));
    assert.equal(error.reason, reason);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("tunnel: the API server's own words come through, under the reason they mean", async () => {
  const cases: readonly (readonly [Reply, Reason, RegExp])[] = [
    [status(404, 'pods "web-0" not found'), "not-found", /^pods "web-0" not found$/],
    [status(403, 'pods "web-0" is forbidden: User "jo" cannot create'), "forbidden", /User "jo" cannot create/],
    [status(500, "error dialing backend: connection refused"), "cluster-unreachable", /error dialing backend/],
    [status(400, "pod web-0 does not have a host assigned"), "cluster-unreachable", /host assigned/],
    [plain(503, "<html>down</html>"), "cluster-unreachable", /status 503$/],
    [plain(429, "slow down"), "cluster-unreachable", /429: slow down/],
  ];
  for (const [reply, reason, message] of cases) {
    await using server = new FakeApiServer(() => reply);
    await rejects(connect(server.transport, { carrier: new CarrierChoice() }), reason, message);
    assert.equal(server.heads.length, 1, "no other carrier is tried");
    assert.equal(server.expired, 0);
  }
});

Deno.test("tunnel: a chunked answer is read to its end", async () => {
  const body = JSON.stringify({ kind: "Status", message: "gone fishing" });
  const chunks = `${(10).toString(16)}\r\n${body.slice(0, 10)}\r\n${(body.length - 10).toString(16)}\r\n${
    body.slice(10)
  }\r\n0\r\n\r\n`;
  await using server = new FakeApiServer(() => ({
    answer: `HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
  }));
  await rejects(connect(server.transport), "not-found", /^gone fishing$/);
});

Deno.test("tunnel: a 401 renews the credentials and is tried once more", async () => {
  await using server = new FakeApiServer((head) =>
    head.includes("Bearer second") ? "spdy" : status(401, "Unauthorized")
  );
  const tunnel = await connect(server.transport);
  assert.equal(server.expired, 1);
  tunnel.close();
  await tunnel.closed;

  await using stern = new FakeApiServer(() => status(401, "Unauthorized"));
  await rejects(connect(stern.transport, { carrier: new CarrierChoice() }), "unauthorized", /Unauthorized/);
  assert.equal(stern.heads.length, 2);
  assert.equal(stern.expired, 1);
});

Deno.test("tunnel: where the plain upgrade is not passed on, WebSocket is taken, and remembered", async () => {
  const replies: readonly Reply[] = [
    plain(400, "Bad Request"),
    plain(403, "<html>no</html>"),
    plain(426, "", "Upgrade: h2c\r\n"),
    plain(502),
    plain(200, "an index page"),
    { answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" },
    { answer: "SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n" },
    null,
  ];
  for (const reply of replies) {
    await using server = new FakeApiServer((head) => isWebSocket(head) ? "websocket" : reply);
    const carrier = new CarrierChoice();
    for (let round = 0; round < 2; round++) {
      const tunnel = await connect(server.transport, { carrier });
      tunnel.close();
      await tunnel.closed;
    }
    assert.equal(carrier.known, "websocket");
    assert.deepEqual(server.heads.map(isWebSocket), [false, true, true], JSON.stringify(reply));
  }
});

Deno.test("tunnel: a remembered carrier that stops working gives way to the other", async () => {
  let works: "spdy" | "websocket" = "websocket";
  await using server = new FakeApiServer((head) =>
    (isWebSocket(head) ? "websocket" : "spdy") === works ? works : plain(502)
  );
  const carrier = new CarrierChoice();
  for (const now of ["websocket", "spdy"] as const) {
    works = now;
    const tunnel = await connect(server.transport, { carrier });
    assert.equal(carrier.known, now);
    tunnel.close();
    await tunnel.closed;
  }
  carrier.forget();
  assert.deepEqual(carrier.order, ["spdy", "websocket"]);
});

Deno.test("tunnel: where no carrier gets through, the first refusal is what is told", async () => {
  await using server = new FakeApiServer((head) =>
    plain(isWebSocket(head) ? 400 : 502, "upstream sent too big header")
  );
  await rejects(
    connect(server.transport, { carrier: new CarrierChoice() }),
    "cluster-unreachable",
    /^no tunnel gets through to 127\.0\.0\.1:\d+: .*status 502: upstream sent too big header$/,
  );
});

Deno.test("tunnel: a WebSocket that does not prove that it was asked for is refused", async () => {
  for (const accept of ["", "Sec-WebSocket-Accept: AAAA\r\nSec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n"]) {
    await using server = new FakeApiServer(() => ({
      answer: `HTTP/1.1 101 Ok\r\nUpgrade: websocket\r\n${accept}\r\n`,
    }));
    await rejects(connect(server.transport, { carrier: "websocket" }), "cluster-unreachable", /not asked for/);
  }
});

Deno.test("tunnel: a server that says nothing is given up in time, and an abort at once", async () => {
  await using server = new FakeApiServer(() => "silent");
  const clock = new FakeClock();
  const late = rejects(
    connect(server.transport, { clock, timeout: 3_000 }),
    "cluster-unreachable",
    /did not answer the upgrade within 3000 ms/,
  );
  while (server.heads.length === 0) await settle();
  await clock.advance(3_000);
  await late;

  const abort = new AbortController();
  const aborted = assert.rejects(
    connect(server.transport, { clock, signal: abort.signal }),
    (reason) => reason === "enough",
  );
  while (server.heads.length < 2) await settle();
  abort.abort("enough");
  await aborted;
  await assert.rejects(
    connect(server.transport, { clock, signal: AbortSignal.abort("before") }),
    (reason) => reason === "before",
  );
  assert.equal(clock.pending, 0);
});

Deno.test("tunnel: nothing there, no such name, and a line end in a credential are told as what they are", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const transport = (server: string, token = "t"): Transport => ({
    server: new URL(server),
    headers: () => Promise.resolve({ Authorization: token }),
    expire: () => {},
  });
  await rejects(connect(transport(`http://127.0.0.1:${port}`)), "cluster-unreachable", /refuses connections/);
  await rejects(connect(transport(`https://127.0.0.1:${port}`)), "cluster-unreachable", /refuses connections/);
  await using server = new FakeApiServer();
  const { server: url } = server.transport;
  await rejects(connect(transport(url.href, "t\r\nX: y")), "kubeconfig-invalid", /"Authorization" has a line end/);

  const plainText = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = (async () => {
    const conn = await plainText.accept();
    await conn.write(new TextEncoder().encode("HTTP/1.1 400 Client sent an HTTP request to an HTTPS server\r\n\r\n"));
    await conn.read(new Uint8Array(4096));
    conn.close();
    plainText.close();
  })();
  const secure = `https://127.0.0.1:${plainText.addr.port}`;
  await rejects(connect(transport(secure)), "cluster-unreachable", /does not speak TLS/);
  await answering;
});

Deno.test("tunnel: an IPv6 server is reached, and asked for by its name", async () => {
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname: "::1", port: 0 });
  } catch {
    // A machine without IPv6 has nothing to reach.
    return;
  }
  const head = (async () => {
    const conn = await listener.accept();
    const buffer = new Uint8Array(4096);
    const length = await conn.read(buffer);
    conn.close();
    listener.close();
    return new TextDecoder().decode(buffer.subarray(0, length ?? 0));
  })();
  const server = new URL(`http://[::1]:${listener.addr.port}`);
  const connecting = connect({ server, headers: () => Promise.resolve({}), expire: () => {} });
  await rejects(connecting, "cluster-unreachable", /without an answer/);
  assert.match(await head, new RegExp(`^POST /api/v1/.*\r\nHost: \\[::1\\]:${listener.addr.port}\r\n`));
});
