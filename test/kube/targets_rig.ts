import assert from "node:assert/strict";
import type { Target, TargetPort } from "../../src/model/workspace.ts";
import { port as asPort } from "../../src/model/port.ts";
import { KINDS } from "../../src/kube/kinds.ts";
import type { Kind, KubeObjects } from "../../src/kube/objects.ts";
import type { Snapshot } from "../../src/kube/targets/snapshot.ts";
import { resolveTarget } from "../../src/kube/targets/resolve.ts";
import type { Reading } from "../../src/kube/watch_cache.ts";
import type { FakeObject } from "./fake_api.ts";

/** The raw objects of a cluster by kind; absent kinds are empty. */
export type World = { readonly [K in Kind]?: readonly FakeObject[] | "pending" | "forbidden" };

/** A snapshot of raw objects, through the same trimming as the real one. Absent kinds are empty. */
export function snapshot(world: World): Snapshot {
  return {
    read<K extends Kind>(kind: K, namespace: string): Reading<KubeObjects[K]> {
      const raw = world[kind] ?? [];
      if (raw === "pending") return { state: "pending" };
      if (raw === "forbidden") return { state: "failed", reason: "forbidden", message: `${kind} are forbidden` };
      const objects = new Map<string, KubeObjects[K]>();
      for (const one of raw) {
        const trimmed = KINDS[kind].trim(one);
        if (trimmed !== null && trimmed.namespace === namespace) objects.set(trimmed.name, trimmed);
      }
      return { state: "ready", objects };
    },
  };
}

/** The KECS instance of the cluster. */
export const kecs: { readonly instance: string; readonly region: string } = { instance: "demo", region: "us-east-1" };

/** The state in few words: `backends | nodePorts | message`, or `kind reason: message`. */
export function brief(world: World, target: Target, port: number | string): string {
  const wanted: TargetPort = typeof port === "number" ? asPort(port) : port;
  const state = resolveTarget(snapshot(world), { target, port: wanted, kecs });
  if (state.kind !== "known") return `${state.kind} ${state.reason}: ${state.message}`;
  const backends = state.backends.map((one) =>
    one.kind === "pod" ? `${one.pod.name}:${one.port}` : `${one.address.host}:${one.address.port}`
  );
  const nodes = state.nodePorts.map((one) => `${one.host}:${one.port}`);
  return `${state.prefer} [${backends.join(" ")}] [${nodes.join(" ")}] ${state.message ?? "-"}`;
}

/** What a target in a world comes to, in the words of `brief`. */
export interface Case {
  readonly name: string;
  readonly world: World;
  readonly target: Target;
  readonly port: number | string;
  readonly is: string;
}

/** A test a case. */
export function table(group: string, cases: readonly Case[]): void {
  for (const { name, world, target, port, is } of cases) {
    Deno.test({
      name: `${group}: ${name}`,
      permissions: "none",
      fn: () => assert.equal(brief(world, target, port), is),
    });
  }
}

/** The Service `default/web`. */
export const web: Target = { kind: "service", namespace: "default", name: "web" };
/** What its spec holds where it has a NodePort. */
export const nodePortSpec: Readonly<Record<string, unknown>> = {
  type: "NodePort",
  ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
};
