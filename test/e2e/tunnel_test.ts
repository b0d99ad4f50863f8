/** Tunnels through a real API server, kubelet and container runtime: both carriers, against the box workload. */
import assert from "node:assert/strict";
import type { Tunnel } from "../../src/model/cluster_access.ts";
import { port } from "../../src/model/port.ts";
import { type Duplex, StreamError, type StreamFailure } from "../../src/model/stream.ts";
import { systemClock } from "../../src/host/clock.ts";
import type { CarrierKind } from "../../src/kube/carrier.ts";
import { loadTransport } from "../../src/kube/load_transport.ts";
import { connectTunnel } from "../../src/kube/tunnel.ts";
import { context, here, kubeconfig, kubectl as onCluster } from "./harness.ts";

const POD = { namespace: "default", name: "tunnel-box", uid: "" };
const CARRIERS: readonly CarrierKind[] = ["spdy", "websocket"];
const NEVER = new AbortController().signal;
const clock = systemClock();
const encoder = new TextEncoder();

async function kubectl(...args: readonly string[]): Promise<void> {
  await onCluster(["-n", POD.namespace, ...args]);
}

async function withPod(test: () => Promise<void>): Promise<void> {
  await kubectl("run", POD.name, "--image", "rig.local/box:1", "--image-pull-policy", "Never", "--", "serve");
  try {
    await kubectl("wait", "--for=condition=Ready", `pod/${POD.name}`, "--timeout=60s");
    await test();
  } finally {
    await kubectl("delete", "pod", POD.name, "--now", "--wait=true");
  }
}

async function open(carrier: CarrierKind): Promise<Tunnel> {
  const transport = await loadTransport(
    { cluster: "e2e", kubeconfig, ...(context === "" ? {} : { context }) },
    { clock, signal: NEVER, env: () => undefined, home: undefined },
  );
  return await connectTunnel(transport, POD, { carrier, signal: NEVER, clock });
}

async function readText(stream: Duplex): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  for (let bytes = await stream.read(); bytes !== null; bytes = await stream.read()) {
    all += decoder.decode(bytes, { stream: true });
  }
  return all;
}

async function get(tunnel: Tunnel, path: string): Promise<string> {
  const stream = await tunnel.open(port(80), NEVER);
  await stream.write(encoder.encode(`GET ${path} HTTP/1.0\r\n\r\n`));
  const answer = await readText(stream);
  stream.close();
  return answer;
}

function is(failure: StreamFailure): (error: unknown) => boolean {
  return (error) => error instanceof StreamError && error.failure === failure;
}

/** 8 MiB through the echo port, compared byte by byte. */
async function echo(tunnel: Tunnel): Promise<void> {
  const size = 8 * 1024 * 1024;
  const sent = new Uint8Array(size).map((_, index) => index * 31 + (index >> 11));
  const stream = await tunnel.open(port(9002), NEVER);
  const writing = (async () => {
    for (let at = 0; at < size; at += 100_000) await stream.write(sent.subarray(at, at + 100_000));
  })();
  try {
    let got = 0;
    while (got < size) {
      const bytes = await stream.read();
      assert.ok(bytes !== null, `ended after ${got} bytes`);
      assert.deepEqual(bytes, sent.subarray(got, got + bytes.length));
      got += bytes.length;
    }
    await writing;
  } finally {
    // A step that fails must not leave its stream to the next one.
    stream.reset();
    await writing.catch(() => {});
  }
}

async function speaksFirst(tunnel: Tunnel): Promise<void> {
  const stream = await tunnel.open(port(9008), NEVER);
  assert.equal(new TextDecoder().decode(await stream.read() ?? undefined), "220 ready\n");
  stream.reset();
}

async function failuresAreTold(tunnel: Tunnel): Promise<void> {
  const refused = await tunnel.open(port(9999), NEVER);
  await assert.rejects(refused.read(), is("refused"));
  const reset = await tunnel.open(port(9003), NEVER);
  await assert.rejects(reset.read(), is("reset"));
}

async function manyAtOnce(tunnel: Tunnel): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 200 }, () => get(tunnel, "/")));
  assert.equal(answers.filter((answer) => answer.startsWith("HTTP/1.0 200")).length, 200);
}

/** What is cut disturbs nothing beside it, and the tunnel takes streams again at once. */
async function cutsDisturbNothing(tunnel: Tunnel): Promise<void> {
  const long = get(tunnel, "/slow?ms=1500");
  for (let round = 0; round < 100; round++) {
    const stream = await tunnel.open(port(round % 2 === 0 ? 9004 : 9002), NEVER);
    await stream.write(encoder.encode("x"));
    stream.reset();
  }
  assert.match(await long, /^HTTP\/1\.0 200/);
  const since = performance.now();
  while (!tunnel.usable) {
    assert.ok(performance.now() - since < 60_000, "the tunnel does not come back");
    await clock.sleep(5, NEVER);
  }
  assert.match(await get(tunnel, "/"), /^HTTP\/1\.0 200/);
  assert.equal(tunnel.streams, 0);
}

async function podsEndIsSeen(tunnel: Tunnel): Promise<void> {
  const stream = await tunnel.open(port(9004), NEVER);
  await stream.write(encoder.encode("x"));
  await kubectl("delete", "pod", POD.name, "--now", "--wait=true");
  await stream.read().then(
    (bytes) => assert.equal(bytes, null),
    (error) => assert.ok(error instanceof StreamError, String(error)),
  );
}

Deno.test({
  name: "tunnel: both carriers through a real API server",
  ignore: !here,
  fn: (t) =>
    withPod(async () => {
      for (const carrier of CARRIERS) {
        const tunnel = await open(carrier);
        const step = (name: string, fn: (tunnel: Tunnel) => Promise<void>) =>
          t.step(`${carrier}: ${name}`, () => fn(tunnel));
        await step("8 MiB come back as they were sent", echo);
        await step("a server may speak first", speaksFirst);
        await step("a refused port and a reset are told", failuresAreTold);
        await step("200 connections at once", manyAtOnce);
        await step("100 cuts beside a long request", cutsDisturbNothing);
        if (carrier === CARRIERS.at(-1)) {
          await step("the pod's end is seen", async (tunnel) => {
            await podsEndIsSeen(tunnel);
            // The clean-up deletes it as well, and must find it.
            await kubectl("run", POD.name, "--image", "rig.local/box:1", "--image-pull-policy", "Never", "--", "serve");
          });
        }
        tunnel.close();
        await tunnel.closed;
      }
    }),
});
