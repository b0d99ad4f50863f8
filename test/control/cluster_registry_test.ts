import assert from "node:assert/strict";
import { parseWorkspace } from "../../src/config/parse.ts";
import { ClusterRegistry } from "../../src/control/cluster_registry.ts";
import { AccessError, type ClusterAccess } from "../../src/model/cluster_access.ts";
import type { ClusterSpec, Workspace } from "../../src/model/workspace.ts";

function workspace(cluster: string): Workspace {
  const text = `version: 1\nclusters:\n  dev: { ${cluster} }\n`;
  const { workspace, diagnostics } = parseWorkspace(text, { file: "f.yaml", home: "/h" });
  assert.deepEqual(diagnostics, []);
  assert.ok(workspace !== null);
  return workspace;
}

function access({ name, access }: ClusterSpec): ClusterAccess {
  const cannot = () => {
    throw new AccessError("cluster-unreachable", "not in this test");
  };
  return {
    name,
    status: { name, kind: access.kind, reachable: null, reason: null, message: null, version: null },
    subscribe: () => () => {},
    watch: cannot,
    openTunnel: () => Promise.reject(new AccessError("cluster-unreachable", "not in this test")),
    refresh: () => {},
    close: () => Promise.resolve(),
  };
}

const KECS = "kecs: { instance: demo, region: us-east-1 }";

for (
  const [before, after, connections] of [
    ["k3d: {}", "k3d: { agents: 2, ports: ['8080:80@server:0'], edits: auto }", 1],
    ["k3d: {}", "k3d: { name: other }", 2],
    ["k3d: {}", "context: k3d-dev", 2],
    [`k3d: {}, ${KECS}`, `k3d: {}, ${KECS}, alb: {}, publicIp: {}`, 1],
    ["k3d: {}", `k3d: {}, ${KECS}`, 2],
    ["context: a", "context: b", 2],
    ["context: a", "  context: a", 1],
  ] as const
) {
  Deno.test(`a cluster of ${before}, then ${after}: ${connections === 1 ? "stays connected" : "connects anew"}`, async () => {
    const made: ClusterSpec[] = [];
    const registry = new ClusterRegistry((spec) => {
      made.push(spec);
      return access(spec);
    });
    await registry.use(workspace(before));
    await registry.use(workspace(after));
    assert.equal(made.length, connections);
    await registry.close();
  });
}
