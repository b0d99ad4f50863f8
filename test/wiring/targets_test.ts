/** Targets that come, go and come back: the forward says why it is not Active, and comes alive by itself. On a sandbox. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { deployment, kecsScenario, pod, service } from "../../src/sandbox/scenario.ts";
import { Client, fileOf, freePort, get, podBehind, Rig } from "./rig.ts";
import { until } from "../fakes/until.ts";

const clock = systemClock();

Deno.test("a Service that does not exist yet comes alive by itself when it appears", async () => {
  await using rig = await Rig.make();
  const { control } = await rig.sandbox();
  const [late, web] = [freePort(), freePort()];
  await rig.save(fileOf([
    `late: { service: default/late, port: 80, local: ${late} }`,
    `web: { service: default/web, port: 80, local: ${web} }`,
  ]));
  const up = await rig.up();
  await up.active(["web"]);
  const { message, listen } = await up.becomes("late", "Reconnecting", "not-found");
  assert.equal(message, "service default/late does not exist");
  assert.deepEqual(listen[0], { host: "127.0.0.1", port: late });
  // A client that comes too early waits, and is served.
  const early = get(late);
  await control.create(deployment({ name: "late", ports: [{ port: 8080, behaviour: "json" }] }));
  await control.create(service({ name: "late", ports: [{ port: 80, targetPort: 8080 }] }));
  assert.match(await early, /"pod":"late-/);
  await up.active(["late"]);
});

Deno.test("no endpoints, and back; a wrong port names those there are", async () => {
  await using rig = await Rig.make();
  const { control } = await rig.sandbox();
  const port = freePort();
  await rig.save(fileOf([
    `api: { service: default/api, port: http, local: ${port} }`,
    `wrong: { service: default/api, port: 81, local: ${freePort()} }`,
    `named: { deployment: default/api, port: htpp, local: ${freePort()} }`,
  ]));
  const up = await rig.up();
  await up.active(["api"]);
  assert.equal(
    (await up.becomes("wrong", "Reconnecting", "port-not-found")).message,
    "service default/api has no port 81: its ports are 80 (http)",
  );
  assert.equal(
    (await up.becomes("named", "Reconnecting", "port-not-found")).message,
    "deployment default/api has no container port named 'htpp': they name http",
  );
  const [only] = control.pods({ labels: { app: "api" } });
  assert.ok(only !== undefined);
  control.setReady(only, false);
  assert.equal(
    (await up.becomes("api", "Reconnecting", "no-endpoints")).message,
    "service default/api has no ready pod: 1 pod: 1 not ready",
  );
  control.setReady(only, true);
  await up.active(["api"]);
  assert.equal(await podBehind(port), only.name);

  // A port that is added to the Service makes the other forward come alive.
  await control.patch({
    resource: "services",
    name: "api",
    object: {
      spec: { ports: [{ name: "http", port: 80, targetPort: "http" }, { name: "b", port: 81, targetPort: 8080 }] },
    },
  });
  await up.active(["wrong"]);
});

for (
  const { route, now } of [{ route: "tunnel", now: false }, { route: "tunnel", now: true }, {
    route: "auto",
    now: true,
  }]
) {
  const how = `${route}, ${now ? "at once" : "with grace"}`;
  Deno.test(`a pod deleted under clients every 20 ms: none refused, none hung (${how})`, async () => {
    await using rig = await Rig.make();
    const { control } = await rig.sandbox({ times: { readyDelay: 700, stopDelay: 200 } });
    const port = freePort();
    // `web` has a NodePort: there `auto` is direct.
    await rig.save(fileOf([`web: { service: default/web, port: 80, local: ${port}, route: ${route} }`]));
    const up = await rig.up();
    await up.active();
    const [old] = control.pods({ labels: { app: "web" } });
    assert.ok(old !== undefined);

    const stop = new AbortController();
    const answers: { readonly began: number; readonly ended: number; readonly pod: string }[] = [];
    const failures: { readonly began: number; readonly why: string }[] = [];
    const under: Promise<void>[] = [];
    const client = async () => {
      const began = clock.now();
      await podBehind(port).then(
        (pod) => void answers.push({ began, ended: clock.now(), pod }),
        (error) => void failures.push({ began, why: String(error) }),
      );
    };
    const clients = (async () => {
      while (!stop.signal.aborted) {
        under.push(client());
        await clock.sleep(20);
      }
    })();
    await until(() => answers.length >= 10, "traffic");
    control.deletePod(old, { now });
    let ready = 0;
    await until(() => {
      const next = control.pods({ labels: { app: "web" } }).find(({ ready, uid }) => ready && uid !== old.uid);
      if (next !== undefined) ready = clock.now();
      return next !== undefined;
    }, "the next pod is Ready");
    await until(() => answers.some(({ pod }) => pod !== old.name), "the next pod answers");
    const first = answers.find(({ pod }) => pod !== old.name);
    await up.until(() => up.path("web").length >= 3 && up.forward("web").status === "Active", "Active again");
    stop.abort();
    await clients;
    await Promise.all(under);
    // In one process with the cluster and its clients, and on a machine that may be busy: the real bound is a test on a real cluster.
    assert.ok(first !== undefined && first.ended - ready < 20_000, `${(first?.ended ?? 0) - ready} ms after readiness`);
    assert.deepEqual(up.path("web"), ["Active", "Reconnecting no-endpoints", "Active"]);
    const noticed = up.events.find(({ status }) => status === "Reconnecting");
    assert.match(noticed?.message ?? "", /^service default\/web has no (ready )?pods?: /);
    // What a backend had taken when it was killed ends as it ended there; all that came later is served.
    const since = Date.parse(noticed?.time ?? "");
    assert.deepEqual(failures.filter(({ began, why }) => !now || began > since || why.includes("refused")), []);
  });
}

Deno.test("scaled to 0 it is not Active any more, and Active again with 1", async () => {
  await using rig = await Rig.make();
  const { control } = await rig.sandbox();
  const [api, work] = [freePort(), freePort()];
  await rig.save(fileOf([
    `api: { service: default/api, port: 80, local: ${api} }`,
    `work: { deployment: default/api, port: http, local: ${work}, hold: 200ms }`,
  ]));
  const up = await rig.up();
  await up.active();
  await control.scale({ name: "api" }, 0);
  await up.becomes("api", "Reconnecting", "no-endpoints");
  await up.becomes("work", "Reconnecting", "no-endpoints");
  await up.until(() => up.forward("work").message === "deployment default/api is scaled to 0", "said");
  await up.until(
    () => up.forward("api").message === "service default/api has no pods: none is labelled app=api",
    "said",
  );
  {
    // Held as long as the file says, then reset: neither refused nor left waiting.
    using client = await Client.open(work);
    await assert.rejects(client.next(), Deno.errors.ConnectionReset);
  }
  await control.scale({ name: "api" }, 1);
  await up.active();
  assert.equal(await podBehind(api), await podBehind(work));
});

Deno.test("the newest task takes over for new connections, and the forward says so", async () => {
  await using rig = await Rig.make();
  const { control } = await rig.sandbox({
    scenario: kecsScenario({ tasks: [{ id: "1111", tags: { app: "api" }, version: "old" }] }),
  });
  const port = freePort();
  await rig.save(
    fileOf([`api: { task: default, tags: { app: api }, port: 8080, local: ${port} }`])
      .replace(".kubeconfig }", ".kubeconfig, kecs: { instance: demo, region: us-east-1 } }"),
  );
  const up = await rig.up();
  await up.active();
  assert.equal(await podBehind(port), "1111");
  const before = up.events.length;
  await control.create(pod({
    name: "2222",
    namespace: "default-us-east-1",
    labels: { "kecs.dev/task-id": "2222", "tag.app": "api" },
    ports: [{ port: 8080, name: "http", behaviour: "json" }],
  }));
  await until(async () => await podBehind(port) === "2222", "the new task answers");
  await up.until(() => up.events.slice(before).some(({ type }) => type === "switch"), "told");
  const told = up.events.slice(before).find(({ type }) => type === "switch");
  assert.match(told?.message ?? "", /^now to pod default-us-east-1\/2222, before to pod default-us-east-1\/1111$/);
  // And back, when the newest one ends.
  control.deletePod({ namespace: "default-us-east-1", name: "2222" });
  await until(async () => await podBehind(port) === "1111", "the old task answers again");
  assert.deepEqual(up.path("api"), ["Active"]);
});

Deno.test("a backend that refuses, and one that resets, are told from one that is away", async () => {
  await using rig = await Rig.make();
  const { control } = await rig.sandbox();
  const port = freePort();
  await rig.save(fileOf([`api: { service: default/api, port: 80, local: ${port}, hold: 200ms }`]));
  const up = await rig.up();
  await up.active();
  const [only] = control.pods({ labels: { app: "api" } });
  assert.ok(only !== undefined);
  await control.setPort({ ...only, port: 8080 }, "refuse");
  await up.becomes("api", "Reconnecting", "backend-refused");
  await control.setPort({ ...only, port: 8080 }, null);
  await up.active(["api"]);
  await control.restartPod(only);
  await until(() => podBehind(port).then(() => true, () => false), "it answers again");
});
