import assert from "node:assert/strict";
import { connectCluster, type OpenTunnel } from "../../src/kube/cluster_access.ts";
import { AccessError, type ClusterAccess, type TargetWatch } from "../../src/model/cluster_access.ts";
import { port } from "../../src/model/port.ts";
import type { ClusterSpec, Target } from "../../src/model/workspace.ts";
import { FakeApi, kubeconfigText, status } from "./fake_api.ts";
import { at, endpoint, node, pod, service, slice } from "./samples.ts";
import { clockAt, KeptLog, TempDirectory } from "./world.ts";
import { until } from "../fakes/until.ts";

const web: Target = { kind: "service", namespace: "default", name: "web" };
const box: Target = { kind: "pod", namespace: "default", name: "box" };

/** A cluster over a fake API server, on a clock that is `speed` times as fast. */
class Rig implements AsyncDisposable {
  readonly log = new KeptLog();
  readonly access: ClusterAccess;
  readonly kubeconfig: string;
  openTunnel: OpenTunnel = () => Promise.reject(new Error("no tunnels here"));
  readonly #directory = new TempDirectory();
  readonly #watches: TargetWatch[] = [];

  constructor(
    server: string,
    { speed = 1, text = kubeconfigText(server) }: { readonly speed?: number; readonly text?: string | null } = {},
  ) {
    this.kubeconfig = `${this.#directory.path}/config`;
    if (text !== null) Deno.writeTextFileSync(this.kubeconfig, text);
    const spec: ClusterSpec = {
      name: "staging",
      access: { kind: "kubeconfig", kubeconfig: this.kubeconfig },
      where: { file: "forwards.yaml", line: 1, column: 1, length: 1 },
    };
    this.access = connectCluster(spec, {
      clock: clockAt(speed),
      random: () => 0.5,
      log: this.log,
      env: () => undefined,
      home: undefined,
      openTunnel: (...all) => this.openTunnel(...all),
    });
  }

  watch(target: Target, number = 80): TargetWatch {
    const watch = this.access.watch(target, port(number));
    this.#watches.push(watch);
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.access.close();
    await this.#directory[Symbol.asyncDispose]();
  }
}

/** The names of a known target's pods, or its kind and reason. */
function brief({ state }: TargetWatch): string {
  if (state.kind !== "known") return `${state.kind} ${state.reason}`;
  return state.backends.map((one) => one.kind === "pod" ? one.pod.name : one.address.host).join(" ") || "none";
}

async function becomes(watch: TargetWatch, expected: string): Promise<void> {
  await until(
    () => brief(watch) === expected,
    () => `${expected}, but ${brief(watch)}: ${JSON.stringify(watch.state)}`,
  );
}

function fill(api: FakeApi): void {
  api.put(at.services, service("web", { type: "NodePort", ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }));
  api.put(at.slices, slice("web", [endpoint("web-a")]));
  api.put(at.pods, pod("web-a"));
  api.put(at.nodes, node("node-a", "172.18.0.2"));
}

Deno.test("a cluster is lazy, then lists and watches once per kind however many targets there are", async () => {
  await using api = new FakeApi();
  fill(api);
  await using rig = new Rig(api.url);
  assert.deepEqual(rig.access.status, {
    name: "staging",
    kind: "kubeconfig",
    reachable: null,
    reason: null,
    message: null,
    version: null,
  });
  assert.equal(api.requests.length, 0);
  const watches = Array.from({ length: 50 }, () => rig.watch(web));
  for (const watch of watches) await becomes(watch, "web-a");
  const [first] = watches;
  assert.deepEqual(first?.state.kind === "known" && first.state.nodePorts, [{ host: "172.18.0.2", port: 30080 }]);
  await until(() => api.watchers === 4, "four watches");
  const paths = api.requests.filter((one) => !one.startsWith("/version")).map((one) =>
    one.replace(/[?&](limit|resource).*/, "")
  );
  assert.deepEqual([...paths].sort(), [...new Set(paths)].sort(), "no request twice");
  assert.equal(rig.access.status.reachable, true);
  assert.equal(rig.access.status.version, "v1.31.4");
});

Deno.test("changes arrive: objects that come later, pods that come, turn unready and go", async () => {
  await using api = new FakeApi();
  await using rig = new Rig(api.url);
  const watch = rig.watch(web);
  let told = 0;
  watch.subscribe(() => told++);
  await becomes(watch, "missing not-found");
  api.put(at.services, service("web"));
  await becomes(watch, "none");
  api.put(at.pods, pod("web-a"));
  api.put(at.slices, slice("web", [endpoint("web-a")]));
  await becomes(watch, "web-a");
  api.put(at.pods, pod("web-b", { created: "2026-03-01T00:00:00Z" }));
  api.put(at.slices, slice("web", [endpoint("web-a"), endpoint("web-b")]));
  await becomes(watch, "web-b web-a");
  api.put(at.pods, pod("web-b", { terminating: true }));
  await becomes(watch, "web-a");
  api.remove(at.services, "web");
  await becomes(watch, "missing not-found");
  const before = told;
  api.put(at.pods, pod("another-a"));
  api.put(at.services, service("web"));
  await becomes(watch, "web-a");
  assert.equal(told, before + 1, "only told when the state changes");
});

Deno.test("a list comes in pages", async () => {
  await using api = new FakeApi();
  api.page = 2;
  for (let index = 0; index < 5; index++) api.put(at.pods, pod(`web-${index}`));
  await using rig = new Rig(api.url);
  const watch = rig.watch({ kind: "selector", namespace: "default", labels: { app: "web" } });
  await becomes(watch, "web-0 web-1 web-2 web-3 web-4");
  assert.equal(api.requests.filter((one) => one.startsWith(`${at.pods}?limit`)).length, 3);
});

for (const how of ["end", "cut"] as const) {
  Deno.test(`a watch that is ended by ${how} is resumed where it was, without a new list`, async () => {
    await using api = new FakeApi();
    api.put(at.pods, pod("box"));
    await using rig = new Rig(api.url);
    const watch = rig.watch(box);
    await becomes(watch, "box");
    await until(() => api.watchers === 1, "a watch");
    api.drop(how);
    api.put(at.pods, pod("box", { ready: false }));
    await becomes(watch, "none");
    assert.equal(api.requests.filter((one) => one.includes("limit=")).length, 1);
  });
}

Deno.test("a forgotten version (410), as an answer and as an event, means a new list, and what was known stays till then", async () => {
  await using api = new FakeApi();
  api.put(at.pods, pod("box"));
  await using rig = new Rig(api.url);
  const watch = rig.watch(box);
  const seen: string[] = [];
  watch.subscribe(() => seen.push(brief(watch)));
  await becomes(watch, "box");
  await until(() => api.watchers === 1, "a watch");
  api.say(at.pods, { type: "ERROR", object: { kind: "Status", code: 410, message: "too old" } });
  await until(() => api.requests.filter((one) => one.includes("limit=")).length === 2, "a second list");
  await until(
    () => api.requests.filter((one) => one.includes("watch=1")).length === 2 && api.watchers === 1,
    "a watch after it",
  );
  api.oldest = 1_000;
  api.version = 2_000;
  api.drop("cut");
  await until(() => api.requests.filter((one) => one.includes("limit=")).length === 3, "a third list");
  api.remove(at.pods, "box");
  await becomes(watch, "missing not-found");
  assert.deepEqual(seen, ["box", "missing not-found"]);
});

Deno.test("bookmarks move the version on", async () => {
  await using api = new FakeApi();
  api.put(at.pods, pod("box"));
  await using rig = new Rig(api.url);
  await becomes(rig.watch(box), "box");
  await until(() => api.watchers === 1, "a watch");
  api.say(at.pods, { type: "BOOKMARK", object: { metadata: { resourceVersion: "777" } } });
  api.drop("end");
  await until(() => api.requests.some((one) => one.includes("resourceVersion=777")), "a watch from the bookmark");
});

Deno.test("forbidden is said, other kinds go on, and a role that is granted later is noticed", async () => {
  await using api = new FakeApi();
  fill(api);
  let allowed = false;
  api.meddle = (_, url) =>
    url.pathname === at.services && !allowed
      ? status(403, 'services is forbidden: User "jane" cannot list resource "services"')
      : undefined;
  await using rig = new Rig(api.url, { speed: 10 });
  const watch = rig.watch(web);
  await becomes(watch, "unknown forbidden");
  assert.match(watch.state.kind === "unknown" ? watch.state.message : "", /User "jane" cannot list/);
  assert.equal(rig.access.status.reachable, true);
  allowed = true;
  await becomes(watch, "web-a");
});

Deno.test("a server that goes away: what was known stays, the status says so, and all is current soon after it is back", async () => {
  const first = new FakeApi();
  fill(first);
  const address = first.port;
  await using rig = new Rig(first.url, { speed: 5 });
  const watch = rig.watch(web);
  await becomes(watch, "web-a");
  await first[Symbol.asyncDispose]();
  await until(() => rig.access.status.reachable === false, "unreachable");
  assert.equal(rig.access.status.reason, "cluster-unreachable");
  assert.match(rig.access.status.message ?? "", /refuses connections/);
  assert.equal(brief(watch), "web-a");
  const late = rig.watch({ kind: "pod", namespace: "jobs", name: "box" });
  await becomes(late, "unknown cluster-unreachable");
  await assert.rejects(
    rig.access.openTunnel({ namespace: "default", name: "x", uid: "y" }, new AbortController().signal),
    (error) => error instanceof AccessError && error.reason === "cluster-unreachable",
  );
  await using second = new FakeApi({ port: address });
  second.version = 5_000;
  second.oldest = 5_000;
  fill(second);
  second.put("/api/v1/namespaces/jobs/pods", pod("box", { namespace: "jobs" }));
  await becomes(late, "box");
  assert.equal(rig.access.status.reachable, true);
  second.put(at.slices, slice("web", []));
  await becomes(watch, "none");
});

Deno.test("a server that accepts and does not answer is an outage, seen and survived", async () => {
  await using api = new FakeApi();
  fill(api);
  await using rig = new Rig(api.url, { speed: 20 });
  const watch = rig.watch(web);
  await becomes(watch, "web-a");
  let resume = () => {};
  const paused = new Promise<void>((resolve) => resume = resolve);
  api.meddle = () => paused.then(() => undefined);
  await until(() => rig.access.status.reachable === false, "unreachable");
  assert.match(rig.access.status.message ?? "", /does not answer/);
  assert.equal(brief(watch), "web-a");
  api.meddle = () => undefined;
  resume();
  await until(() => rig.access.status.reachable === true, "reachable");
  api.put(at.slices, slice("web", []));
  await becomes(watch, "none");
});

Deno.test("a token that is refused is read anew, once in place and then with the whole kubeconfig", async () => {
  await using api = new FakeApi();
  api.put(at.pods, pod("box"));
  let valid = "one";
  api.meddle = (request) =>
    request.headers.get("authorization") === `Bearer ${valid}` ? undefined : status(401, "Unauthorized");
  await using directory = new TempDirectory();
  const tokenFile = await directory.write("token", "one\n");
  await using rig = new Rig(api.url, { speed: 10, text: kubeconfigText(api.url, { user: { tokenFile } }) });
  const watch = rig.watch(box);
  await becomes(watch, "box");
  valid = "two";
  await directory.write("token", "two\n");
  api.drop("end");
  api.put(at.pods, pod("box", { ready: false }));
  await becomes(watch, "none");
  assert.equal(rig.access.status.reachable, true);
  valid = "three";
  api.drop("end");
  await until(() => rig.access.status.reason === "unauthorized", "unauthorized");
  assert.equal(rig.access.status.reachable, false);
  assert.equal(brief(watch), "none");
  await Deno.writeTextFile(rig.kubeconfig, kubeconfigText(api.url, { user: { token: "three" } }));
  rig.access.refresh();
  await until(() => rig.access.status.reachable === true, "reachable");
  api.put(at.pods, pod("box"));
  await becomes(watch, "box");
  assert.ok(!rig.log.lines.some((line) => /Bearer|three/.test(line)), "no token in the log");
});

Deno.test("a kubeconfig that is missing is named, and read as soon as it is there", async () => {
  await using api = new FakeApi();
  api.put(at.pods, pod("box"));
  await using rig = new Rig(api.url, { text: null, speed: 5 });
  const watch = rig.watch(box);
  await becomes(watch, "unknown kubeconfig-invalid");
  assert.equal(rig.access.status.message, `kubeconfig file not found for cluster 'staging': ${rig.kubeconfig}`);
  await Deno.writeTextFile(rig.kubeconfig, kubeconfigText(api.url));
  await becomes(watch, "box");
});

Deno.test("refresh dials anew at once", async () => {
  await using api = new FakeApi();
  api.put(at.pods, pod("box"));
  await using rig = new Rig(api.url);
  const watch = rig.watch(box);
  await becomes(watch, "box");
  await until(() => api.watchers === 1, "a watch");
  const watches = () => api.requests.filter((one) => one.includes("watch=1")).length;
  const before = watches();
  rig.access.refresh();
  await until(() => watches() === before + 1, "a new watch");
  api.put(at.pods, pod("box", { ready: false }));
  await becomes(watch, "none");
});

Deno.test("watches are shared, kept a while after their last user, and then let go", async () => {
  await using api = new FakeApi();
  api.put(at.pods, pod("box"));
  await using rig = new Rig(api.url, { speed: 20 });
  const watch = rig.watch(box);
  await becomes(watch, "box");
  watch.close();
  const again = rig.watch(box);
  assert.equal(brief(again), "box", "known at once");
  again.close();
  await until(() => api.watchers === 0, "no watch is left");
  const quiet = api.requests.length;
  api.put(at.pods, pod("box", { ready: false }));
  assert.equal(api.requests.length, quiet);
  await becomes(rig.watch(box), "none");
});

Deno.test("openTunnel hands over the transport, and its loss makes the cluster looked at", async () => {
  await using api = new FakeApi();
  await using rig = new Rig(api.url);
  const ref = { namespace: "default", name: "box", uid: "u" };
  const seen: string[] = [];
  rig.openTunnel = (transport, { name }) => {
    seen.push(`${transport.server.origin} ${name}`);
    return Promise.reject(new AccessError("not-found", "pods box not found"));
  };
  await assert.rejects(rig.access.openTunnel(ref, new AbortController().signal), /pods box not found/);
  assert.deepEqual(seen, [`${api.url} box`]);
  const stuck = new AbortController();
  rig.openTunnel = (_, __, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const opening = rig.access.openTunnel(ref, stuck.signal);
  stuck.abort(new Error("not needed any more"));
  await assert.rejects(opening, /not needed any more/);
});

Deno.test("close ends everything under way, and answers who waits", async () => {
  await using api = new FakeApi();
  let answer = () => {};
  const never = new Promise<undefined>((resolve) => answer = () => resolve(undefined));
  api.meddle = () => never;
  const rig = new Rig(api.url);
  rig.watch(web);
  const opening = rig.access.openTunnel({ namespace: "default", name: "x", uid: "y" }, new AbortController().signal);
  const refused = assert.rejects(opening, AccessError);
  await until(() => api.requests.length > 0, "a request");
  await rig[Symbol.asyncDispose]();
  await refused;
  answer();
});
