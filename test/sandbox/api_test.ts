import assert from "node:assert/strict";
import { welcomeScenario } from "../../src/sandbox/scenario.ts";
import { dig, items, names, withSandbox } from "./rig.ts";

const pods = "/api/v1/namespaces/default/pods";
const services = "/api/v1/namespaces/default/services";

Deno.test("the API says who it is and what it has", () =>
  withSandbox({}, async ({ get, fetch }) => {
    assert.equal((await get("/version")).gitVersion, "v1.31.4");
    assert.equal(await (await fetch("/readyz")).text(), "ok");
    assert.deepEqual((await get("/api")).versions, ["v1"]);
    const core = await get("/api/v1");
    assert.deepEqual(
      Array.isArray(core.resources) && core.resources.map((resource: unknown) => dig(resource, ["name"])),
      ["pods", "pods/portforward", "services", "nodes", "namespaces"],
    );
    assert.equal((await get("/apis/apps/v1")).groupVersion, "apps/v1");
    assert.equal((await get("/apis/discovery.k8s.io/v1")).groupVersion, "discovery.k8s.io/v1");
  }));

Deno.test("the welcome scenario is whole and Ready when the start resolves", () =>
  withSandbox({}, async ({ get, sandbox, problems }) => {
    assert.deepEqual(names(await get(services)), ["api", "db", "web"]);
    const list = await get(pods);
    assert.equal(items(list).length, 4);
    for (const item of items(list)) {
      assert.equal(dig(item, ["status", "phase"]), "Running");
      assert.equal(dig(item, ["kind"]), undefined, "items of a list carry no kind");
    }
    assert.ok(sandbox.control.pods().every((pod) => pod.ready));
    const times = sandbox.control.pods().map((pod) => pod.createdAt);
    assert.equal(new Set(times).size, 4);
    assert.deepEqual(times, [...times].sort((a, b) => b - a));
    const slices = await get(
      "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=api",
    );
    assert.equal(dig(slices, ["items", 0, "endpoints", 1, "conditions", "ready"]), true);
    assert.equal(dig(slices, ["items", 0, "ports", 0, "port"]), 8080);
    assert.equal(dig(await get("/api/v1/nodes"), ["items", 0, "status", "addresses", 0, "address"]), "127.0.0.1");
    assert.deepEqual(problems, []);
  }));

Deno.test("lists are chosen by labels and fields, and come in pages", () =>
  withSandbox({}, async ({ get, send }) => {
    const count = async (query: string) => items(await get(`${pods}?${new URLSearchParams(query)}`)).length;
    assert.equal(await count("labelSelector=app=api"), 2);
    assert.equal(await count("labelSelector=app in (api,db)"), 3);
    assert.equal(await count("labelSelector=app notin (api,db)"), 1);
    assert.equal(await count("labelSelector=app!=api,app"), 2);
    assert.equal(await count("labelSelector=!app"), 0);
    assert.equal(await count("fieldSelector=metadata.name=db-0"), 1);
    assert.equal((await send("GET", { path: `${pods}?labelSelector=a=b=c` })).status, 400);
    const first = await get(`${pods}?limit=3`);
    assert.equal(dig(first, ["metadata", "remainingItemCount"]), 1);
    const token = encodeURIComponent(String(dig(first, ["metadata", "continue"])));
    const second = await get(`${pods}?limit=3&continue=${token}`);
    assert.equal(new Set([...names(first), ...names(second)]).size, 4);
  }));

Deno.test("errors are Status objects", () =>
  withSandbox({}, async ({ sandbox, fetch, send }) => {
    const expect = async (
      method: string,
      path: string,
      want: { code: number; reason: string; body?: unknown; message?: RegExp },
    ) => {
      const { status, json } = await send(method, { path, ...(want.body === undefined ? {} : { body: want.body }) });
      assert.deepEqual(
        [status, json.kind, json.code, json.reason],
        [want.code, "Status", want.code, want.reason],
        path,
      );
      if (want.message !== undefined) assert.match(String(json.message), want.message);
    };
    const anonymous = await fetch(pods, { headers: { authorization: "Bearer wrong" } });
    assert.deepEqual([anonymous.status, dig(await anonymous.json(), ["reason"])], [401, "Unauthorized"]);
    await expect("GET", `${pods}/none`, { code: 404, reason: "NotFound", message: /^pods "none" not found$/ });
    await expect("GET", "/apis/apps/v1/namespaces/default/deployments/none", {
      code: 404,
      reason: "NotFound",
      message: /deployments.apps "none"/,
    });
    await expect("GET", "/apis/none/v1/things", { code: 404, reason: "NotFound" });
    await expect("POST", services, {
      code: 409,
      reason: "AlreadyExists",
      body: { metadata: { name: "web" }, spec: { ports: [{ port: 1 }] } },
    });
    await expect("POST", services, {
      code: 422,
      reason: "Invalid",
      body: { metadata: { name: "No" }, spec: { ports: [{ port: 1 }] } },
      message: /RFC 1123/,
    });
    await expect("POST", services, {
      code: 422,
      reason: "Invalid",
      body: { metadata: { name: "x" }, spec: { ports: [{ port: 0 }] } },
      message: /spec.ports\[0\].port/,
    });
    await expect("POST", services, {
      code: 422,
      reason: "Invalid",
      body: { metadata: { name: "x" }, spec: { ports: [{ port: 1 }, { port: 2 }] } },
      message: /ports\[0\].name: Required/,
    });
    await expect("POST", "/api/v1/namespaces/none/services", {
      code: 404,
      reason: "NotFound",
      body: { metadata: { name: "x" }, spec: { ports: [{ port: 1 }] } },
      message: /namespaces "none"/,
    });
    await expect("PUT", `${services}/web`, {
      code: 409,
      reason: "Conflict",
      body: { metadata: { name: "web", resourceVersion: "1" }, spec: { ports: [{ port: 1 }] } },
    });
    await expect("DELETE", `${services}/web`, {
      code: 409,
      reason: "Conflict",
      body: { preconditions: { uid: "other" } },
    });
    const giveBack = sandbox.control.forbid({ verb: "list", resource: "pods" });
    await expect("GET", pods, {
      code: 403,
      reason: "Forbidden",
      message: /cannot list resource "pods" in API group "" in the namespace "default"/,
    });
    await expect("GET", `${pods}/none`, { code: 404, reason: "NotFound" });
    giveBack();
    assert.equal((await send("GET", { path: pods })).status, 200);
  }));

Deno.test("NodePorts are allotted, kept and refused as the API server does", () =>
  withSandbox({}, async ({ send, sandbox }) => {
    const create = (name: string, nodePort?: number) =>
      send("POST", {
        path: services,
        body: {
          metadata: { name },
          spec: {
            type: "NodePort",
            selector: { app: "web" },
            ports: [{ port: 80, targetPort: 8080, ...(nodePort === undefined ? {} : { nodePort }) }],
          },
        },
      });
    const taken = sandbox.control.nodePort({ name: "web" });
    const { status, json } = await create("one");
    assert.equal(status, 201);
    const port = Number(dig(json, ["spec", "ports", 0, "nodePort"]));
    assert.ok(port >= 30000 && port <= 32767 && port !== taken);
    await sandbox.control.settled();
    assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /You reached pod web-/);
    assert.match(
      String((await create("two", taken)).json.message),
      /Invalid value: \d+: provided port is already allocated/,
    );
    assert.match(
      String((await create("two", 8080)).json.message),
      /not in the valid range. The range of valid ports is 30000-32767/,
    );
    const patched = await send("PATCH", {
      path: `${services}/one`,
      body: { metadata: { labels: { a: "b" } } },
      type: "application/merge-patch+json",
    });
    assert.equal(dig(patched.json, ["spec", "ports", 0, "nodePort"]), port);
    assert.equal(dig(patched.json, ["metadata", "labels", "a"]), "b");
    assert.equal((await send("DELETE", { path: `${services}/one` })).json.status, "Success");
    await sandbox.control.settled();
    await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }), Deno.errors.ConnectionRefused);
    // Two at once that ask for the same port: one gets it.
    const both = await Promise.all([create("three", port), create("four", port)]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 422]);
  }));

Deno.test("deployments and stateful sets make, replace, scale and roll out pods", () =>
  withSandbox({}, async ({ send, sandbox, signal, get }) => {
    const { control } = sandbox;
    const [victim] = control.pods({ labels: { app: "web" } });
    assert.ok(victim !== undefined);
    await send("DELETE", { path: `${pods}/${victim.name}` });
    assert.equal(control.pods().find(({ uid }) => uid === victim.uid)?.terminating, true);
    await control.until(() => {
      const now = control.pods({ labels: { app: "web" } });
      return now.length === 1 && now[0]?.uid !== victim.uid && now[0]?.ready === true;
    }, signal);
    const scale = "/apis/apps/v1/namespaces/default/deployments/api/scale";
    assert.equal(dig(await get(scale), ["spec", "replicas"]), 2);
    await send("PATCH", { path: scale, body: { spec: { replicas: 3 } }, type: "application/merge-patch+json" });
    await control.until(
      () => control.pods({ labels: { app: "api" } }).filter(({ ready }) => ready).length === 3,
      signal,
    );
    const before = new Set(control.pods({ labels: { app: "api" } }).map(({ uid }) => uid));
    let fewest = 3;
    await control.rollOut({ name: "api" });
    await control.until(() => {
      const now = control.pods({ labels: { app: "api" } });
      fewest = Math.min(fewest, now.filter(({ ready }) => ready).length);
      return now.length === 3 && now.every(({ uid, ready }) => !before.has(uid) && ready);
    }, signal);
    assert.ok(fewest >= 2, `a rollout left ${fewest} ready`);
    await control.scale({ name: "db", kind: "statefulsets" }, 2);
    await control.until(
      () => control.pods({ labels: { app: "db" } }).filter(({ ready }) => ready).length === 2,
      signal,
    );
    assert.deepEqual(control.pods({ labels: { app: "db" } }).map(({ name }) => name), ["db-1", "db-0"]);
    await control.scale({ name: "web" }, 0);
    await control.until(() => control.pods({ labels: { app: "web" } }).length === 0, signal);
    const slices = await get("/apis/discovery.k8s.io/v1/endpointslices?labelSelector=kubernetes.io/service-name=web");
    assert.equal(dig(slices, ["items", 0, "endpoints"]), null);
    await send("DELETE", { path: "/apis/apps/v1/namespaces/default/deployments/api" });
    await control.until(() => control.pods({ labels: { app: "api" } }).length === 0, signal);
  }));

Deno.test("a namespace goes with all that is in it", () =>
  withSandbox({ scenario: { manifests: [] } }, async ({ sandbox, send, signal, get }) => {
    await send("POST", { path: "/api/v1/namespaces", body: { metadata: { name: "jobs" } } });
    const [workload] = welcomeScenario().manifests;
    assert.ok(workload !== undefined);
    await sandbox.control.create({ ...workload, namespace: "jobs" });
    await sandbox.control.until(() => sandbox.control.pods({ namespace: "jobs" }).some(({ ready }) => ready), signal);
    await send("DELETE", { path: "/api/v1/namespaces/jobs" });
    await sandbox.control.until(() => sandbox.control.pods({ namespace: "jobs" }).length === 0, signal);
    assert.deepEqual(names(await get("/api/v1/namespaces")), ["default", "kube-system"]);
    assert.deepEqual(names(await get("/apis/apps/v1/deployments")), []);
  }));
