/** A machine with k3d in memory, and what plans and applies on it. */
import assert from "node:assert/strict";
import { createK3dControl } from "../../src/k3d/control.ts";
import type { PlannedAction } from "../../src/engine/resource_kind.ts";
import type { K3dLedger, K3dNote, K3dSpec } from "../../src/model/k3d.ts";
import { NO_NOTE } from "../../src/model/k3d.ts";
import { type K3dPortSpec, parsePortSpec } from "../../src/model/k3d_ports.ts";
import type { Outcome } from "../../src/model/plan.ts";
import type { Workspace } from "../../src/model/workspace.ts";
import { clusterKind } from "../../src/resources/cluster/kind.ts";
import type { ClusterInput } from "../../src/resources/cluster/diff.ts";
import { ClusterLocks, type K3dWorld } from "../../src/resources/cluster/world.ts";
import { mappingKind } from "../../src/resources/mapping/kind.ts";
import type { MappingInput } from "../../src/resources/mapping/diff.ts";
import { FakeClock } from "../fakes/clock.ts";
import { FakeK3d } from "../fakes/k3d.ts";

/** A signal that never comes. */
export const never: AbortSignal = new AbortController().signal;

/** Ports in k3d's own syntax. */
export function ports(...texts: string[]): readonly K3dPortSpec[] {
  return texts.map((text) => {
    const parsed = parsePortSpec(text);
    assert.ok(parsed.ok, text);
    return parsed.spec;
  });
}

/** The cluster `one` with one server, nothing else asked for. */
export function k3dSpec(more: Partial<K3dSpec> = {}): K3dSpec {
  return {
    name: "one",
    servers: 1,
    agents: 0,
    ports: [],
    k3sArgs: [],
    volumes: [],
    env: [],
    nodeLabels: [],
    runtimeLabels: [],
    registries: { use: [] },
    options: [],
    edits: "auto",
    kubeconfig: { update: true, switch: false },
    ...more,
  };
}

/** A workspace of these clusters alone, by their names in the file. */
export function workspace(clusters: Readonly<Record<string, K3dSpec>>): Workspace {
  const where = { file: "forwards.yaml", line: 1, column: 1, length: 1 };
  return {
    file: "forwards.yaml",
    forwards: [],
    clusters: new Map(
      Object.entries(clusters).map(([name, spec]) => [name, { name, where, access: { kind: "k3d", spec } }]),
    ),
  };
}

/** What is noted of k3d clusters, in memory. */
export class MemoryLedger implements K3dLedger {
  readonly notes = new Map<string, K3dNote>();

  read(id: string): Promise<K3dNote> {
    return Promise.resolve(this.notes.get(id) ?? NO_NOTE);
  }

  write(id: string, note: K3dNote): Promise<void> {
    if (note.owned.length === 0 && !note.changing) this.notes.delete(id);
    else this.notes.set(id, note);
    return Promise.resolve();
  }
}

/** An action of one of the two kinds that k3d clusters have. */
export type AnyAction = { readonly kind: "cluster"; readonly action: PlannedAction<ClusterInput> } | {
  readonly kind: "mapping";
  readonly action: PlannedAction<MappingInput>;
};

export class Machine {
  readonly fake = new FakeK3d();
  readonly ledger = new MemoryLedger();
  readonly clock = new FakeClock();
  readonly changes: string[] = [];
  readonly lines: string[] = [];
  /** As after a restart of berth: nothing is known but what is on disk. */
  world: K3dWorld = this.#world();

  #world(workspaceId = "ws-1"): K3dWorld {
    return {
      k3d: createK3dControl({ run: this.fake.run }),
      clock: this.clock,
      workspaceId,
      ledger: this.ledger,
      holder: ({ port }, protocol) => {
        const foreign = protocol === "tcp" ? this.fake.foreign.get(port) : undefined;
        if (foreign !== undefined) return Promise.resolve({ words: foreign });
        const docker = this.fake.containers.some((one) =>
          one.state === "running" &&
          one.bindings.some((binding) => binding.hostPort === String(port) && binding.protocol === protocol)
        );
        return Promise.resolve(docker ? { words: "docker-proxy (PID 7)" } : null);
      },
      locks: new ClusterLocks(),
      changed: ({ cluster, api }) => this.changes.push(`${cluster} ${api === null ? "-" : api.port}`),
      report: ({ cluster, message }) => this.lines.push(`${cluster}: ${message}`),
    };
  }

  restart(workspaceId = "ws-1"): void {
    this.world = this.#world(workspaceId);
  }

  async plan(of: Workspace): Promise<AnyAction[]> {
    const clusters = clusterKind.desired(of);
    const mappings = mappingKind.desired(of);
    const [seen, published] = [
      await clusterKind.observe(clusters, this.world, never),
      await mappingKind.observe(mappings, this.world, never),
    ];
    return [
      ...clusterKind.diff(clusters, seen).map((action) => ({ kind: "cluster" as const, action })),
      ...mappingKind.diff(mappings, published).map((action) => ({ kind: "mapping" as const, action })),
    ];
  }

  /** Applies in an order that respects dependencies; what depends on an action that was not done is not tried. */
  async apply(actions: readonly AnyAction[], { recreate = true, restart = true } = {}): Promise<Map<string, Outcome>> {
    const outcomes = new Map<string, Outcome>();
    const left = [...actions];
    while (left.length > 0) {
      const at = left.findIndex(({ action }) =>
        !action.dependsOn.some((key) => left.some((other) => other.action.key === key))
      );
      assert.notEqual(at, -1, "the plan has a circle");
      const [one] = left.splice(at, 1);
      if (one === undefined) continue;
      const { action } = one;
      const undone = action.dependsOn.find((key) => outcomes.has(key) && outcomes.get(key)?.status !== "done");
      if (undone !== undefined) outcomes.set(action.key, { status: "blocked", reason: "dependency", message: undone });
      else if ((action.gate === "allow-recreate" && !recreate) || (action.gate === "allow-restart" && !restart)) {
        outcomes.set(action.key, { status: "blocked", reason: action.gate, message: action.gate });
      } else {
        outcomes.set(
          action.key,
          one.kind === "cluster"
            ? await clusterKind.apply(one.action, this.world, never)
            : await mappingKind.apply(one.action, this.world, never),
        );
      }
    }
    return outcomes;
  }

  async up(of: Workspace): Promise<Map<string, Outcome>> {
    return await this.apply(await this.plan(of));
  }

  /** The plan as lines `op key`. */
  async shown(of: Workspace): Promise<string[]> {
    return (await this.plan(of)).map(({ action }) => `${action.op} ${action.key}`).sort();
  }

  edits(): string[] {
    return this.fake.writes.filter((one) => one.startsWith("k3d cluster edit"));
  }
}
