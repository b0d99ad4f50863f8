import type { TargetState } from "../../model/cluster_access.ts";
import type { KecsSpec, Protocol, Target, TargetPort } from "../../model/workspace.ts";
import { exposedState, nodePortState } from "./node_port.ts";
import { udpView } from "./protocol_view.ts";
import { ecsServiceState, ecsTagsState, ecsTaskState } from "./ecs.ts";
import { serviceState } from "./service.ts";
import type { Snapshot } from "./snapshot.ts";
import { podState, selectorState, workloadState } from "./workload.ts";

/** What is asked for. */
export interface Query {
  readonly target: Target;
  readonly port: TargetPort;
  /** Present where the cluster runs KECS; ECS targets need it. */
  readonly kecs?: KecsSpec | undefined;
  /** Whose ports are meant. Absent: TCP. A Service may have the same port of both. */
  readonly protocol?: Protocol;
}

/** What a target is now: a pure function of the objects that the snapshot shows. */
export function resolveTarget(snapshot: Snapshot, query: Query): TargetState {
  return resolve(query.protocol === "udp" ? udpView(snapshot) : snapshot, query);
}

function resolve(snapshot: Snapshot, query: Query): TargetState {
  const { target, port, kecs, protocol = "tcp" } = query;
  switch (target.kind) {
    case "service":
      return serviceState(snapshot, { namespace: target.namespace, name: target.name, port, protocol });
    case "pod":
      return podState(snapshot, { target, port });
    case "deployment":
    case "statefulset":
      return workloadState(snapshot, { target: { ...target, kind: target.kind }, port });
    case "selector":
      return selectorState(snapshot, { target, port });
    case "ecsService":
      return kecs === undefined ? NO_KECS : ecsServiceState(snapshot, { target, port, region: kecs.region });
    case "ecsTask":
      return kecs === undefined ? NO_KECS : ecsTaskState(snapshot, { target, port, region: kecs.region });
    case "ecsTags":
      return kecs === undefined ? NO_KECS : ecsTagsState(snapshot, { target, port, region: kecs.region });
    case "nodePort":
      return nodePortState(snapshot, target.nodePort);
    case "exposed": {
      const state = resolve(snapshot, { ...query, target: target.target });
      return exposedState(snapshot, { state, nodePort: target.nodePort });
    }
    default:
      return target satisfies never;
  }
}

const NO_KECS: TargetState = {
  kind: "missing",
  reason: "not-found",
  message: "an ECS target needs a cluster that is marked with 'kecs'",
};
