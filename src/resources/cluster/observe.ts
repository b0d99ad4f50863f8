import {
  clusterIdentity,
  type K3dClusterFacts,
  type K3dFailure,
  type K3dNote,
  type K3dVersion,
  NO_NOTE,
  nodesOfRole,
  workspaceOf,
} from "../../model/k3d.ts";
import { bindingsOf, type K3dPortSpec, type PortBinding } from "../../model/k3d_ports.ts";
import { asPort } from "../../model/port.ts";
import type { SocketAddress } from "../../model/status.ts";
import type { DesiredCluster } from "./desired.ts";
import { acceptedPorts } from "./port_budget.ts";
import type { K3dWorld } from "./world.ts";

/** Whose a cluster is: made by this workspace, by another one, or by something else. */
export type Owner = "ours" | "other-workspace" | "foreign";

/** What was seen of one k3d cluster that the file asks for. */
export type ObservedCluster =
  | {
    readonly kind: "seen";
    readonly cluster: string;
    readonly facts: K3dClusterFacts;
    readonly owner: Owner;
    /** What berth remembers of it. */
    readonly note: K3dNote;
    /** Berth was killed while it made a cluster of this name. */
    readonly making: boolean;
    readonly version: K3dVersion | null;
    /** Why k3d itself cannot be used; null when it can. */
    readonly trouble: K3dFailure | null;
  }
  | {
    readonly kind: "missing";
    readonly cluster: string;
    /** Who holds a port that it would publish. */
    readonly holders: readonly PortHeld[];
    readonly trouble: K3dFailure | null;
  }
  /** Docker does not answer: nothing is known. */
  | { readonly kind: "unavailable"; readonly cluster: string; readonly failure: K3dFailure };

/** A port of this machine that is taken. */
export interface PortHeld {
  readonly binding: PortBinding;
  readonly address: SocketAddress;
  /** `nginx (PID 1234)`, `container web`. */
  readonly words: string;
}

/** Looks at the clusters asked for; `portsOnly`: not at what a creation would need. Never rejects for an expected failure: that is what was seen. */
export async function observeClusters(
  desired: readonly DesiredCluster[],
  { world, signal, portsOnly = false }: {
    readonly world: K3dWorld;
    readonly signal: AbortSignal;
    readonly portsOnly?: boolean;
  },
): Promise<readonly ObservedCluster[]> {
  if (desired.length === 0) return [];
  const seen = await world.k3d.observe(desired.map((one) => one.spec.name), signal);
  if (!seen.ok) return desired.map(({ cluster }) => ({ kind: "unavailable", cluster, failure: seen.failure }));
  const { clusters, trouble, version } = seen.value;
  return await Promise.all(desired.map(async ({ cluster, spec }): Promise<ObservedCluster> => {
    const facts = clusters.find((one) => one.name === spec.name);
    if (facts === undefined) {
      const holders = trouble === null && !portsOnly ? await heldPorts(portsToMake(spec.ports), { world, signal }) : [];
      return { kind: "missing", cluster, holders, trouble };
    }
    const [note, making] = await Promise.all([
      nodesOfRole(facts, "server").length === 0 ? NO_NOTE : world.ledger.read(clusterIdentity(facts)),
      world.ledger.read(spec.name),
    ]);
    return {
      kind: "seen",
      cluster,
      facts,
      owner: ownerOf(facts, world.workspaceId),
      note,
      making: making.changing,
      version,
      trouble,
    };
  }));
}

/** Whose a cluster is, by the label on its first server. */
export function ownerOf(facts: K3dClusterFacts, workspaceId: string): Owner {
  const workspace = workspaceOf(facts);
  return workspace === null ? "foreign" : workspace === workspaceId ? "ours" : "other-workspace";
}

/** The bindings that a creation publishes. */
export function portsToMake(ports: readonly K3dPortSpec[]): readonly PortBinding[] {
  return acceptedPorts(ports).flatMap(bindingsOf);
}

/** Of `bindings`, those whose port is taken, and by whom. Ports that Docker chooses are free by themselves. */
export async function heldPorts(
  bindings: readonly PortBinding[],
  { world, signal }: { readonly world: K3dWorld; readonly signal: AbortSignal },
): Promise<readonly PortHeld[]> {
  const held = await Promise.all(bindings.map(async (binding): Promise<readonly PortHeld[]> => {
    const port = /^\d+$/.test(binding.hostPort) ? asPort(Number(binding.hostPort)) : undefined;
    if (port === undefined) return [];
    const address = { host: binding.hostIp === "" ? "0.0.0.0" : binding.hostIp, port };
    const by = await world.holder(address, binding.protocol);
    return by === null
      ? []
      : [{ binding, address, words: await holderWords({ address, by, binding }, { world, signal }) }];
  }));
  return held.flat();
}

/** Docker's proxy says nothing to a person: the container behind it does. */
async function holderWords(
  { address, by, binding }: {
    readonly address: SocketAddress;
    readonly by: { readonly words: string };
    readonly binding: PortBinding;
  },
  { world, signal }: { readonly world: K3dWorld; readonly signal: AbortSignal },
): Promise<string> {
  if (!/docker|unknown|another program|^$/i.test(by.words)) return by.words;
  const name = await world.k3d.publisher({ port: address.port, protocol: binding.protocol }, signal);
  return name === null ? by.words : `container ${name}`;
}
