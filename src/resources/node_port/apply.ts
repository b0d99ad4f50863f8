import { LABEL_FORWARD, LABEL_MANAGED_BY, LABEL_WORKSPACE } from "../../conventions/berth_labels.ts";
import type { PlannedAction } from "../../engine/resource_kind.ts";
import { AccessError } from "../../model/cluster_access.ts";
import type { Outcome } from "../../model/plan.ts";
import type { Port } from "../../model/port.ts";
import type { NewService, ServiceWriter } from "../../model/service_writer.ts";
import type { NodePortInput } from "./diff.ts";
import type { NodePortWorld } from "./world.ts";

type Create = Extract<NodePortInput, { do: "create" }>;

/** Carries out one action. A NodePort that is taken by the time is answered with the next one; a right that is missing blocks and is named. */
export async function applyNodePort(
  { input, reason }: PlannedAction<NodePortInput>,
  { world, signal }: { readonly world: NodePortWorld; readonly signal: AbortSignal },
): Promise<Outcome> {
  if (input.do === "nothing") return { status: "blocked", reason: input.reason, message: reason };
  const writer = world.services?.(input.cluster);
  if (writer === undefined) {
    const message = `cluster ${input.cluster} is not connected`;
    return { status: "failed", reason: "cluster-unreachable", message, retry: true };
  }
  try {
    if (input.do === "delete") {
      await writer.delete(input.service, signal);
      return { status: "done" };
    }
    await world.touch?.(input.cluster);
    if (input.replaces !== null) await writer.delete(input.replaces, signal);
    return await create(input, { world, writer, signal });
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    return error.reason === "forbidden"
      ? { status: "blocked", reason: error.reason, message: error.message }
      : { status: "failed", reason: error.reason, message: error.message, retry: true };
  }
}

async function create(
  input: Create,
  { world, writer, signal }: {
    readonly world: NodePortWorld;
    readonly writer: ServiceWriter;
    readonly signal: AbortSignal;
  },
): Promise<Outcome> {
  const { cluster, others, otherName } = input;
  let service = input.service;
  let renamed = false;
  const left = [...others];
  for (;;) {
    const answer = await writer.create(service, signal);
    switch (answer.kind) {
      case "created":
        return { status: "done" };
      case "exists": {
        // A task's Service that KECS made in the meantime is the one that is wanted; so is one of ours that no look has shown yet.
        if (otherName === null || sameOwner(answer.labels, service.labels)) return { status: "done" };
        const message = `Service ${service.namespace}/${service.name} is there and not berth's`;
        if (renamed) return { status: "failed", reason: "name-taken", message, retry: true };
        renamed = true;
        service = { ...service, name: otherName };
        break;
      }
      case "taken": {
        for (const { nodePort } of service.ports) if (nodePort !== null) world.refused?.({ cluster, nodePort });
        const next = left.shift();
        if (next === undefined) {
          return { status: "failed", reason: "node-port-taken", message: answer.message, retry: true };
        }
        service = withNodePort(service, next);
        break;
      }
      case "refused":
        return { status: "failed", reason: "refused", message: answer.message, retry: true };
      default:
        return answer satisfies never;
    }
  }
}

function sameOwner(there: NewService["labels"], ours: NewService["labels"]): boolean {
  return [LABEL_MANAGED_BY, LABEL_WORKSPACE, LABEL_FORWARD].every((label) => there[label] === ours[label]);
}

function withNodePort(service: NewService, nodePort: Port | null): NewService {
  return { ...service, ports: service.ports.map((one) => ({ ...one, nodePort })) };
}
