import assert from "node:assert/strict";
import { loadTransport } from "../../src/kube/load_transport.ts";
import type { Transport } from "../../src/kube/transport.ts";
import { AccessError } from "../../src/model/cluster_access.ts";
import { kubeconfigText } from "./fake_api.ts";
import { FakeClock } from "../fakes/clock.ts";
import { TempDirectory } from "./world.ts";

const signal = new AbortController().signal;

interface Options {
  readonly context?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly home?: string;
  readonly clock?: FakeClock;
}

function load(
  kubeconfig: string | undefined,
  { context, env = {}, home, clock = new FakeClock() }: Options = {},
): Promise<Transport> {
  const choice = {
    cluster: "staging",
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
  return loadTransport(choice, { env: (name) => env[name], home, clock, signal });
}

/** The message of the refusal, which must be about the kubeconfig. */
async function refusal(loading: Promise<unknown>, reason = "kubeconfig-invalid"): Promise<string> {
  try {
    await loading;
  } catch (error) {
    assert.ok(error instanceof AccessError, String(error));
    assert.equal(error.reason, reason);
    return error.message;
  }
  return assert.fail("it was accepted");
}

const contexts = (...names: string[]) => `
apiVersion: v1
kind: Config
clusters: [{ name: one, cluster: { server: "https://one.test:6443" } }]
users: [{ name: me, user: { token: "s3cret" } }]
contexts: [${names.map((name) => `{ name: ${name}, context: { cluster: one, user: me } }`).join(", ")}]
`;

Deno.test("kubeconfig: where it is looked for", async () => {
  await using directory = new TempDirectory();
  const { path } = directory;
  const first = await directory.write("first", kubeconfigText("https://first.test"));
  const second = await directory.write("second", kubeconfigText("https://second.test"));
  await Deno.mkdir(`${path}/.kube`);
  await directory.write(".kube/config", kubeconfigText("https://home.test"));
  const server = async (...all: Parameters<typeof load>) => (await load(...all)).server.hostname;
  assert.equal(await server(first), "first.test");
  assert.equal(await server("~/second", { home: path }), "second.test");
  assert.equal(await server(undefined, { home: path }), "home.test");
  assert.equal(await server(undefined, { home: path, env: { KUBECONFIG: second } }), "second.test");
  assert.equal(
    await server(undefined, { env: { KUBECONFIG: `${path}/none:${first}:${second}` } }),
    "first.test",
    "the first wins",
  );
  assert.equal(await refusal(load(`${path}/none`)), `kubeconfig file not found for cluster 'staging': ${path}/none`);
  assert.equal(
    await refusal(load(undefined, { env: { KUBECONFIG: `${path}/a:${path}/b` } })),
    `kubeconfig file not found for cluster 'staging': ${path}/a, ${path}/b`,
  );
  assert.match(await refusal(load(undefined)), /no kubeconfig for cluster 'staging'/);
  assert.match(await refusal(load(path)), /cannot be read: it is a directory/);
});

Deno.test("kubeconfig: files of a list complete each other", async () => {
  await using directory = new TempDirectory();
  const a = await directory.write(
    "a",
    `contexts: [{name: x, context: {cluster: far, user: me}}]\ncurrent-context: x\n`,
  );
  const b = await directory.write(
    "b",
    `clusters: [{name: far, cluster: {server: "https://far.test"}}]\nusers: [{name: me, user: {token: t}}]\ncurrent-context: y\n`,
  );
  const transport = await load(undefined, { env: { KUBECONFIG: `${a}:${b}` } });
  assert.equal(transport.server.href, "https://far.test/");
  assert.deepEqual(await transport.headers(signal), { authorization: "Bearer t" });
});

Deno.test("kubeconfig: given as text, read from no file", async () => {
  const given = (text: string, context?: string) =>
    loadTransport({ cluster: "staging", given: text, ...(context === undefined ? {} : { context }) }, {
      env: () => "/nowhere",
      home: undefined,
      clock: new FakeClock(),
      signal,
    });
  assert.equal((await given(kubeconfigText("https://0.0.0.0:6550"))).server.href, "https://127.0.0.1:6550/");
  assert.equal(
    await refusal(given(contexts("dev"), "dve")),
    "the kubeconfig of cluster 'staging' has no context 'dve'. Did you mean 'dev'? It has 'dev'",
  );
  assert.equal(
    await refusal(given('users: [ { token: "s3cret"')),
    "the kubeconfig of cluster 'staging' is broken YAML at line 1, column 27",
  );
});

Deno.test("kubeconfig: contexts", async () => {
  await using directory = new TempDirectory();
  const path = await directory.write("config", contexts("staging", "prod"));
  assert.equal((await load(path, { context: "prod" })).server.port, "6443");
  assert.equal(
    await refusal(load(path, { context: "stagin" })),
    `${path} has no context 'stagin'. Did you mean 'staging'? It has 'staging', 'prod'`,
  );
  assert.match(await refusal(load(path)), /has no current context: name one with 'context' \('staging', 'prod'\)/);
  const many = await directory.write("many", contexts(...Array.from({ length: 12 }, (_, index) => `c${index}`)));
  assert.match(
    await refusal(load(many, { context: "zzzzzz" })),
    /has no context 'zzzzzz'\. It has 'c0', .* and 2 more$/,
  );
  const dangling = await directory.write(
    "dangling",
    "contexts: [{name: x, context: {cluster: no, user: me}}]\ncurrent-context: x",
  );
  assert.match(await refusal(load(dangling)), /names a cluster that is not there: 'no'/);
});

Deno.test("kubeconfig: broken files are named by place, never by content", async () => {
  await using directory = new TempDirectory();
  const cases: readonly (readonly [string, RegExp])[] = [
    ["clusters:\n  - s3cret: [\n", /is broken YAML at line \d+, column \d+$/],
    ["", /is empty$/],
    ["just text s3cret", /is not a kubeconfig$/],
    ["a: *s3cret", /is broken YAML/],
    ["a: 1\n---\nb: 2\n", /is broken YAML/],
  ];
  for (const [text, expected] of cases) {
    const message = await refusal(load(await directory.write("config", text)));
    assert.match(message, expected);
    assert.doesNotMatch(message, /s3cret/);
  }
});

Deno.test("kubeconfig: the server's address", async () => {
  await using directory = new TempDirectory();
  const href = async (server: string) =>
    (await load(await directory.write("config", kubeconfigText(server)))).server.href;
  assert.equal(await href("https://0.0.0.0:6443"), "https://127.0.0.1:6443/");
  assert.equal(await href("https://rancher.test/k8s/clusters/c-1"), "https://rancher.test/k8s/clusters/c-1");
  assert.equal(await href("localhost:8080"), "http://localhost:8080/");
  assert.match(await refusal(href("https://")), /is not an address/);
  assert.match(await refusal(href("ftp://x.test")), /must begin with https/);
});

Deno.test("kubeconfig: in a container, an address that leads nowhere is replaced by the one inside", async () => {
  const dialled: string[] = [];
  const at = (server: string, names: { context?: string; open?: readonly string[]; inside?: boolean } = {}) => {
    const { context = "k3d-dev", open = [], inside = true } = names;
    dialled.length = 0;
    const given = kubeconfigText(server).replaceAll('"main"', JSON.stringify(context));
    return loadTransport({ cluster: "staging", given }, {
      env: () => undefined,
      home: undefined,
      clock: new FakeClock(),
      signal,
      inContainer: () => Promise.resolve(inside),
      accepts: ({ host, port }) => {
        dialled.push(`${host}:${port}`);
        return Promise.resolve(open.includes(`${host}:${port}`));
      },
    });
  };
  const first = await at("https://0.0.0.0:6550", { open: ["k3d-dev-serverlb:6443", "host.docker.internal:6550"] });
  assert.equal(first.server.href, "https://k3d-dev-serverlb:6443/");
  assert.equal(
    first.note,
    "using k3d-dev-serverlb:6443: 0.0.0.0:6550 of the kubeconfig is this container itself, and nothing answers there",
  );
  assert.deepEqual(dialled, ["127.0.0.1:6550", "k3d-dev-serverlb:6443"]);

  const last = await at("http://localhost:6550/base", { context: "kind-dev", open: ["host.docker.internal:6550"] });
  assert.equal(last.server.href, "http://host.docker.internal:6550/base");
  assert.equal(dialled.length, 4);

  const written = await at("https://127.0.0.1:6550", { open: ["127.0.0.1:6550", "k3d-dev-serverlb:6443"] });
  assert.equal(written.server.href, "https://127.0.0.1:6550/");
  assert.equal(written.note, undefined);
  assert.deepEqual(dialled, ["127.0.0.1:6550"], "what answers is not doubted");

  assert.equal((await at("https://10.0.0.7:6443")).server.hostname, "10.0.0.7");
  assert.deepEqual(dialled, [], "another machine's address is what it says");
  assert.equal((await at("https://0.0.0.0:6550", { inside: false })).server.href, "https://127.0.0.1:6550/");
  assert.deepEqual(dialled, [], "outside containers nothing is dialled");

  assert.equal(
    await refusal(at("https://127.0.0.1:6550"), "cluster-unreachable"),
    "127.0.0.1:6550 of the kubeconfig is this container itself, and nothing answers there, nor at " +
      "k3d-dev-serverlb:6443, k3d-dev-server-0:6443, host.docker.internal:6550: " +
      "does the cluster run, and is this container on its network (docker network connect k3d-dev CONTAINER)?",
  );
});

Deno.test("kubeconfig: what cannot be honoured is refused", async () => {
  await using directory = new TempDirectory();
  const refused = async (cluster: Record<string, unknown>, user: Record<string, unknown> = {}) =>
    await refusal(load(await directory.write("config", kubeconfigText("https://x.test", { cluster, user }))));
  assert.match(
    await refused({ "proxy-url": "socks5://proxy:1080" }),
    /the kubeconfig's proxy-url is a socks5 proxy, which is not supported/,
  );
  assert.match(
    await refused({ "insecure-skip-tls-verify": true, "certificate-authority-data": btoa("ca") }),
    /has insecure-skip-tls-verify and a certificate authority/,
  );
  assert.match(await refused({}, { as: "jane", "as-groups": ["a", "b"] }), /several groups/);
  assert.match(await refused({}, { "client-key-data": btoa("k") }), /client key without its certificate/);
  assert.match(await refused({ "certificate-authority-data": "%%" }), /is not base64/);
  assert.match(
    await refused({ "certificate-authority": "gone.pem" }),
    /certificate-authority .*gone\.pem cannot be read: it does not exist/,
  );
});

Deno.test("credentials: certificates from data and from files beside the kubeconfig", async () => {
  await using directory = new TempDirectory();
  await directory.write("ca.pem", "CA");
  await directory.write("key.pem", "KEY");
  const path = await directory.write(
    "config",
    kubeconfigText("https://x.test", {
      cluster: { "certificate-authority": "ca.pem" },
      user: { "client-certificate-data": btoa("CERT"), "client-certificate": "unused.pem", "client-key": "./key.pem" },
    }),
  );
  const { caCerts, cert, key } = await load(path);
  assert.deepEqual({ caCerts, cert, key }, { caCerts: ["CA"], cert: "CERT", key: "KEY" });
});

Deno.test("credentials: basic, and impersonation", async () => {
  await using directory = new TempDirectory();
  const user = {
    username: "jané",
    password: "pä:ss",
    as: "boss",
    "as-uid": "7",
    "as-groups": ["dev"],
    "as-user-extra": { Scope: ["x"] },
  };
  const transport = await load(await directory.write("config", kubeconfigText("https://x.test", { user })));
  assert.deepEqual(await transport.headers(signal), {
    authorization: "Basic amFuw6k6cMOkOnNz",
    "impersonate-user": "boss",
    "impersonate-uid": "7",
    "impersonate-group": "dev",
    "impersonate-extra-scope": "x",
  });
});

Deno.test("credentials: a token file is read again after a minute, and at once after a refusal", async () => {
  await using directory = new TempDirectory();
  const clock = new FakeClock();
  await directory.write("token", "one\n");
  const path = await directory.write(
    "config",
    kubeconfigText("https://x.test", { user: { tokenFile: "token", token: "shadowed" } }),
  );
  const transport = await load(path, { clock });
  const token = async () => (await transport.headers(signal))["authorization"];
  assert.equal(await token(), "Bearer one");
  await directory.write("token", "two\n");
  assert.equal(await token(), "Bearer one");
  await clock.advance(60_000);
  assert.equal(await token(), "Bearer two");
  await directory.write("token", "three\n");
  transport.expire();
  assert.equal(await token(), "Bearer three");
  await directory.write("token", "");
  transport.expire();
  assert.match(await refusal(transport.headers(signal)), /tokenFile .* is empty/);
});

/** A kubeconfig whose plugin is this shell script; it may count its runs in `runs`. */
async function withPlugin(
  directory: TempDirectory,
  script: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  await directory.write("plugin", `#!/bin/sh\necho run >> "$(dirname "$0")/runs"\n${script}\n`, 0o755);
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./plugin", ...more };
  return await directory.write("config", kubeconfigText("https://x.test", { user: { exec } }));
}

async function runs(directory: TempDirectory): Promise<number> {
  return (await Deno.readTextFile(`${directory.path}/runs`)).split("\n").length - 1;
}

Deno.test("exec plugin: run once for many, again near its expiry and after a refusal; told what it is for", async () => {
  await using directory = new TempDirectory();
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  const path = await withPlugin(
    directory,
    `case "$KUBERNETES_EXEC_INFO" in *'"server":"https://x.test"'*) ;; *) exit 3;; esac
echo '{"status":{"token":"'"$PREFIX-$1"'","expirationTimestamp":"2026-01-01T01:00:00Z"}}'`,
    { args: ["arg"], env: [{ name: "PREFIX", value: "tok" }], provideClusterInfo: true },
  );
  const transport = await load(path, { clock });
  const all = await Promise.all(Array.from({ length: 5 }, () => transport.headers(signal)));
  assert.deepEqual(all[4], { authorization: "Bearer tok-arg" });
  assert.equal(await runs(directory), 1);
  await clock.advance(59 * 60_000 + 45_000);
  await transport.headers(signal);
  assert.equal(await runs(directory), 1);
  await clock.advance(10_000);
  await transport.headers(signal);
  assert.equal(await runs(directory), 2);
  transport.expire();
  await transport.headers(signal);
  assert.equal(await runs(directory), 3);
});

Deno.test("exec plugin: a client certificate", async () => {
  await using directory = new TempDirectory();
  const path = await withPlugin(directory, `echo '{"status":{"clientCertificateData":"CERT","clientKeyData":"KEY"}}'`);
  const transport = await load(path);
  assert.deepEqual([transport.cert, transport.key, await transport.headers(signal)], ["CERT", "KEY", {}]);
});

Deno.test("exec plugin: failures say what it complained of, and never what it printed", async () => {
  await using directory = new TempDirectory();
  const fails = async (script: string, more: Readonly<Record<string, unknown>> = {}) =>
    await refusal(
      (async () => await (await load(await withPlugin(directory, script, more))).headers(signal))(),
      "unauthorized",
    );
  assert.match(
    await fails("echo s3cret; echo 'sso session has expired' >&2; exit 4"),
    /plugin' failed with code 4: sso session has expired$/,
  );
  const garbage = await fails("echo 's3cret {'");
  assert.match(garbage, /printed something that is not JSON$/);
  assert.match(await fails("echo '{}'"), /printed no token and no client certificate$/);
  assert.match(
    await fails("", { command: "no-such-plugin-here", installHint: "Install it" }),
    /is not installed\. Install it$/,
  );
  const invalid = async (more: Readonly<Record<string, unknown>>) =>
    await refusal(load(await withPlugin(directory, "", more)));
  assert.match(await invalid({ interactiveMode: "Always" }), /wants a terminal/);
  assert.match(await invalid({ apiVersion: "client.authentication.k8s.io/v1alpha1" }), /only v1 and v1beta1/);
  assert.match(await invalid({ command: "" }), /names no command/);
});

Deno.test("exec plugin: a caller that gives up does not end the run for the others", async () => {
  await using directory = new TempDirectory();
  const path = await withPlugin(
    directory,
    `while [ ! -e "$(dirname "$0")/go" ]; do sleep 0.02; done; echo '{"status":{"token":"late"}}'`,
  );
  await using waiting = { [Symbol.asyncDispose]: async () => void await directory.write("go", "") };
  const ready = await directory.write("go", "");
  const transport = await load(path);
  await Deno.remove(ready);
  transport.expire();
  const abort = new AbortController();
  const impatient = transport.headers(abort.signal);
  const patient = transport.headers(signal);
  abort.abort(new Error("enough"));
  await assert.rejects(impatient, /enough/);
  await waiting[Symbol.asyncDispose]();
  assert.deepEqual(await patient, { authorization: "Bearer late" });
  assert.equal(await runs(directory), 2);
});

Deno.test({
  name: "auth-provider: an OIDC token comes from the Kubernetes client",
  // Its modules open what they keep for the process.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    await using directory = new TempDirectory();
    const part = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, "");
    const token = `${part({ alg: "none" })}.${part({ exp: 4_000_000_000 })}.sig`;
    const user = {
      "auth-provider": {
        name: "oidc",
        config: { "id-token": token, "client-id": "x", "idp-issuer-url": "https://idp.test" },
      },
    };
    const transport = await load(await directory.write("config", kubeconfigText("https://x.test", { user })));
    assert.deepEqual(await transport.headers(signal), { authorization: `Bearer ${token}` });
  },
});
