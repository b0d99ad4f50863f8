import { port } from "../../src/model/port.ts";
import type { ForwardSpec } from "../../src/model/workspace.ts";

const WHERE = { file: "forwards.yaml", line: 1, column: 1, length: 1 };

/** A forward to port 80 of the Service `default/<name>` in the cluster `dev`, with the defaults filled in. */
export function forwardSpec(name: string, more: Partial<ForwardSpec> = {}): ForwardSpec {
  return {
    name,
    cluster: "dev",
    target: { kind: "service", namespace: "default", name },
    port: port(80),
    protocol: "tcp",
    local: { kind: "auto" },
    bind: ["127.0.0.1"],
    route: "auto",
    balance: "auto",
    hold: 5000,
    health: { every: 30_000, timeout: 2000, failures: 3, probe: { kind: "tcp" } },
    backoff: { initial: 1000, max: 60_000 },
    reconnect: true,
    onConflict: "fail",
    where: WHERE,
    localWhere: WHERE,
    ...more,
  };
}
