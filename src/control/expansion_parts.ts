import { BUILT_IN } from "../config/behaviour.ts";
import type { LiveCluster, LiveState } from "../model/live_cluster.ts";
import type { Port } from "../model/port.ts";
import type { Where } from "../model/source.ts";
import type { ClusterSpec, ForwardSpec, Target, TargetPort, Workspace } from "../model/workspace.ts";

/** What an expansion depends on beside the file. */
export interface ExpansionFacts {
  /** What a cluster holds, as it was last known; undefined where it was never known. */
  readonly live: (cluster: string) => LiveState | undefined;
  /** The local port that a dynamic forward has now. */
  readonly remembered?: (forward: string) => Port | undefined;
  /** NodePorts of a cluster that were refused lately though they looked free. */
  readonly refused?: (cluster: string) => ReadonlySet<Port>;
  /** Local ports that k3d publishes for a cluster: nothing of ours listens there. */
  readonly published?: (cluster: string) => ReadonlySet<Port>;
}

/** Something a person should know of an expansion. */
export interface ExpansionNote {
  readonly cluster: string;
  readonly message: string;
  readonly where: Where;
}

/** Which local ports are spoken for, and by whom. The first to claim one has it, whatever runs now: so it is the same at every look. */
export class Claims {
  readonly #owners = new Map<Port, string>();

  /** Claims a port; returns who had it before, or null. */
  claim(port: Port, owner: string): string | null {
    const before = this.#owners.get(port);
    if (before !== undefined) return before;
    this.#owners.set(port, owner);
    return null;
  }

  get ports(): ReadonlySet<Port> {
    return new Set(this.#owners.keys());
  }
}

/** Makes a forward's name unique in a workspace. */
export class Names {
  readonly #taken: Set<string>;

  constructor(forwards: readonly ForwardSpec[]) {
    this.#taken = new Set(forwards.map(({ name }) => name));
  }

  /** `name`, or `name` with a number where it is taken. */
  unique(name: string): string {
    let free = name;
    for (let count = 2; this.#taken.has(free); count++) free = `${name}-${count}`;
    this.#taken.add(free);
    return free;
  }
}

/** A forward that is not in the file. */
export function dynamicForward(
  workspace: Workspace,
  of: {
    readonly name: string;
    readonly cluster: string;
    readonly target: Target;
    readonly port: TargetPort;
    readonly local: Port;
    readonly where: Where;
  },
): ForwardSpec {
  const { local, where, ...rest } = of;
  return {
    ...(workspace.defaults ?? BUILT_IN),
    ...rest,
    protocol: "tcp",
    local: { kind: "fixed", port: local },
    // Their local ports are a convention that others rely on: another port would not be found.
    onConflict: "fail",
    where,
    localWhere: where,
  };
}

/** What a cluster holds; null where that is not known. */
export function knownLive(facts: ExpansionFacts, cluster: string): LiveCluster | null {
  const state = facts.live(cluster);
  return state?.kind === "known" ? state.live : null;
}

/** What one part of an expansion works with. */
export interface PartOptions {
  readonly cluster: ClusterSpec;
  readonly facts: ExpansionFacts;
  readonly names: Names;
  readonly claims: Claims;
  readonly notes: ExpansionNote[];
}
