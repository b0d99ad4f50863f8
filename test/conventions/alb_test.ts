import assert from "node:assert/strict";
import {
  ALB_RANGE,
  albCollisions,
  albListener,
  albListenerOf,
  albOfHost,
  albPortSpecs,
  albRangeProblem,
} from "../../src/conventions/alb.ts";
import { formatPortSpec } from "../../src/model/k3d_ports.ts";
import { port } from "../../src/model/port.ts";

for (
  const [listener, local, nodePort] of [
    [80, 8080, 30880],
    [443, 8443, 30443],
    [8080, 8088, 30880],
    [9000, 9000, 30800],
    [9001, 9001, 30801],
    [9099, 9099, 30899],
    [9100, 8000, 30800],
    [8000, 8000, 30800],
    [8099, 8099, 30899],
    [8443, 8043, 30843],
    [3000, 8000, 30800],
    [180, 8080, 30880],
    [65535, 8035, 30835],
    [1, 8001, 30801],
  ] as const
) {
  Deno.test(`ALB listener ${listener} leads to local port ${local} and NodePort ${nodePort}`, () => {
    assert.deepEqual(albListener(port(listener)), { listener, local, nodePort });
  });
}

Deno.test("without the range its listeners follow the general rule; another range is used as it is", () => {
  assert.deepEqual(albListener(port(9001), null), { listener: 9001, local: 8001, nodePort: 30801 });
  const range = {
    local: { first: port(7000), last: port(7009) },
    nodePorts: { first: port(31000), last: port(31009) },
  };
  assert.deepEqual(albListener(port(7003), range), { listener: 7003, local: 7003, nodePort: 31003 });
  assert.deepEqual(albListenerOf(port(31009), range), { listener: 7009, local: 7009, nodePort: 31009 });
});

Deno.test("the listener of a NodePort, and none outside the range", () => {
  assert.deepEqual(albListenerOf(port(30801), ALB_RANGE), { listener: 9001, local: 9001, nodePort: 30801 });
  assert.equal(albListenerOf(port(30799), ALB_RANGE), undefined);
  assert.equal(albListenerOf(port(30900), ALB_RANGE), undefined);
});

Deno.test("collisions are said: one local port for two, one NodePort for two", () => {
  const said = albCollisions([80, 180, 9080, 443, 8080].map((one) => albListener(port(one))));
  assert.deepEqual(said.map(({ on, message }) => `${on}: ${message}`), [
    "local: listeners 80 and 180 both lead to local port 8080",
    "nodePort: listeners 80 and 9080 share NodePort 30880: both local ports reach the same listener",
    "nodePort: listeners 80 and 8080 share NodePort 30880: both local ports reach the same listener",
  ]);
  assert.deepEqual(albCollisions([80, 443, 9001].map((one) => albListener(port(one)))), []);
});

Deno.test("ranges must be of one size", () => {
  assert.equal(albRangeProblem(ALB_RANGE), null);
  assert.equal(
    albRangeProblem({ ...ALB_RANGE, local: { first: port(9000), last: port(9009) } }),
    "10 local ports (9000-9009) do not fit 100 NodePorts (30800-30899): both ranges must have the same size",
  );
});

for (
  const [host, alb] of [
    ["myapp-alb.localhost", "myapp-alb"],
    ["MyApp.localhost:8080", "myapp"],
    ["localhost", null],
    [".localhost", null],
    ["a.b.localhost", null],
    ["a.localhost.", null],
    ["a.localhost:", null],
    ["a.localhost:x", null],
    ["-a.localhost", null],
    ["127.0.0.1:8080", null],
    ["[::1]:8080", null],
    ["", null],
  ] as const
) {
  Deno.test(`the load balancer of Host '${host}': ${alb}`, () => assert.equal(albOfHost(host), alb));
}

Deno.test("what k3d publishes for listeners and their range", () => {
  const listeners = [80, 443].map((one) => albListener(port(one)));
  assert.deepEqual(albPortSpecs({ listeners, range: ALB_RANGE }).map(formatPortSpec), [
    "8080:30880@loadbalancer",
    "8443:30443@loadbalancer",
    "9000-9099:30800-30899@loadbalancer",
  ]);
});
