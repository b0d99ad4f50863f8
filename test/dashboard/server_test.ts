import assert from "node:assert/strict";
import { controlHandler } from "../../src/control/control_handler.ts";
import { newToken, serveDashboard } from "../../src/dashboard/server.ts";
import { systemClock } from "../../src/host/clock.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import { FakeDaemon } from "../fakes/daemon.ts";
import { ask } from "./ask.ts";

Deno.test("the dashboard answers who has the token, and nobody from elsewhere", async (t) => {
  const daemon = new FakeDaemon();
  const api = controlHandler(daemon, { clock: systemClock(), log: NO_LOG });
  const token = newToken();
  assert.match(token, /^[A-Za-z0-9_-]{43}$/);
  const server = await serveDashboard({
    port: 0,
    token,
    api: api.handle,
    metrics: { contentType: "text/plain", render: () => Promise.resolve("a 1\n") },
  });
  const base = server.link.slice(0, server.link.indexOf("/?"));
  const port = new URL(base).port;
  const bearer = { authorization: `Bearer ${token}` };
  try {
    await t.step("with the token: the page, its files, the API", async () => {
      const page = await ask(server.link);
      assert.equal(page.status, 200);
      assert.match(page.body, /<title>berth<\/title>/);
      assert.ok(!page.body.includes("__"), "everything is filled in");
      for (const file of ["page.css", "page.js", "table.js", "parts.js", "text.js", "views.js"]) {
        assert.equal((await ask(`${base}/${file}?token=${token}`)).status, 200, file);
      }
      assert.equal(JSON.parse((await ask(`${base}/v1/status`, { headers: bearer })).body).formatVersion, 1);
      assert.equal((await ask(`${base}/nothing`, { headers: bearer })).status, 404);
      assert.equal((await ask(`${base}/../server.ts`, { headers: bearer })).status, 404);
      assert.equal((await ask(`${base}/metrics`)).body, "a 1\n");
    });
    for (
      const [what, path, headers] of [
        ["no token", "/", {}],
        ["no token for a file of the page", "/page.js", {}],
        ["no token for the API", "/v1/status", {}],
        ["another token", `/?token=${newToken()}`, {}],
        ["a token cut short", `/?token=${token.slice(0, -1)}`, {}],
        ["an empty token", "/?token=", {}],
        ["a foreign Host", `/?token=${token}`, { host: `evil.example:${port}` }],
        ["a Host of this machine's name on another domain", `/?token=${token}`, { host: "localhost.evil.example" }],
        ["a foreign Origin", `/v1/status?token=${token}`, { origin: "https://evil.example" }],
        ["the Origin of another local page", `/v1/status?token=${token}`, { origin: "http://localhost:1" }],
        ["a foreign Host for the metrics", "/metrics", { host: "evil.example" }],
      ] as const
    ) {
      await t.step(`${what}: 403`, async () => assert.equal((await ask(base + path, { headers })).status, 403));
    }
    await t.step("a foreign page cannot stop anything", async () => {
      const asked = await ask(`${base}/v1/down?token=${token}`, {
        method: "POST",
        headers: { origin: "https://evil.example" },
      });
      assert.equal(asked.status, 403);
      assert.equal(daemon.downs, 0);
    });
    await t.step("no asset comes from elsewhere, and the browser is told so", async () => {
      const { headers, body } = await ask(server.link);
      assert.match(String(headers["content-security-policy"]), /default-src 'none'/);
      assert.equal(headers["referrer-policy"], "no-referrer");
      assert.doesNotMatch(body, /(?:src|href)="https?:/);
    });
  } finally {
    api.end();
    await server.close();
  }
});
