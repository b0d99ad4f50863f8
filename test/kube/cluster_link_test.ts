import assert from "node:assert/strict";
import { ClusterLink } from "../../src/kube/cluster_link.ts";
import { FakeApi } from "./fake_api.ts";
import { clockAt, KeptLog } from "./world.ts";
import { until } from "../fakes/until.ts";

Deno.test("a server that was found at another address than the written one: status says so, and it is looked for anew when it fails", async () => {
  await using api = new FakeApi();
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = gone.addr;
  gone.close();
  let server = `http://127.0.0.1:${port}`;
  const link = new ClusterLink({
    cluster: "staging",
    load: () =>
      Promise.resolve({
        server: new URL(server),
        note: "using another",
        headers: () => Promise.resolve({}),
        expire: () => {},
      }),
    clock: clockAt(20),
    random: () => 0.5,
    log: new KeptLog(),
  });
  const release = link.hold();
  try {
    await until(() => link.state.reachable === false, "the loss");
    assert.equal(
      link.state.message,
      `127.0.0.1:${port} refuses connections: the API server does not run there (using another)`,
    );
    server = api.url;
    await until(() => link.state.reachable === true, "the other address");
    assert.equal(link.state.message, "using another");
  } finally {
    release();
    link.close();
  }
});
