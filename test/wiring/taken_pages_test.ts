/** `up` whose web page or metrics cannot have their port: that is said, and the forwards go on. */
import assert from "node:assert/strict";
import { fileOf, freePort, get, Rig } from "./rig.ts";

Deno.test("a port of the metrics or the web page that is taken stops no forward", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const web = freePort();
  await rig.save(fileOf([`web: { service: default/web, port: 80, local: ${web} }`]));
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const up = await rig.up({ metrics: port, dashboard: port });
  await up.active(["web"]);
  assert.match(await get(web), /"pod"/);

  const { diagnostics } = up.status();
  assert.deepEqual(diagnostics.map(({ code, severity, where }) => [code, severity, where]), [
    ["PF0069", "warning", null],
    ["PF0069", "warning", null],
  ]);
  const [metrics, page] = diagnostics;
  // Who holds it is this process, by the name of its program; where that cannot be seen, another one.
  const who = `port ${port} is in use by .+`;
  assert.match(metrics?.message ?? "", new RegExp(`^The metrics cannot be served: ${who}$`));
  assert.match(page?.message ?? "", new RegExp(`^The web page cannot be served: ${who}$`));
  assert.match(page?.help ?? "", /--dashboard=PORT/);
  assert.deepEqual(up.notes, diagnostics.map(({ message, help }) => `${message} (${help})`));
  assert.equal(up.daemon.dashboard(), null);
});
