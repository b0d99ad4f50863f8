import { k3dLoadBalancerContainer } from "../../conventions/k3d_names.ts";
import type { PlannedAction } from "../../engine/resource_kind.ts";
import { type K3dClusterFacts, type K3dFailure, nodesOfRole } from "../../model/k3d.ts";
import { formatPortSpec } from "../../model/k3d_ports.ts";
import { type Key, key } from "../../model/key.ts";
import type { Action } from "../../model/plan.ts";
import type { DesiredCluster } from "./desired.ts";
import { optionsSay } from "./desired.ts";
import { driftOf } from "./drift.ts";
import { judgeLoadBalancer, runs } from "./load_balancer.ts";
import type { ObservedCluster } from "./observe.ts";
import { acceptedPorts } from "./port_budget.ts";

/** What `apply` does for an action of kind `cluster`. */
export type ClusterInput =
  /** `finish`: makes anew what a creation left half done, and nothing else; `recreate` is for drift, and gated. */
  | { readonly do: "create" | "finish" | "recreate" | "start" | "add-agents"; readonly desired: DesiredCluster }
  | {
    readonly do: "nothing";
    readonly failure: { readonly reason: string; readonly message: string; readonly tool: boolean };
  };

/** The key of a cluster being there, whole and running: what forwards and mappings on it wait for. */
export function clusterKey(cluster: string): Key {
  return key("cluster", cluster);
}

/** The key of its re-creation, apart so that nothing waits for a permission it does not need. */
function recreateKey(cluster: string): Key {
  return key("cluster", `${cluster}/recreate`);
}

/** The key of agents that are added. */
function agentsKey(cluster: string): Key {
  return key("cluster", `${cluster}/agents`);
}

/** The actions that make the clusters what the file asks for. Pure, total, independent of the order of its inputs. */
export function diffClusters(
  desired: readonly DesiredCluster[],
  observed: readonly ObservedCluster[],
): readonly PlannedAction<ClusterInput>[] {
  const seen = new Map(observed.map((one) => [one.cluster, one]));
  return desired.flatMap((one) => {
    const now = seen.get(one.cluster);
    return now === undefined ? [] : diffOne(one, now);
  });
}

type Seen = Extract<ObservedCluster, { kind: "seen" }>;
type Planned = PlannedAction<ClusterInput>;

function diffOne(desired: DesiredCluster, now: ObservedCluster): readonly Planned[] {
  const { cluster, spec } = desired;
  if (now.kind === "unavailable") return [cannot(desired, now.failure)];
  if (now.kind === "missing") {
    if (now.trouble !== null) return [cannot(desired, now.trouble)];
    const held = now.holders[0];
    if (held !== undefined) {
      const message = `port ${held.address.port} is in use by ${held.words}`;
      return [
        blocked(desired, { reason: "port-in-use", message, help: "stop that program, or choose another host port" }),
      ];
    }
    return [{
      ...base(desired),
      op: "create",
      reason: "not there",
      detail: creation(desired),
      input: { do: "create", desired },
    }];
  }
  const whole = wholeness(desired, now);
  const actions: Planned[] = whole === null ? [] : [whole];
  if (now.owner !== "ours" || isUnfinished(desired, now)) return actions;
  const drift = driftOf(spec, now.facts);
  if (drift.length > 0) {
    actions.push(unlessTrouble(now, {
      ...base(desired),
      key: recreateKey(cluster),
      dependsOn: [clusterKey(cluster)],
      op: "replace",
      reason: drift.map((one) => `${one.flag}: ${one.now} → ${one.wanted}`).join(", "),
      disruption: `deletes k3d cluster ${spec.name} with everything in it, and makes it again`,
      gate: "allow-recreate",
      detail: { ...creation(desired), flags: drift.map(({ flag, now, wanted }) => ({ flag, now, wanted })) },
      input: { do: "recreate", desired },
    }));
  }
  const missing = missingAgents(desired, now.facts);
  if (missing > 0) {
    actions.push(unlessTrouble(now, {
      ...base(desired),
      key: agentsKey(cluster),
      dependsOn: [clusterKey(cluster)],
      op: "change",
      reason: `${missing} agent${missing === 1 ? "" : "s"} to add`,
      detail: { cluster: spec.name, agents: spec.agents },
      input: { do: "add-agents", desired },
    }));
  }
  return actions;
}

/** What is wrong with a cluster that is there, so that nothing on it works as it should; null when it is whole. */
function wholeness(desired: DesiredCluster, now: Seen): Planned | null {
  const { cluster, spec } = desired;
  const { facts } = now;
  const unfinished = isUnfinished(desired, now);
  if (facts.busy !== null && !runs(facts)) {
    const { verb, pid } = facts.busy;
    return unlessTrouble(now, {
      ...base(desired),
      op: "change",
      reason: `k3d ${verb} (PID ${pid}) is at work on it: waited for, and then looked at again`,
      detail: { cluster: spec.name, verb, pid },
      input: { do: unfinished ? "finish" : "start", desired },
    });
  }
  if (unfinished) {
    return unlessTrouble(now, {
      ...base(desired),
      op: "replace",
      reason: "its creation was cut off before it was done",
      detail: creation(desired),
      input: { do: "finish", desired },
    });
  }
  if (nodesOfRole(facts, "server").length === 0) {
    return blocked(desired, {
      reason: "not-whole",
      message: `containers of k3d cluster ${spec.name} are there, but none of a server`,
      help: `they were not made by berth; if nobody needs them: k3d cluster delete ${spec.name}`,
    });
  }
  const paused = facts.nodes.filter((node) => node.state === "paused" && node.role !== "other");
  if (paused.length > 0) {
    const names = paused.map((node) => node.name).join(" ");
    return blocked(desired, { reason: "paused", message: `${names} is paused`, help: `docker unpause ${names}` });
  }
  const balancer = judgeLoadBalancer(facts);
  if (balancer.kind === "cut-off") {
    const left = [balancer.keep, ...balancer.remove].map((node) => node.name).filter((name) =>
      name !== k3dLoadBalancerContainer(spec.name)
    );
    if (now.owner !== "ours" && !now.note.changing) {
      return blocked(desired, {
        reason: "not-ours",
        message: `an edit of k3d cluster ${spec.name} was cut off: ${left.join(" ")} is left over`,
        help:
          "the edit was not berth's, nor is the cluster, so it is not touched; remove the load balancer that does not run, " +
          "and give the other one its name back with docker rename",
      });
    }
    return unlessTrouble(now, {
      ...base(desired),
      op: "change",
      reason: `an edit was cut off: ${left.join(" ")} is left over`,
      disruption: balancer.keep.state === "running" ? null : "its API and published ports are down until this is done",
      detail: { cluster: spec.name, keep: balancer.keep.name, remove: balancer.remove.map((node) => node.name) },
      input: { do: "start", desired },
    });
  }
  const stopped = stoppedNodes(facts);
  if (stopped.length === 0) return null;
  const only = balancer.kind === "stopped" && stopped.length === 1;
  return unlessTrouble(now, {
    ...base(desired),
    key: clusterKey(cluster),
    op: "change",
    reason: only ? "its load balancer is stopped: API and published ports are down" : `stopped: ${stopped.join(" ")}`,
    detail: { cluster: spec.name, stopped },
    input: { do: "start", desired },
  });
}

/** Names of the nodes that should run and do not. */
function stoppedNodes(facts: K3dClusterFacts): readonly string[] {
  return facts.nodes.filter((node) => node.role !== "other" && node.state !== "running").map((node) => node.name);
}

/** How many agents a cluster lacks. */
export function missingAgents({ spec }: DesiredCluster, facts: K3dClusterFacts): number {
  return Math.max(0, spec.agents - nodesOfRole(facts, "agent").length);
}

/**
 * Whether a creation of ours was cut off. A node that was never started is the mark of it, and so is our own note with a part missing;
 * a load balancer that an edit was about to start has its predecessor beside it.
 */
export function isUnfinished(
  { spec }: DesiredCluster,
  { facts, owner, making }: {
    readonly facts: K3dClusterFacts;
    readonly owner: Seen["owner"];
    readonly making: boolean;
  },
): boolean {
  const servers = nodesOfRole(facts, "server");
  if (servers.length === 0) return making;
  if (owner !== "ours") return false;
  const balancers = nodesOfRole(facts, "loadbalancer");
  if (balancers.length > 1) return false;
  const neverStarted = [...servers, ...balancers].some((node) => node.state === "created");
  const hasBalancer = spec.config !== undefined || optionsSay(spec, ["--no-lb"]) || balancers.length === 1;
  return neverStarted || (making && (!hasBalancer || servers.length < spec.servers));
}

function creation({ spec }: DesiredCluster): Action["detail"] {
  return {
    cluster: spec.name,
    image: spec.image ?? null,
    servers: spec.servers,
    agents: spec.agents,
    ports: acceptedPorts(spec.ports).map(formatPortSpec),
  };
}

function base({ cluster }: DesiredCluster): Pick<Action, "key" | "dependsOn" | "disruption" | "gate"> {
  return { key: clusterKey(cluster), dependsOn: [], disruption: null, gate: "none" };
}

/** An action that needs k3d, or what keeps k3d from doing it. */
function unlessTrouble(now: Seen, action: Planned): Planned {
  const { trouble } = now;
  if (trouble === null) return action;
  return {
    ...action,
    op: "blocked",
    gate: "none",
    reason: `${action.reason}; ${trouble.message}`,
    input: { do: "nothing", failure: { ...trouble, tool: true } },
  };
}

function cannot(desired: DesiredCluster, failure: K3dFailure): Planned {
  return {
    ...base(desired),
    op: "blocked",
    reason: failure.message,
    detail: { cluster: desired.spec.name, reason: failure.reason },
    input: { do: "nothing", failure: { reason: failure.reason, message: failure.message, tool: true } },
  };
}

function blocked(
  desired: DesiredCluster,
  { reason, message, help }: { readonly reason: string; readonly message: string; readonly help: string },
): Planned {
  return {
    ...base(desired),
    op: "blocked",
    reason: message,
    detail: { cluster: desired.spec.name, reason, help },
    input: { do: "nothing", failure: { reason, message, tool: false } },
  };
}
