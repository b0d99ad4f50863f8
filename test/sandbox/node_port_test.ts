import assert from "node:assert/strict";
import { pod, service } from "../../src/sandbox/scenario.ts";
import { readAll, type Rig, withSandbox } from "./rig.ts";

/** One pod with a port of each behaviour behind one NodePort Service. */
const scenario = {
  manifests: [
    pod({
      name: "box",
      version: "7",
      ports: [
        { port: 80, name: "http", behaviour: "json" },
        { port: 9001, name: "digest", behaviour: "digest" },
        { port: 9002, name: "echo", behaviour: "echo" },
        { port: 9003, name: "reset", behaviour: "reset" },
        { port: 9004, name: "hang", behaviour: "hang" },
        { port: 9006, name: "sink", behaviour: "sink" },
        { port: 9008, name: "banner", behaviour: "banner" },
      ],
    }),
    service({
      name: "box",
      type: "NodePort",
      ports: [80, 9001, 9002, 9003, 9004, 9006, 9008].map((port) => ({ name: `p${port}`, port })),
    }),
  ],
} as const;

function connect({ sandbox }: Rig, port: number): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port: sandbox.control.nodePort({ name: "box", port }) ?? 0 });
}

async function exchange(rig: Rig, options: { port: number; send: string }): Promise<string> {
  using connection = await connect(rig, options.port);
  await connection.write(new TextEncoder().encode(options.send));
  await connection.closeWrite();
  return await readAll(connection);
}

Deno.test("each behaviour answers through its NodePort", () =>
  withSandbox({ scenario }, async (rig) => {
    const base = `http://127.0.0.1:${rig.sandbox.control.nodePort({ name: "box", port: 80 })}`;
    assert.deepEqual(await (await fetch(`${base}/a?b`)).json(), {
      pod: "box",
      host: base.slice(7),
      path: "/a",
      version: "7",
    });
    const teapot = await fetch(`${base}/status?code=503`);
    assert.equal(teapot.status, 503);
    await teapot.body?.cancel();
    assert.equal(await (await fetch(`${base}/slow?ms=5`)).text(), "done\n");
    assert.equal((await (await fetch(`${base}/bytes?n=300001`)).arrayBuffer()).byteLength, 300001);
    assert.equal(
      await exchange(rig, { port: 9001, send: "abc" }),
      "3 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n",
    );
    assert.equal(await exchange(rig, { port: 9002, send: "x".repeat(500_000) }), "x".repeat(500_000));
    assert.equal(await exchange(rig, { port: 9006, send: "12345" }), "5\n");
    assert.equal(await exchange(rig, { port: 9008, send: "hi" }), "220 ready\nhi");
    await assert.rejects(exchange(rig, { port: 9003, send: "x" }), Deno.errors.ConnectionReset);
    assert.deepEqual(rig.problems, []);
  }));

Deno.test("a NodePort is refused while no pod behind it is ready or listens, and comes back", () =>
  withSandbox({ scenario }, async (rig) => {
    const { control } = rig.sandbox;
    const answers = () => exchange(rig, { port: 9002, send: "x" });
    const refused = () => assert.rejects(answers(), Deno.errors.ConnectionRefused);
    control.setReady({ name: "box" }, false);
    await control.settled();
    await refused();
    control.setReady({ name: "box" }, true);
    await control.settled();
    assert.equal(await answers(), "x");
    await control.setPort({ name: "box", port: 9002 }, "refuse");
    await refused();
    await control.setPort({ name: "box", port: 9002 }, "reset");
    await assert.rejects(answers(), Deno.errors.ConnectionReset);
    await control.setPort({ name: "box", port: 9002 }, null);
    assert.equal(await answers(), "x");
    control.deletePod({ name: "box" }, { now: true });
    await control.settled();
    await refused();
  }));

Deno.test("a pod's restart cuts its connections and keeps the pod", () =>
  withSandbox({ scenario }, async (rig) => {
    const { control } = rig.sandbox;
    using open = await connect(rig, 9004);
    const [before] = control.pods();
    await control.restartPod({ name: "box" });
    assert.equal(await readAll(open).catch(() => ""), "");
    await control.until(() => control.pods()[0]?.ready === true, rig.signal);
    assert.equal(control.pods()[0]?.uid, before?.uid);
    assert.equal(await exchange(rig, { port: 9002, send: "again" }), "again");
  }));

Deno.test("connections go to all ready pods and to no other", () =>
  withSandbox({}, async ({ sandbox: { control } }) => {
    await control.patch({ resource: "services", name: "api", object: { spec: { type: "NodePort" } } });
    await control.settled();
    const seen = new Set<string>();
    const ask = async () => {
      const response = await fetch(`http://127.0.0.1:${control.nodePort({ name: "api" })}/`, {
        headers: { connection: "close" },
      });
      seen.add(String((await response.json()).pod));
    };
    for (let count = 0; seen.size < 2 && count < 200; count++) await ask();
    assert.equal(seen.size, 2);
    const [left, out] = control.pods({ labels: { app: "api" } });
    assert.ok(left !== undefined && out !== undefined);
    control.setReady(out, false);
    await control.settled();
    seen.clear();
    for (let count = 0; count < 10; count++) await ask();
    assert.deepEqual([...seen], [left.name]);
  }));
