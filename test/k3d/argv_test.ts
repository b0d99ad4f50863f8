import assert from "node:assert/strict";
import * as argv from "../../src/k3d/argv.ts";
import { k3dSpec, ports } from "../resources/k3d_world.ts";
import { port } from "../../src/model/port.ts";

Deno.test("create: only what the file says, and the label values with their @ escaped", () => {
  assert.deepEqual(argv.createArgv({ spec: k3dSpec(), ports: [], serverLabels: { "berth.workspace": "a@b" } }), [
    "k3d",
    "cluster",
    "create",
    "one",
    "--servers",
    "1",
    "--runtime-label",
    "berth.workspace=a\\@b@server:*",
    "--kubeconfig-update-default=true",
    "--kubeconfig-switch-context=false",
    "--timeout",
    "300s",
  ]);
});

Deno.test("create: everything at once", () => {
  const spec = k3dSpec({
    config: "k3d.yaml",
    agents: 2,
    network: "shared",
    nodeLabels: ["a=b@agent:*"],
    runtimeLabels: ["c=d@all"],
    registries: { create: "reg:5000", use: ["k3d-r1:5001", "k3d-r2:5002"], config: "registries.yaml" },
    kubeconfig: { update: false, switch: true },
  });
  const line = argv.createArgv({
    spec,
    ports: ports("8080:80@loadbalancer", "[::1]:8081:81/udp@server:0;agent:1:direct"),
    serverLabels: {},
  }).join(" ");
  assert.equal(
    line,
    "k3d cluster create one --config k3d.yaml --agents 2 --network shared --port 8080:80@loadbalancer " +
      "--port [::1]:8081:81/udp@server:0;agent:1:direct --k3s-node-label a=b@agent:* --runtime-label c=d@all --registry-create reg:5000 " +
      "--registry-use k3d-r1:5001 --registry-use k3d-r2:5002 --registry-config registries.yaml " +
      "--kubeconfig-update-default=false --kubeconfig-switch-context=false --timeout 300s",
  );
});

Deno.test("edits, starts and looks", () => {
  assert.deepEqual(argv.editArgv("one", { add: ["1:1@server:0", "2:2@server:0"] }), [
    ...["k3d", "cluster", "edit", "one"],
    ...["--port-add", "1:1@server:0", "--port-add", "2:2@server:0"],
  ]);
  assert.deepEqual(argv.editArgv("one", { remove: ["1:1@server:0"] }), [
    "k3d",
    "cluster",
    "edit",
    "one",
    "--port-delete",
    "1:1@server:0",
  ]);
  assert.deepEqual(argv.startArgv("one", 60), ["k3d", "cluster", "start", "one", "--timeout", "60s"]);
  assert.deepEqual(argv.deleteArgv("one"), ["k3d", "cluster", "delete", "one"]);
  assert.deepEqual(argv.publisherArgv(port(80), "tcp").slice(0, 4), ["docker", "ps", "--filter", "publish=80/tcp"]);
});

Deno.test("an added agent gets the arguments meant for agents", () => {
  const spec = k3dSpec({
    k3sArgs: ["--a@server:*", "--b@agent:*", "--c@all", "--d"],
    nodeLabels: ["x=y@server:0;agent:0"],
  });
  assert.equal(
    argv.addAgentArgv({ spec, node: "one-agent-1" }).join(" "),
    "k3d node create one-agent-1 --cluster one --role agent --k3s-arg --b --k3s-arg --c --k3s-arg --d --k3s-node-label x=y --timeout 300s",
  );
});

Deno.test("a name that means more than one cluster never reaches k3d", () => {
  for (const name of ["", "--all", "-a", "a b", "a;b", "*"]) {
    for (const build of [argv.deleteArgv, argv.stopArgv, argv.startArgv, argv.listArgv, argv.kubeconfigArgv]) {
      assert.throws(() => build(name), argv.BadName, name);
    }
    assert.throws(() => argv.removeArgv(name), argv.BadName);
    assert.throws(() => argv.editArgv(name, { add: [] }), argv.BadName);
  }
});

Deno.test("a command line that is shown holds no secret", () => {
  const spec = k3dSpec({
    env: ["DB_PASSWORD=hush@all"],
    k3sArgs: ["--token=hush@server:*", "--datastore-endpoint=postgres://u:hush@h@server:*", "--x=a b@all"],
  });
  const shown = argv.showArgv(argv.createArgv({ spec, ports: [], serverLabels: {} }));
  assert.ok(!shown.includes("hush"), shown);
  assert.match(shown, /--env DB_PASSWORD=… .*'--x=a b@all'|'--x=a b@all'.*--env DB_PASSWORD=…/);
});
