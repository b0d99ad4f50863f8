import assert from "node:assert/strict";
import {
  k3dClusterOfInstance,
  k3dContext,
  k3dLoadBalancerContainer,
  k3dServerContainer,
} from "../../src/conventions/k3d_names.ts";

Deno.test("k3d names of a KECS instance", () => {
  const cluster = k3dClusterOfInstance("demo");
  assert.equal(cluster, "kecs-demo");
  assert.equal(k3dContext(cluster), "k3d-kecs-demo");
  assert.equal(k3dServerContainer(cluster), "k3d-kecs-demo-server-0");
  assert.equal(k3dLoadBalancerContainer(cluster), "k3d-kecs-demo-serverlb");
});
