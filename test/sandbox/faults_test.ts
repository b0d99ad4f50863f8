import assert from "node:assert/strict";
import { makeCertificates } from "../../src/sandbox/certificates.ts";
import { kecsScenario } from "../../src/sandbox/scenario.ts";
import { accessOf, dig, names, withSandbox } from "./rig.ts";

const pods = "/api/v1/namespaces/default/pods";

Deno.test("credentials: refused, rotated, and let in again with the new kubeconfig", () =>
  withSandbox({}, async ({ sandbox, fetch, access }) => {
    const status = async (token: string) => {
      const response = await fetch(pods, { headers: { authorization: `Bearer ${token}` } });
      await response.body?.cancel();
      return response.status;
    };
    const old = access().token;
    assert.equal(await status(old), 200);
    sandbox.control.rotateCredentials();
    assert.equal(await status(old), 401);
    assert.equal(await status(accessOf(sandbox.kubeconfig).token), 200);
    sandbox.control.refuseCredentials(true);
    assert.equal(await status(access().token), 401);
    sandbox.control.refuseCredentials(false);
    assert.equal(await status(access().token), 200);
  }));

Deno.test("out of reach: refuses on the same port until it comes back; NodePorts live on", () =>
  withSandbox({}, async ({ sandbox, get }) => {
    const { control } = sandbox;
    await control.goDark("refuse");
    await assert.rejects(get("/version"));
    await assert.rejects(
      Deno.connect({ hostname: "127.0.0.1", port: Number(sandbox.server.port) }),
      Deno.errors.ConnectionRefused,
    );
    const page = await fetch(`http://127.0.0.1:${control.nodePort({ name: "web" })}/`);
    assert.match(await page.text(), /sandbox/);
    await control.comeBack();
    assert.equal((await get("/version")).major, "1");
  }));

Deno.test("out of reach: takes connections and does not answer until it comes back", () =>
  withSandbox({}, async ({ sandbox, get, fetch, signal }) => {
    const { control } = sandbox;
    const watch = await fetch(`${pods}?watch=true`);
    const reader = watch.body?.getReader();
    await reader?.read();
    await control.goDark("hang");
    const answer = get("/version");
    control.deletePod({ name: "db-0" });
    await control.until(
      () => control.pods({ labels: { app: "db" } }).some(({ ready, terminating }) => ready && !terminating),
      signal,
    );
    assert.equal(await Promise.race([answer.then(() => "answered"), Promise.resolve("silent")]), "silent");
    await control.comeBack();
    assert.equal((await answer).major, "1");
    assert.ok(((await reader?.read())?.value?.length ?? 0) > 0);
    await reader?.cancel();
  }));

Deno.test("slow answers wait, and the end of the sandbox does not wait for them", () =>
  withSandbox({}, async ({ sandbox, fetch }) => {
    sandbox.control.slowDown(60_000);
    const answer = fetch("/version").then((response) => response.body?.cancel(), () => undefined);
    await sandbox.close();
    await answer;
  }));

Deno.test("everything open is closed with the sandbox", () =>
  withSandbox({}, async ({ sandbox, fetch }) => {
    const watch = await fetch(`${pods}?watch=true&allowWatchBookmarks=true&timeoutSeconds=600`);
    const port = sandbox.control.nodePort({ name: "web" }) ?? 0;
    using open = await Deno.connect({ hostname: "127.0.0.1", port });
    await open.write(new TextEncoder().encode("GET /slow?ms=60000 HTTP/1.1\r\n\r\n"));
    sandbox.control.deletePod({ name: "db-0" });
    await sandbox.close();
    await watch.body?.cancel().catch(() => undefined);
    await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }), Deno.errors.ConnectionRefused);
  }));

Deno.test("a KECS cluster has the labels and tags that KECS gives", () =>
  withSandbox({ scenario: kecsScenario({ region: "eu-west-1" }) }, async ({ sandbox, get }) => {
    const spaces = await get("/api/v1/namespaces?labelSelector=kecs.dev/cluster=default");
    assert.deepEqual(names(spaces), ["default-eu-west-1"]);
    const where = "/api/v1/namespaces/default-eu-west-1";
    const stable = await get(`${where}/pods?${new URLSearchParams("labelSelector=tag.app=api,tag.version=stable")}`);
    const id = String(dig(stable, ["items", 0, "metadata", "labels", "kecs.dev/task-id"]));
    assert.deepEqual(names(stable), [id]);
    assert.equal(names(await get(`${where}/pods?labelSelector=kecs.dev/service=web`)).length, 2);
    const [task] = names(await get(`${where}/services?labelSelector=kecs.dev/type=task-nodeport`));
    assert.match(task ?? "", /^task-[0-9a-f]{32}$/);
    const port = sandbox.control.nodePort({ namespace: "default-eu-west-1", name: task ?? "" });
    const answer: unknown = await (await fetch(`http://127.0.0.1:${port}/`)).json();
    assert.equal(dig(answer, ["version"]), "canary");
  }));

Deno.test("each run has an authority of its own, for 127.0.0.1 and localhost", async () => {
  const [one, two] = await Promise.all([makeCertificates(Date.now()), makeCertificates(Date.now())]);
  const dial = async (ca: string, hostname: string) => {
    using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: one.cert, key: one.key });
    const accepted = listener.accept().then(async (conn) => {
      await conn.handshake().catch(() => undefined);
      conn.close();
    });
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    const tls = await Deno.startTls(tcp, { hostname, caCerts: [ca] });
    try {
      await tls.handshake();
    } finally {
      tls.close();
      await accepted;
    }
  };
  await dial(one.ca, "127.0.0.1");
  await dial(one.ca, "localhost");
  await assert.rejects(dial(two.ca, "127.0.0.1"), /certificate/);
  await assert.rejects(dial(one.ca, "example.com"), /certificate/);
});
