/** UDP on the direct route of a real cluster: kube-proxy and the box's UDP echo. */
import assert from "node:assert/strict";
import { UdpClient } from "../forward/udp_client.ts";
import { apply, context, deployment, folder, here, kubeconfig, kubectl, service, until, Up } from "./harness.ts";

const NS = "e2e-udp";

Deno.test(
  { name: "UDP: datagrams up to the largest come back, and a Service without a NodePort says why not", ignore: !here },
  async () => {
    await apply(NS, [
      deployment(NS, "echo", 1),
      service(NS, "echo", {
        type: "NodePort",
        ports: [
          { name: "tcp", port: 53, targetPort: 9002, protocol: "TCP" },
          { name: "udp", port: 53, targetPort: 9007, protocol: "UDP" },
        ],
      }),
      service(NS, "plain", {
        selector: { app: "echo" },
        ports: [{ name: "udp", port: 53, targetPort: 9007, protocol: "UDP" }],
      }),
    ]);
    await kubectl(["-n", NS, "wait", "--for=condition=Ready", "pods", "--all", "--timeout=90s"]);
    const dir = await folder();
    const file = `${dir}/forwards.yaml`;
    const cluster = `{ kubeconfig: ${kubeconfig}, context: ${context} }`;
    const echo = `  echo: { service: ${NS}/echo, port: 53, protocol: udp, local: 24053, bind: 127.0.0.1 }\n`;
    await Deno.writeTextFile(file, `version: 1\nclusters:\n  dev: ${cluster}\nforwards:\n${echo}`);
    await using up = new Up(file);
    const [forward] = (await up.active(60_000)).forwards;
    assert.equal(forward?.route, "direct");
    await using client = new UdpClient(24053);
    await client.echoed(new TextEncoder().encode("hello"));
    await client.echoed(new Uint8Array(65_507).fill(9));

    const plain = `  plain: { service: ${NS}/plain, port: 53, protocol: udp, local: 24054, bind: 127.0.0.1 }\n`;
    await Deno.writeTextFile(file, `version: 1\nclusters:\n  dev: ${cluster}\nforwards:\n${echo}${plain}`);
    const failed = await until(
      async () =>
        (await up.status()).forwards.find(({ name, status }) => name === "plain" && status === "Failed") ?? null,
      { limit: 60_000, what: () => "plain is Failed" },
    );
    assert.equal(failed.reason, "route-unavailable");
    assert.equal(await up.interrupt(), 0);
  },
);
