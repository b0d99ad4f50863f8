import assert from "node:assert/strict";
import { serveMetrics } from "../../src/dashboard/metrics_server.ts";
import { ask } from "./ask.ts";

Deno.test("metrics are served on loopback, to requests that were meant for it", async (t) => {
  const server = await serveMetrics({
    contentType: "text/plain; version=0.0.4",
    render: () => Promise.resolve("a 1\n"),
  }, {
    port: 0,
  });
  try {
    const { port } = new URL(server.url);
    await t.step("by any name of this machine", async () => {
      const { status, headers, body } = await ask(server.url);
      assert.deepEqual([status, headers["content-type"], body], [200, "text/plain; version=0.0.4", "a 1\n"]);
      assert.equal((await ask(server.url, { headers: { host: `localhost:${port}` } })).status, 200);
      assert.equal((await ask(server.url, { method: "HEAD" })).body, "");
    });
    for (
      const [what, headers] of [
        ["a foreign Host", { host: `evil.example:${port}` }],
        ["a Host that begins like ours", { host: "localhost.evil.example" }],
        ["a foreign Origin", { origin: "https://evil.example" }],
        ["an Origin of another port", { origin: "http://127.0.0.1:1" }],
        ["the Origin null", { origin: "null" }],
      ] as const
    ) {
      await t.step(`${what}: 403`, async () => assert.equal((await ask(server.url, { headers })).status, 403));
    }
    await t.step("nothing else is there", async () => {
      assert.equal((await ask(server.url.replace("/metrics", "/"))).status, 404);
      assert.equal((await ask(server.url, { method: "POST" })).status, 405);
    });
    await t.step("a port that is taken is told", async () => {
      const taken = serveMetrics({ contentType: "", render: () => Promise.resolve("") }, { port: Number(port) });
      await assert.rejects(taken, Deno.errors.AddrInUse);
    });
  } finally {
    await server.close();
  }
});
