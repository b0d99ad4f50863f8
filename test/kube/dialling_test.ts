/** Proxies, other TLS names and unchecked certificates: requests, watches and tunnels to a sandbox, as a kubeconfig or the environment says. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { connectCluster } from "../../src/kube/cluster_access.ts";
import { isProxied, proxyFor } from "../../src/kube/proxy_choice.ts";
import type { ClusterAccess, TargetWatch } from "../../src/model/cluster_access.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import { port } from "../../src/model/port.ts";
import { deployment } from "../../src/sandbox/scenario.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { ConnectProxy } from "./proxy.ts";
import { TempDirectory } from "./world.ts";
import { until } from "../fakes/until.ts";

const clock = systemClock();
const NEVER = new AbortController().signal;
/** A name that nothing but the proxy knows. */
const ELSEWHERE = "https://kube.berth.test:6443";

interface Written {
  readonly server?: string;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly ca?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** A sandbox, and a cluster that is reached by a kubeconfig that leads there in an unusual way. */
class World implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly proxy: ConnectProxy;
  readonly #directory = new TempDirectory();
  readonly #opened: ClusterAccess[] = [];

  private constructor(sandbox: Sandbox, proxy: ConnectProxy) {
    this.sandbox = sandbox;
    this.proxy = proxy;
  }

  static async make(): Promise<World> {
    const scenario = {
      manifests: [deployment({ name: "api", ports: [{ port: 8080, name: "http", behaviour: "json" }] })],
    };
    const sandbox = await startSandbox({ clock, random: Math.random, log: NO_LOG, scenario });
    return new World(sandbox, await ConnectProxy.open(Number(sandbox.server.port)));
  }

  async cluster(
    { server = this.sandbox.server.origin, more = {}, ca = true, env = {} }: Written,
  ): Promise<ClusterAccess> {
    const text = this.sandbox.kubeconfig;
    const trust = /"certificate-authority-data":"([^"]+)"/.exec(text)?.[1];
    const cluster = JSON.stringify({ server, ...(ca ? { "certificate-authority-data": trust } : {}), ...more });
    const kubeconfig = await this.#directory.write(
      `config-${this.#opened.length}`,
      text.replace(/cluster: \{"server".*\}\}$/m, `cluster: ${cluster}}`),
    );
    const access = connectCluster({
      name: "play",
      access: { kind: "kubeconfig", kubeconfig },
      where: { file: "forwards.yaml", line: 1, column: 1, length: 1 },
    }, { clock, random: Math.random, log: NO_LOG, env: (name) => env[name], home: undefined });
    this.#opened.push(access);
    return access;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((access) => access.close()));
    await this.proxy[Symbol.asyncDispose]();
    await this.sandbox.close();
    await this.#directory[Symbol.asyncDispose]();
  }
}

function ready({ state }: TargetWatch): number {
  return state.kind === "known" ? state.backends.length : -1;
}

/** Lists, follows a change by a watch, and asks a pod through a tunnel. */
async function works(access: ClusterAccess, { control }: Sandbox): Promise<void> {
  const target = { kind: "deployment", namespace: "default", name: "api" } as const;
  const watch = access.watch(target, port(8080));
  const words = () => JSON.stringify([watch.state, access.status]);
  await until(() => ready(watch) === 1, words);
  await control.scale({ name: "api" }, 2);
  await until(() => ready(watch) === 2, words);
  await control.scale({ name: "api" }, 1);
  await until(() => ready(watch) === 1, words);
  const backend = watch.state.kind === "known" ? watch.state.backends[0] : undefined;
  assert.ok(backend?.kind === "pod");
  const tunnel = await access.openTunnel(backend.pod, NEVER);
  const stream = await tunnel.open(port(8080), NEVER);
  await stream.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  let text = "";
  while (!text.includes("}")) {
    const bytes = await stream.read();
    assert.ok(bytes !== null, `ended after ${text}`);
    text += new TextDecoder().decode(bytes);
  }
  assert.match(text, /"pod":"api-/);
  stream.reset();
  tunnel.close();
  await tunnel.closed;
  watch.close();
}

/** What the cluster's status says once it is known not to work. */
async function complaint(access: ClusterAccess): Promise<string> {
  const watch = access.watch({ kind: "deployment", namespace: "default", name: "api" }, port(8080));
  await until(() => access.status.reachable === false, () => JSON.stringify(access.status));
  watch.close();
  return `${access.status.reason}: ${access.status.message}`;
}

Deno.test("proxy-url: requests, watches and tunnels go through it, with its credentials", async () => {
  await using world = await World.make();
  const { proxy, sandbox } = world;
  const access = await world.cluster({
    server: ELSEWHERE,
    more: { "proxy-url": `http://me:p%40ss@127.0.0.1:${proxy.port}`, "tls-server-name": "localhost" },
  });
  await works(access, sandbox);
  assert.ok(proxy.asked.length >= 3, `${proxy.asked.length} connections`);
  assert.deepEqual(new Set(proxy.asked.map(({ to }) => to)), new Set(["kube.berth.test:6443"]));
  assert.deepEqual(new Set(proxy.asked.map(({ credentials }) => credentials)), new Set([btoa("me:p@ss")]));
});

Deno.test("HTTPS_PROXY is followed, but not to this machine itself", async () => {
  await using world = await World.make();
  const { proxy, sandbox } = world;
  const env = { HTTPS_PROXY: `127.0.0.1:${proxy.port}` };
  await works(await world.cluster({ env }), sandbox);
  assert.equal(proxy.asked.length, 0);
  await works(await world.cluster({ env, server: ELSEWHERE, more: { "tls-server-name": "localhost" } }), sandbox);
  assert.ok(proxy.asked.length >= 3);
});

Deno.test("a proxy that refuses, and one that is not there, are told", async () => {
  await using world = await World.make();
  const { proxy } = world;
  const through = (address: string) => world.cluster({ server: ELSEWHERE, more: { "proxy-url": address } });
  proxy.answer = "403 Forbidden";
  assert.equal(
    await complaint(await through(`http://127.0.0.1:${proxy.port}`)),
    `cluster-unreachable: the proxy 127.0.0.1:${proxy.port} does not connect to kube.berth.test:6443: 403 Forbidden`,
  );
  proxy.answer = "407 Proxy Authentication Required";
  assert.match(await complaint(await through(`http://127.0.0.1:${proxy.port}`)), /wants credentials/);
  const said = await complaint(await through("http://s3cret:s3cret@127.0.0.1:1"));
  assert.match(said, /the proxy is not there: 127\.0\.0\.1:1 refuses connections/);
  assert.doesNotMatch(said, /s3cret/);
});

Deno.test("tls-server-name: the certificate must be valid for that name", async () => {
  await using world = await World.make();
  await works(await world.cluster({ more: { "tls-server-name": "localhost" } }), world.sandbox);
  const wrong = await world.cluster({ more: { "tls-server-name": "other.test" } });
  assert.match(await complaint(wrong), /certificate of .* is not valid for the name "other\.test"/);
});

Deno.test("insecure-skip-tls-verify: any certificate will do, and the cluster's status warns of it", async () => {
  await using world = await World.make();
  const untrusted = await world.cluster({ ca: false });
  assert.match(await complaint(untrusted), /certificate/);
  const access = await world.cluster({ ca: false, more: { "insecure-skip-tls-verify": true } });
  await works(access, world.sandbox);
  assert.match(access.status.message ?? "", /certificate is not checked \(insecure-skip-tls-verify\)/);
});

for (
  const [server, noProxy, proxied] of [
    ["https://kube.test:6443", "", true],
    ["https://kube.test:6443", "*", false],
    ["https://kube.test:6443", "kube.test", false],
    ["https://kube.test:6443", "KUBE.test:6443", false],
    ["https://kube.test:6443", "kube.test:443", true],
    ["https://kube.test", "kube.test:443", false],
    ["https://kube.test", "test", false],
    ["https://kube.test", ".kube.test", true],
    ["https://a.kube.test", ".kube.test", false],
    ["https://a.kube.test", "*.kube.test", false],
    ["https://akube.test", "kube.test", true],
    ["https://10.1.2.3:6443", "10.0.0.0/8", false],
    ["https://10.1.2.3:6443", "10.1.2.3", false],
    ["https://10.1.2.3:6443", "10.1.2.3:6443", false],
    ["https://10.1.2.3:6443", "10.1.2.3:443", true],
    ["https://11.1.2.3:6443", "other, 10.0.0.0/8", true],
    ["https://11.1.2.3:6443", "other , 11.1.0.0/16", false],
    ["https://[fd00::5]:6443", "fd00::/8", false],
    ["https://[fd00::5]:6443", "fd00:0:0::5", false],
    ["https://[fd00::5]:6443", "[fd00::5]:6443", false],
    ["https://[fd00::5]:6443", "fe00::/8", true],
    ["https://127.0.0.9:6443", "", false],
    ["https://[::1]:6443", "", false],
    ["https://localhost:6443", "", false],
  ] as const
) {
  Deno.test(`NO_PROXY='${noProxy}': ${server} is ${proxied ? "proxied" : "reached directly"}`, () => {
    assert.equal(isProxied(new URL(server), noProxy), proxied);
  });
}

Deno.test("which proxy: the kubeconfig's before the environment's, capitals before small letters, by the server's scheme", () => {
  const of = (server: string, vars: Record<string, string>, proxyUrl: string | null = null) =>
    proxyFor(new URL(server), { proxyUrl, env: (name) => vars[name] })?.href ?? null;
  const vars = { HTTPS_PROXY: "http://big:1", https_proxy: "http://small:1", HTTP_PROXY: "plain:80" };
  assert.equal(of("https://kube.test", vars), "http://big:1/");
  assert.equal(of("https://kube.test", { https_proxy: "http://small:1" }), "http://small:1/");
  assert.equal(of("http://kube.test", vars), "http://plain/");
  assert.equal(of("https://kube.test", {}), null);
  assert.equal(of("https://kube.test", { ...vars, no_proxy: "kube.test" }), null);
  assert.equal(of("https://127.0.0.1", { ...vars, NO_PROXY: "*" }, "https://own:8443"), "https://own:8443/");
  assert.throws(() => of("https://kube.test", {}, "socks5://me:s3cret@own:1080"), /is a socks5 proxy.*not supported/);
});
