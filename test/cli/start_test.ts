import assert from "node:assert/strict";
import { port } from "../../src/model/port.ts";
import { FakeClient, FakeDaemon } from "../fakes/daemon.ts";
import { cli, FILE } from "./fake_services.ts";

// The YAML library looks at these.
const permissions = { env: ["LOG_TOKENS", "LOG_STREAM"] };
const LOCAL = FILE.replace(".yaml", ".local.yaml");

/** What `start service default/shop` says and writes, where the Service has these ports and the local file holds `text`. */
async function started(
  ports: readonly number[],
  { text, args = [] }: { readonly text?: string; readonly args?: readonly string[] } = {},
): Promise<{ readonly code: number; readonly err: string; readonly wrote: string; readonly asked: readonly string[] }> {
  const daemon = new FakeDaemon();
  daemon.ports = ports.map(port);
  const { code, err, services } = await cli(["start", "service", "default/shop", ...args], (services) => {
    const client = new FakeClient(daemon);
    // Nobody waits for the forward here: the other process is said to have ended.
    client.end();
    services.running = client;
    services.file = { ...services.file, sources: new Map([...services.file.sources, [LOCAL, text ?? null]]) };
  });
  return { code, err, wrote: services.written.get(LOCAL) ?? "", asked: daemon.asked };
}

Deno.test({ name: "start service: without a port the only one of the Service is taken", permissions }, async () => {
  const { wrote, asked } = await started([9090]);
  assert.match(wrote, /shop: \{ service: default\/shop, port: 9090 \}/);
  assert.deepEqual(asked, ["ports of default/shop in dev"]);
});

Deno.test(
  { name: "start service: 80 where nothing is known, or where it is one of several", permissions },
  async () => {
    for (const ports of [[], [80, 443]]) assert.match((await started(ports)).wrote, /port: 80 \}/);
  },
);

Deno.test({
  name: "start service: of several ports the person chooses one, and nothing is written before",
  permissions,
}, async () => {
  const { code, err, wrote } = await started([8080, 9090]);
  assert.deepEqual([code, wrote], [64, ""]);
  assert.equal(err, "error: Which port of service default/shop?\n  Choose one with --target-port: 8080, 9090\n");
  const { wrote: chosen, asked } = await started([8080, 9090], { args: ["--target-port", "9090"] });
  assert.match(chosen, /port: 9090/);
  assert.deepEqual(asked, [], "what is given is not looked up");
});

Deno.test(
  { name: "start service: the port that it was started with stays, whatever is known now", permissions },
  async () => {
    const { err, asked } = await started([], { text: "forwards:\n  shop: { service: default/shop, port: 9090 }\n" });
    assert.match(err, /^shop is in .* already\./);
    assert.deepEqual(asked, []);
  },
);
