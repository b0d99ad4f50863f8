import assert from "node:assert/strict";
import { acceptsTcp, findServer } from "../../src/kube/find_server.ts";
import { addressesInside, clusterNetwork, isOwnHost } from "../../src/kube/reachable.ts";
import { FakeClock } from "../fakes/clock.ts";

Deno.test("server: which hosts are this machine itself", () => {
  const own = ["localhost", "LOCALHOST", "api.localhost", "127.0.0.1", "127.8.9.1", "0.0.0.0", "[::1]", "::1", "[::]"];
  const others = ["127.0.0.1.example.test", "10.0.0.1", "host.docker.internal", "localhost.example.test", "[fe80::1]"];
  assert.deepEqual(own.filter((host) => !isOwnHost(host)), []);
  assert.deepEqual(others.filter(isOwnHost), []);
});

Deno.test("server: where k3d and kind have it inside", () => {
  const host = "host.docker.internal:6550";
  const cases:
    readonly (readonly [context: string, cluster: string, addresses: readonly string[], network: string | null])[] = [
      ["k3d-dev", "k3d-dev", ["k3d-dev-serverlb:6443", "k3d-dev-server-0:6443", host], "k3d-dev"],
      ["mine", "k3d-kecs-demo", ["k3d-kecs-demo-serverlb:6443", "k3d-kecs-demo-server-0:6443", host], "k3d-kecs-demo"],
      ["kind-dev", "kind-dev", ["dev-control-plane:6443", "dev-external-load-balancer:6443", host], "kind"],
      ["kind-kind", "other", ["kind-control-plane:6443", "kind-external-load-balancer:6443", host], "kind"],
      ["k3d-", "kind-", [host], null],
      ["minikube", "minikube", [host], null],
    ];
  for (const [context, clusterName, addresses, network] of cases) {
    const hints = { context, clusterName, port: 6550 };
    assert.deepEqual(addressesInside(hints).map(({ host, port }) => `${host}:${port}`), addresses, context);
    assert.equal(clusterNetwork(hints), network, context);
  }
});

Deno.test("server: an address that stays silent is passed over, and the search ends with its signal", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const options = {
    context: "k3d-dev",
    clusterName: "k3d-dev",
    inContainer: () => Promise.resolve(true),
    clock,
    signal: stop.signal,
  };
  const never = (signal: AbortSignal) =>
    new Promise<boolean>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  const found = findServer(new URL("https://127.0.0.1:6550"), {
    ...options,
    accepts: ({ host }, signal) => host === "k3d-dev-server-0" ? Promise.resolve(true) : never(signal),
  });
  await clock.advance(4_000);
  assert.equal((await found).server.host, "k3d-dev-server-0:6443");
  assert.equal(clock.pending, 0);

  const searching = findServer(new URL("https://127.0.0.1:6550"), {
    ...options,
    accepts: (_, signal) => never(signal),
  });
  stop.abort(new Error("not wanted any more"));
  await assert.rejects(searching, /not wanted any more/);
  assert.equal(clock.pending, 0);
});

Deno.test("server: what a connection tells", async () => {
  const { signal } = new AbortController();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const accepted = listener.accept();
  assert.equal(await acceptsTcp({ host: "127.0.0.1", port }, signal), true);
  (await accepted).close();
  listener.close();
  assert.equal(await acceptsTcp({ host: "127.0.0.1", port }, signal), false);
});
