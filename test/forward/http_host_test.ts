/** Writing a load balancer's real name into requests: what is changed, what is not, and that it does not matter how the bytes were cut. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Client, HostRewriter } from "../../src/forward/http_host/host_rewriter.ts";
import { albHosts } from "../../src/forward/http_host/alb_hosts.ts";
import { port } from "../../src/model/port.ts";

const REAL = "myapp-alb-1a2b3c4d.us-east-1.elb.amazonaws.com";
const lookup = albHosts((cluster, { alb }) => cluster === "dev" && alb === "myapp-alb" ? REAL : undefined, {
  cluster: "dev",
  listener: port(80),
});
const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const textOf = (bytes: Uint8Array) => String.fromCharCode(...bytes);

/** A client that says its pieces, each overwritten as soon as the next one is asked for, as a socket's buffer is. */
class SayingClient implements Client {
  readonly remoteHost = "127.0.0.1";
  readonly heard: string[] = [];
  reads = 0;
  #last: Uint8Array | null = null;
  readonly #pieces: Uint8Array[];
  readonly #gate: ((reads: number) => Promise<void>) | undefined;

  constructor(pieces: readonly Uint8Array[], gate?: (reads: number) => Promise<void>) {
    this.#pieces = pieces.map((piece) => piece.slice());
    this.#gate = gate;
  }

  async read(): Promise<Uint8Array | null> {
    this.#last?.fill(0);
    await this.#gate?.(this.reads++);
    this.#last = this.#pieces.shift() ?? null;
    return this.#last;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.heard.push(textOf(bytes));
    return Promise.resolve();
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  reset(): void {}
  close(): void {}
}

/** All that comes out of the rewriter. */
async function through(pieces: readonly Uint8Array[]): Promise<string> {
  const rewriter = new HostRewriter(new SayingClient(pieces), lookup);
  let text = "";
  for (let bytes = await rewriter.read(); bytes !== null; bytes = await rewriter.read()) text += textOf(bytes);
  return text;
}

function cut(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const ends = [...new Set(places)].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end)).filter((one) =>
    one.length > 0
  );
}

const request = (host: string, rest = "") =>
  `GET /a?b=c HTTP/1.1\r\nUser-Agent: x\r\nHost: ${host}\r\nAccept: */*\r\n\r\n${rest}`;

const TABLE: readonly (readonly [what: string, from: string, to: string])[] = [
  ["a known name", request("myapp-alb.localhost"), request(REAL)],
  ["with a port, in any case", request("MyApp-ALB.localhost:8080"), request(REAL)],
  [
    "without a space after the colon",
    "GET / HTTP/1.1\r\nhost:myapp-alb.localhost\r\n\r\n",
    `GET / HTTP/1.1\r\nHost: ${REAL}\r\n\r\n`,
  ],
  ["an unknown name", request("other.localhost:8080"), request("other.localhost:8080")],
  ["localhost itself", request("localhost:8080"), request("localhost:8080")],
  ["an explicit host", request("shop.example.com"), request("shop.example.com")],
  ["a name below it", request("a.myapp-alb.localhost"), request("a.myapp-alb.localhost")],
  ["a name that goes on", request("myapp-alb.localhost.example.com"), request("myapp-alb.localhost.example.com")],
  [
    "a body that looks like a request",
    `POST / HTTP/1.1\r\nContent-Length: 36\r\nHost: myapp-alb.localhost\r\n\r\nGET / HTTP/1.1\r\nHost: myapp-alb.l\r\n\r\n${
      request("myapp-alb.localhost")
    }`,
    `POST / HTTP/1.1\r\nContent-Length: 36\r\nHost: ${REAL}\r\n\r\nGET / HTTP/1.1\r\nHost: myapp-alb.l\r\n\r\n${
      request(REAL)
    }`,
  ],
  [
    "chunks with extensions and trailers, then another request",
    `PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\nHost: myapp-alb.localhost\r\n\r\n5;a=b\r\nHost:\r\n1B\r\nHost: myapp-alb.localhost\r\n\r\n0\r\nHost: myapp-alb.localhost\r\n\r\n${
      request("myapp-alb.localhost")
    }`,
    `PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\nHost: ${REAL}\r\n\r\n5;a=b\r\nHost:\r\n1B\r\nHost: myapp-alb.localhost\r\n\r\n0\r\nHost: myapp-alb.localhost\r\n\r\n${
      request(REAL)
    }`,
  ],
  [
    "empty lines between requests",
    `\r\n${request("myapp-alb.localhost")}\r\n${request("myapp-alb.localhost")}`,
    `\r\n${request(REAL)}\r\n${request(REAL)}`,
  ],
  ["no HTTP, as text", "HELO there\r\nHost: myapp-alb.localhost\r\n", "HELO there\r\nHost: myapp-alb.localhost\r\n"],
  [
    "TLS",
    `\x16\x03\x01\x02\x00\x01\nHost: myapp-alb.localhost\r\n`,
    `\x16\x03\x01\x02\x00\x01\nHost: myapp-alb.localhost\r\n`,
  ],
  [
    "two lengths: nothing is followed from there",
    `POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc${request("myapp-alb.localhost")}`,
    `POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc${request("myapp-alb.localhost")}`,
  ],
  [
    "a coding without chunks: nothing is followed from there",
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n${request("myapp-alb.localhost")}`,
    `POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n${request("myapp-alb.localhost")}`,
  ],
  [
    "a stream that ends inside a line",
    "GET / HTTP/1.1\r\nHost: myapp-alb.loc",
    "GET / HTTP/1.1\r\nHost: myapp-alb.loc",
  ],
];

for (const [what, from, to] of TABLE) {
  Deno.test(`hosts: ${what}, whole and cut at every byte`, async () => {
    const bytes = bytesOf(from);
    assert.equal(await through([bytes]), to);
    assert.equal(await through(cut(bytes, [...bytes.keys()])), to);
    for (let at = 1; at < bytes.length; at++) assert.equal(await through(cut(bytes, [at])), to, `cut at ${at}`);
  });
}

Deno.test("hosts: however requests are cut, what comes out is the same", async () => {
  const body = fc.string({ maxLength: 40, unit: fc.constantFrom("a", "\r", "\n", "0", ":", "H") });
  const host = fc.constantFrom("myapp-alb.localhost", "myapp-alb.localhost:9001", "localhost:8080", "example.com");
  const one = fc.record({ host, body, chunked: fc.boolean(), hostFirst: fc.boolean() }).map(
    ({ host, body, chunked, hostFirst }) => {
      const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
      const head = (name: string) => (hostFirst ? [`Host: ${name}`, framing] : [framing, `Host: ${name}`]).join("\r\n");
      const sent = chunked ? `${body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n` : body;
      const text = (name: string) => `POST / HTTP/1.1\r\n${head(name)}\r\n\r\n${sent}`;
      return { from: text(host), to: text(host.startsWith("myapp-alb.") ? REAL : host) };
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(600)), async (requests, places) => {
      const bytes = bytesOf(requests.map(({ from }) => from).join(""));
      const pieces = cut(bytes, places.filter((at) => at > 0 && at < bytes.length));
      assert.equal(await through(pieces), requests.map(({ to }) => to).join(""));
    }),
    { numRuns: 300 },
  );
});

Deno.test("hosts: any bytes come out as many as went in where no name is known", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc.constantFrom(
            "GET / HTTP/1.1\r\n",
            "Host: a.localhost\r\n",
            "\r\n",
            "Content-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\n",
            "5\r\n",
          ).map(bytesOf),
        ),
      ),
      async (pieces) => {
        const whole = pieces.map(textOf).join("");
        assert.equal(await through(pieces.filter((piece) => piece.length > 0)), whole);
      },
    ),
    { numRuns: 500 },
  );
});

const UPGRADE = "GET /ws HTTP/1.1\r\nHost: myapp-alb.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const FRAME = `\x81\x05Host: myapp-alb.localhost\r\n`;

for (
  const [what, answers, then, out] of [
    [
      "101: what follows is not HTTP",
      ["HTTP/1.1 101 Switching Protocols\r\n", "Upgrade: websocket\r\n\r\n\x81\x00"],
      request("myapp-alb.localhost"),
      request("myapp-alb.localhost"),
    ],
    ["frames pass after 101", ["HTTP/1.1 101 Switching Protocols\r\n\r\n"], FRAME, FRAME],
    [
      "refused: HTTP goes on",
      ["HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno"],
      request("myapp-alb.localhost"),
      request(REAL),
    ],
    [
      "103, then refused",
      [
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
      ],
      request("myapp-alb.localhost"),
      request(REAL),
    ],
    ["an answer that is no HTTP", ["what?\r\n"], FRAME, FRAME],
  ] as const
) {
  Deno.test(`hosts: an upgrade, ${what}`, async () => {
    const answered = Promise.withResolvers<void>();
    const client = new SayingClient(
      [bytesOf(UPGRADE), bytesOf(then)],
      (reads) => reads < 2 ? Promise.resolve() : answered.promise,
    );
    const rewriter = new HostRewriter(client, lookup);
    assert.equal(textOf(await rewriter.read() ?? new Uint8Array()), UPGRADE.replace("myapp-alb.localhost", REAL));
    let after: string | null = null;
    const next = rewriter.read().then((bytes) => {
      after = textOf(bytes ?? new Uint8Array());
    });
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.equal(after, null, "the next bytes wait for the answer");
    for (const answer of answers) await rewriter.write(bytesOf(answer));
    await next;
    assert.equal(after, out);
    assert.deepEqual(client.heard, [...answers], "answers are not changed");
    answered.resolve();
  });
}

Deno.test("hosts: an upgrade behind pipelined requests is judged by its own answer", async () => {
  const head = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
  const rewriter = new HostRewriter(new SayingClient([bytesOf(head + request("x") + UPGRADE + FRAME)]), lookup);
  assert.equal(
    textOf(await rewriter.read() ?? new Uint8Array()),
    head + request("x") + UPGRADE.replace("myapp-alb.localhost", REAL),
  );
  await rewriter.write(bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"));
  await rewriter.write(bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nHTTP/1.1 101 X"));
  let done = false;
  const next = rewriter.read().finally(() => done = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(done, false, "two answers belong to the requests before it");
  await rewriter.write(bytesOf("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
  assert.equal(textOf(await next ?? new Uint8Array()), FRAME);
});

Deno.test("hosts: a client that waits for a verdict is let go when the connection ends", async () => {
  for (const end of ["close", "reset", "closeWrite"] as const) {
    const rewriter = new HostRewriter(new SayingClient([bytesOf(UPGRADE), bytesOf(FRAME)]), lookup);
    await rewriter.read();
    const next = rewriter.read();
    await rewriter[end]();
    assert.equal(textOf(await next ?? new Uint8Array()), FRAME);
  }
});

Deno.test("hosts: a body is handed on as it comes, not kept", async () => {
  const big = new Uint8Array(1_000_000).fill(65);
  const rewriter = new HostRewriter(
    new SayingClient([bytesOf("POST / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n"), big, big, big]),
    lookup,
  );
  await rewriter.read();
  for (let i = 0; i < 3; i++) assert.equal((await rewriter.read())?.length, big.length);
  assert.equal(await rewriter.read(), null);
});
