import assert from "node:assert/strict";
import { ApiClient } from "../../src/kube/api_client.ts";
import type { Transport } from "../../src/kube/transport.ts";
import { AccessError } from "../../src/model/cluster_access.ts";
import { certificates, FakeApi, status } from "./fake_api.ts";
import { clockAt } from "./world.ts";

const signal = new AbortController().signal;

function transport(server: string, more: Partial<Transport> = {}): Transport {
  return { server: new URL(server), headers: () => Promise.resolve({}), expire: () => {}, ...more };
}

/** Runs with a client that is let go afterwards. */
async function withClient<T>(to: Transport, use: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = new ApiClient(to, { clock: clockAt(1) });
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** What a failed GET says: `reason: message`. */
async function failure(to: Transport, { path = "/version", timeout = 5_000 } = {}): Promise<string> {
  return await withClient(to, async (client) => {
    try {
      await client.get(path, { signal, timeout });
    } catch (error) {
      assert.ok(error instanceof Error);
      return error instanceof AccessError ? `${error.reason}: ${error.message}` : error.name;
    }
    return "no failure";
  });
}

Deno.test("answers: each status in plain words, with the server's own", async () => {
  await using api = new FakeApi();
  const said = async (code: number, message: string) => {
    api.meddle = () => status(code, message);
    return await failure(transport(api.url));
  };
  assert.equal(
    await said(401, "Unauthorized"),
    "unauthorized: the API server does not accept the credentials: Unauthorized",
  );
  assert.equal(await said(403, "pods is forbidden"), "forbidden: pods is forbidden");
  assert.match(
    await said(403, 'User "system:anonymous" cannot get path'),
    /^unauthorized: the API server does not know the user/,
  );
  assert.equal(await said(404, 'namespaces "x" not found'), 'not-found: namespaces "x" not found');
  assert.equal(await said(410, "too old"), "GoneError");
  assert.equal(await said(503, "starting"), "cluster-unreachable: the API server answers with status 503: starting");
  api.meddle = () => new Response("<html>Sign in</html>", { status: 502 });
  assert.equal(await failure(transport(api.url)), "cluster-unreachable: the API server answers with status 502");
  api.meddle = () => new Response("<html>Sign in</html>");
  assert.match(await failure(transport(api.url)), /is not JSON: is this a Kubernetes API server/);
  api.meddle = () => Response.redirect("https://elsewhere.test/");
  assert.match(await failure(transport(api.url)), /status 302/);
});

Deno.test("a 401 makes the credentials be read anew, once", async () => {
  await using api = new FakeApi();
  let token = "old";
  let expired = 0;
  const to = transport(api.url, {
    headers: () => Promise.resolve({ authorization: `Bearer ${token}` }),
    expire: () => {
      expired++;
      token = "new";
    },
  });
  api.meddle = (request) => request.headers.get("authorization") === "Bearer new" ? undefined : status(401, "no");
  assert.deepEqual(await withClient(to, (client) => client.get("/version", { signal, timeout: 5_000 })), {
    gitVersion: "v1.31.4",
  });
  assert.equal(expired, 1);
});

Deno.test("a path below a gateway is kept", async () => {
  await using api = new FakeApi();
  api.meddle = (_, url) => Response.json({ path: url.pathname });
  const answer = await withClient(
    transport(`${api.url}/k8s/clusters/c-1/`),
    (client) => client.get("/version", { signal, timeout: 5_000 }),
  );
  assert.deepEqual(answer, { path: "/k8s/clusters/c-1/version" });
});

Deno.test("time-outs: of an answer, of silence in a stream, and of a caller; a slow plugin is not the server's fault", async () => {
  await using api = new FakeApi();
  let answer = () => {};
  const late = new Promise<undefined>((resolve) => answer = () => resolve(undefined));
  api.meddle = (_, url) => url.pathname === "/late" ? late : undefined;
  assert.match(
    await failure(transport(api.url), { path: "/late", timeout: 50 }),
    /cluster-unreachable: .* did not answer within 0.05 s/,
  );
  answer();
  const slow = transport(api.url, { headers: () => new Promise((resolve) => setTimeout(() => resolve({}), 80)) });
  assert.equal(await failure(slow, { timeout: 60 }), "no failure");
  await withClient(transport(api.url), async (client) => {
    const silent = async () => {
      for await (const _ of client.lines("/api/v1/pods?watch=1", { signal, timeout: 5_000, silence: 50 }));
    };
    await assert.rejects(silent, /did not answer within 0.05 s/);
    const abort = new AbortController();
    const watching = (async () => {
      for await (
        const _ of client.lines("/api/v1/pods?watch=1", { signal: abort.signal, timeout: 5_000, silence: 5_000 })
      );
    })();
    abort.abort(new Error("enough"));
    await assert.rejects(watching, /enough/);
  });
});

Deno.test("lines that arrive in pieces are put together, whatever they are cut at", async () => {
  const text = new TextEncoder().encode('{"a":"é"}\n{"b":1}\n\n{"c":2}\n{"unfinished"');
  await using api = new FakeApi();
  for (const size of [1, 3, 7, 100]) {
    api.meddle = () =>
      new Response(
        new ReadableStream({
          start(controller) {
            for (let at = 0; at < text.length; at += size) controller.enqueue(text.subarray(at, at + size));
            controller.close();
          },
        }),
      );
    const lines: unknown[] = [];
    await withClient(transport(api.url), async (client) => {
      for await (const some of client.lines("/x", { signal, timeout: 5_000, silence: 5_000 })) lines.push(...some);
    });
    assert.deepEqual(lines, [{ a: "é" }, { b: 1 }, { c: 2 }]);
  }
});

Deno.test("TLS: the kubeconfig's authority is trusted; what is wrong is said in plain words", async () => {
  const made = await certificates();
  await using api = new FakeApi(made);
  const host = `127.0.0.1:${api.port}`;
  assert.equal(await failure(transport(api.url, { caCerts: [made.ca] })), "no failure");
  assert.match(
    await failure(transport(api.url)),
    new RegExp(`^cluster-unreachable: ${host} shows a certificate that .* did not sign`),
  );
  assert.match(
    await failure(transport(`https://127.0.0.2:${api.port}`, { caCerts: [made.ca] })),
    /^cluster-unreachable: (the certificate of 127\.0\.0\.2:\d+ is not valid for the name "127\.0\.0\.2", only for 127\.0\.0\.1 or localhost|127.0.0.2:\d+ refuses)/,
  );
  assert.match(
    await failure(transport(`http://${host}`)),
    /does not speak HTTP: should the server's address begin with https/,
  );
  await using plain = new FakeApi();
  assert.match(
    await failure(transport(`https://127.0.0.1:${plain.port}`)),
    /does not speak TLS: should the server's address begin with http:/,
  );
  assert.match(
    await failure(transport(api.url, { caCerts: [made.ca], cert: "x", key: "y" })),
    /^kubeconfig-invalid: the client certificate or its key is not valid PEM/,
  );
});

Deno.test("nothing listens, or the name is unknown", async () => {
  const gone = new FakeApi();
  const { url } = gone;
  await gone[Symbol.asyncDispose]();
  assert.match(
    await failure(transport(url)),
    /^cluster-unreachable: 127\.0\.0\.1:\d+ refuses connections: the API server does not run there$/,
  );
  assert.match(
    await failure(transport("http://nothing.invalid")),
    /^cluster-unreachable: the name nothing\.invalid cannot be resolved$/,
  );
});

Deno.test("after close no request begins", async () => {
  const client = new ApiClient(transport("http://127.0.0.1:1"), { clock: clockAt(1) });
  client.close();
  await assert.rejects(client.get("/version", { signal, timeout: 1_000 }), AccessError);
});
