/** `up` whose web page or metrics cannot have their port: that is said, and the forwards go on. */
import assert from "node:assert/strict";
import { openServer } from "../../src/wiring/local_servers.ts";
import { fileOf, freePort, get, Rig } from "./rig.ts";

Deno.test("a server that cannot be opened says why; a bug is none of that", async () => {
  const opening = (open: () => Promise<string>, holder: string | null = null) =>
    openServer(80, { what: "The web page", flag: "--dashboard", open, whoHolds: () => Promise.resolve(holder) });
  const said = async (error: Error, holder?: string) => {
    const opened = await opening(() => Promise.reject(error), holder);
    return opened.kind === "failed" ? opened.problem.message : null;
  };
  assert.deepEqual(await opening(() => Promise.resolve("served")), { kind: "open", server: "served" });
  const taken = new Deno.errors.AddrInUse();
  assert.equal(await said(taken), "The web page cannot be served: port 80 is in use by another program");
  assert.equal(await said(taken, "nginx (PID 7)"), "The web page cannot be served: port 80 is in use by nginx (PID 7)");
  assert.equal(
    await said(new Deno.errors.PermissionDenied()),
    "The web page cannot be served: this user may not listen on port 80",
  );
  await assert.rejects(opening(() => Promise.reject(new TypeError("a bug"))), TypeError);
});

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
