/** UDP forwards through the whole program, on a sandbox. */
import assert from "node:assert/strict";
import { deployment, service } from "../../src/sandbox/scenario.ts";
import { bytesOf, UdpClient } from "../forward/udp_client.ts";
import { fileOf, freePort, Rig } from "./rig.ts";

Deno.test("a Service with TCP and UDP on one port: each forward goes to its own NodePort, and status says so", async () => {
  await using rig = await Rig.make();
  const { control } = await rig.sandbox({
    scenario: {
      manifests: [
        deployment({
          name: "dns",
          ports: [
            { port: 5353, name: "dns", behaviour: "echo", protocol: "UDP" },
            { port: 5353, name: "dns-tcp", behaviour: "echo" },
          ],
        }),
        service({
          name: "dns",
          type: "NodePort",
          ports: [
            { name: "dns-tcp", port: 53, targetPort: "dns-tcp" },
            { name: "dns", port: 53, targetPort: "dns", protocol: "UDP" },
          ],
        }),
        deployment({ name: "plain", ports: [{ port: 5353, behaviour: "echo", protocol: "UDP" }] }),
        service({ name: "plain", ports: [{ port: 53, targetPort: 5353, protocol: "UDP" }] }),
      ],
    },
  });
  const local = freePort();
  await rig.save(fileOf([
    `tcp: { service: default/dns, port: 53, local: ${local} }`,
    `udp: { service: default/dns, port: 53, protocol: udp, local: ${local} }`,
    `plain: { service: default/plain, port: 53, protocol: udp, local: ${freePort()} }`,
    `wrong: { service: default/plain, port: 54, protocol: udp, local: ${freePort()} }`,
  ]));
  const planned = (await rig.plan()).actions.map(({ key, detail }) => [key, detail["route"], detail["note"]]);
  assert.deepEqual(planned.filter(([key]) => key !== "forward:tcp"), [
    [
      "forward:plain",
      null,
      "service default/plain does not have a NodePort; Kubernetes port-forward carries TCP only",
    ],
    ["forward:udp", "direct", null],
    ["forward:wrong", null, "service default/plain has no UDP port 54: its UDP ports are 53"],
  ]);
  const up = await rig.up();
  await up.active(["tcp", "udp"]);
  await up.becomes("plain", "Failed", "route-unavailable");
  await up.becomes("wrong", "Reconnecting", "port-not-found");
  const [tcp, udp] = [up.forward("tcp"), up.forward("udp")];
  assert.deepEqual([tcp.protocol, udp.protocol], ["tcp", "udp"]);
  assert.notEqual(tcp.backend, udp.backend, "each protocol has its own NodePort");
  await using client = new UdpClient(local);
  await client.echoed(bytesOf("hello"));

  await control.scale({ name: "dns" }, 0);
  await up.becomes("udp", "Reconnecting", "no-endpoints");
  await control.scale({ name: "dns" }, 1);
  await up.active(["udp"]);
  await client.echoed(bytesOf("again"));
});
