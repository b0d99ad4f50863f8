/** How much of a cluster many forwards ask for: one watch a kind, however many they are. */
import assert from "node:assert/strict";
import { deployment, service } from "../../src/sandbox/scenario.ts";
import { fileOf, freePort, Rig } from "./rig.ts";

Deno.test("50 forwards to 25 Services are one watch a kind, and none more when they are changed", async () => {
  await using rig = await Rig.make();
  const services = Array.from({ length: 25 }, (_, index) => `s${index}`);
  const ports = [{ name: "http", port: 80, targetPort: "http" }];
  const { control } = await rig.sandbox({
    scenario: {
      manifests: [
        deployment({ name: "web", ports: [{ port: 8080, name: "http", behaviour: "json" }] }),
        ...services.map((name) => service({ name, selector: { app: "web" }, type: "NodePort", ports })),
      ],
    },
  });
  const wanted = services.flatMap((name) => [0, 1].map((of) => ({ name, of, local: freePort() })));
  const lines = (hold: string) =>
    wanted.map(({ name, of, local }) =>
      `${name}-${of}: { service: default/${name}, port: 80, local: ${local}, hold: ${of === 0 ? hold : "5s"} }`
    );
  await rig.save(fileOf([...lines("5s"), `pods: { deployment: default/web, port: http, local: ${freePort()} }`]));
  const up = await rig.up();
  await up.active();
  assert.equal(up.status().forwards.length, 51);
  await rig.save(fileOf(lines("6s")));
  await up.until(() => up.find("pods") === undefined, "the other file is in force");
  await up.active();
  // Services, their endpoints, pods and nodes. That of Deployments has ended with the forward that needed it, or does so soon.
  const open = control.dropWatches();
  assert.ok(open === 4 || open === 5, `${open} watches`);
  await up.active();
});
