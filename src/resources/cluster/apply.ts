import type { PlannedAction } from "../../engine/resource_kind.ts";
import {
  clusterIdentity,
  FLAGS_LABEL,
  type K3dClusterFacts,
  type K3dFailure,
  type K3dResult,
  NO_NOTE,
  nodesOfRole,
  WORKSPACE_LABEL,
} from "../../model/k3d.ts";
import type { Outcome } from "../../model/plan.ts";
import type { DesiredCluster } from "./desired.ts";
import { type ClusterInput, isUnfinished, missingAgents } from "./diff.ts";
import { driftOf, flagsLabel } from "./drift.ts";
import { runs } from "./load_balancer.ts";
import { heldPorts, ownerOf, portsToMake } from "./observe.ts";
import { acceptedPorts } from "./port_budget.ts";
import { type ClusterRef, makeRun, reporting, settled, tellChange, unstoppable } from "./settle.ts";
import type { K3dWorld } from "./world.ts";

interface Context {
  readonly world: K3dWorld;
  readonly signal: AbortSignal;
}

const DONE: Outcome = { status: "done" };

/** Carries out one action on a k3d cluster. What is there is looked at again first: the plan may be older than the last change. */
export async function applyCluster({ input }: PlannedAction<ClusterInput>, context: Context): Promise<Outcome> {
  if (input.do === "nothing") {
    const { reason, message, tool } = input.failure;
    return tool ? { status: "failed", reason, message, retry: true } : { status: "blocked", reason, message };
  }
  const { desired } = input;
  return await context.world.locks.run(desired.spec.name, async () => {
    const ref = { cluster: desired.cluster, k3dName: desired.spec.name };
    const looked = await settled(ref, context);
    if (!looked.ok) return failure(looked.failure);
    switch (input.do) {
      case "create":
        return await create(desired, looked.value, context);
      case "finish":
        return await finish(desired, looked.value, context);
      case "recreate":
        return await recreate(desired, looked.value, context);
      case "start":
        return await start(desired, looked.value, context);
      case "add-agents":
        return await addAgents(desired, looked.value, context);
      default:
        return input satisfies never;
    }
  });
}

/** An outcome for an expected failure of k3d or docker. */
export function failure({ reason, message }: K3dFailure): Outcome {
  return { status: "failed", reason, message, retry: true };
}

async function create(desired: DesiredCluster, facts: K3dClusterFacts | null, context: Context): Promise<Outcome> {
  if (facts !== null) return await finish(desired, facts, context);
  const { world, signal } = context;
  const { spec, cluster } = desired;
  const ref = refOf(desired);
  const held = (await heldPorts(portsToMake(spec.ports), context))[0];
  if (held !== undefined) {
    return failure({ reason: "port-in-use", message: `port ${held.address.port} is in use by ${held.words}` });
  }
  await world.ledger.write(spec.name, { ...NO_NOTE, changing: true });
  world.report?.({ cluster, message: `creating k3d cluster ${spec.name}, about 15 s` });
  let made: K3dResult<void>;
  try {
    made = await world.k3d.create({
      spec,
      ports: acceptedPorts(spec.ports),
      serverLabels: { [WORKSPACE_LABEL]: world.workspaceId, [FLAGS_LABEL]: flagsLabel(spec) },
    }, reporting(world, cluster, signal));
  } catch (error) {
    // Stopped in the middle: what is there is half a cluster, and ours.
    await clearAway(desired, { world, signal: unstoppable() });
    throw error;
  }
  const looked = await world.k3d.inspect(spec.name, unstoppable());
  if (!looked.ok) return failure(looked.failure);
  const now = looked.value;
  if (made.ok && now !== null && runs(now)) {
    await world.ledger.write(spec.name, NO_NOTE);
    tellChange(world, ref, now);
    return DONE;
  }
  const why = made.ok
    ? { reason: "k3d-failed", message: `k3d made cluster ${spec.name}, and it does not run` } as const
    : made.failure;
  if (!made.ok) await clearAway(desired, { world, signal: unstoppable() });
  return failure(await withHolder(why, context));
}

/** Deletes what a creation of ours left, if it left anything, and only if it is not a whole cluster. */
async function clearAway(desired: DesiredCluster, context: Context): Promise<K3dResult<void>> {
  const { world } = context;
  const { spec } = desired;
  const looked = await settled(refOf(desired), context);
  if (!looked.ok) return looked;
  const facts = looked.value;
  if (facts !== null) {
    const owner = ownerOf(facts, world.workspaceId);
    if (!isUnfinished(desired, { facts, owner, making: true })) return { ok: true, value: undefined };
    const deleted = await world.k3d.delete(spec.name, { signal: context.signal });
    if (!deleted.ok) return deleted;
  }
  await world.ledger.write(spec.name, NO_NOTE);
  return { ok: true, value: undefined };
}

/** Makes anew what a creation of ours left half done. What turns out to be whole by now, whoever made it, is only started. */
async function finish(desired: DesiredCluster, facts: K3dClusterFacts | null, context: Context): Promise<Outcome> {
  const { world } = context;
  if (facts === null) return await create(desired, null, context);
  const owner = ownerOf(facts, world.workspaceId);
  const making = (await world.ledger.read(desired.spec.name)).changing;
  if (isUnfinished(desired, { facts, owner, making })) return await makeAnew(desired, facts, context);
  return await start(desired, facts, context);
}

/** Re-creates a cluster of ours that is not as the file has it. */
async function recreate(desired: DesiredCluster, facts: K3dClusterFacts | null, context: Context): Promise<Outcome> {
  const { spec } = desired;
  if (facts === null) return await create(desired, null, context);
  if (ownerOf(facts, context.world.workspaceId) !== "ours") {
    const message = `k3d cluster ${spec.name} was not made by this workspace: it is not re-created`;
    return { status: "blocked", reason: "not-ours", message };
  }
  if (driftOf(spec, facts).length === 0) return await start(desired, facts, context);
  return await makeAnew(desired, facts, context);
}

async function makeAnew(desired: DesiredCluster, facts: K3dClusterFacts, context: Context): Promise<Outcome> {
  const { world } = context;
  const { spec } = desired;
  const deleted = await world.k3d.delete(spec.name, reporting(world, desired.cluster, context.signal));
  if (!deleted.ok) return failure(deleted.failure);
  if (nodesOfRole(facts, "server").length > 0) await world.ledger.write(clusterIdentity(facts), NO_NOTE);
  const gone = await world.k3d.inspect(spec.name, context.signal);
  if (!gone.ok) return failure(gone.failure);
  // k3d says 0 for a deletion that did nothing.
  if (gone.value !== null) {
    return failure({ reason: "k3d-failed", message: `k3d cluster ${spec.name} was not deleted` });
  }
  tellChange(world, refOf(desired), null);
  return await create(desired, null, context);
}

async function start(desired: DesiredCluster, facts: K3dClusterFacts | null, context: Context): Promise<Outcome> {
  const { world, signal } = context;
  const { spec } = desired;
  if (facts === null) return failure({ reason: "not-found", message: `k3d cluster ${spec.name} is gone` });
  const note = await world.ledger.read(clusterIdentity(facts));
  const mayRepair = note.changing || ownerOf(facts, world.workspaceId) === "ours";
  const made = await makeRun(refOf(desired), { world, signal, facts, mayRepair });
  if (!made.ok) return failure(await withHolder(made.failure, context));
  if (note.changing) await world.ledger.write(clusterIdentity(facts), { ...note, changing: false });
  await world.ledger.write(spec.name, NO_NOTE);
  tellChange(world, refOf(desired), made.value);
  return DONE;
}

async function addAgents(desired: DesiredCluster, facts: K3dClusterFacts | null, context: Context): Promise<Outcome> {
  const { world, signal } = context;
  const { spec, cluster } = desired;
  let now = facts;
  for (;;) {
    if (now === null) return failure({ reason: "not-found", message: `k3d cluster ${spec.name} is gone` });
    if (missingAgents(desired, now) === 0) return DONE;
    const before = nodesOfRole(now, "agent");
    const node = freeName(spec.name, before.map((agent) => agent.name));
    const added = await world.k3d.addAgent({ spec, node }, reporting(world, cluster, signal));
    const looked = await world.k3d.inspect(spec.name, signal);
    if (!looked.ok) return failure(looked.failure);
    now = looked.value;
    if (now !== null && nodesOfRole(now, "agent").length > before.length) continue;
    // A k3d without the command prints its help and says 0.
    return failure(
      added.ok
        ? { reason: "k3d-failed", message: "k3d node create added no agent: this k3d seems to have no such command" }
        : added.failure,
    );
  }
}

function freeName(cluster: string, taken: readonly string[]): string {
  for (let index = taken.length;; index++) {
    const name = `${cluster}-agent-${index}`;
    if (!taken.some((one) => one === `k3d-${name}` || one === `k3d-${name}-0`)) return name;
  }
}

/** Names who holds a port that k3d could not have. */
async function withHolder(why: K3dFailure, { world, signal }: Context): Promise<K3dFailure> {
  if (why.reason !== "port-in-use" || why.address === undefined) return why;
  const { address } = why;
  const container = await world.k3d.publisher({ port: address.port, protocol: "tcp" }, signal);
  const words = container === null ? (await world.holder(address, "tcp"))?.words : `container ${container}`;
  return words === undefined ? why : { ...why, message: `port ${address.port} is in use by ${words}` };
}

function refOf({ cluster, spec }: DesiredCluster): ClusterRef {
  return { cluster, k3dName: spec.name };
}
