import { LABEL_FORWARD } from "../../conventions/berth_labels.ts";
import {
  LABEL_TASK_ID,
  namespaceOf,
  serviceObjectNames,
  servicePodLabels,
  taskPodLabels,
} from "../../conventions/kecs_labels.ts";
import { tagLabels } from "../../conventions/tags.ts";
import type { Selection } from "../../model/service_writer.ts";
import { describeTarget } from "../../model/workspace.ts";
import type { CacheSet } from "../cache_set.ts";
import type { ClusterLink } from "../cluster_link.ts";
import { lookOnce, pending } from "../look_once.ts";
import type { ServiceObject } from "../objects.ts";
import type { Query } from "../targets/resolve.ts";
import { objectsOf, type Snapshot } from "../targets/snapshot.ts";

/**
 * What a companion Service of a target must select and lead to, once the cluster has said enough to tell. Rejects with `AccessError` where it
 * is known not to answer or does not permit the look.
 */
export async function selectTarget(
  query: Query,
  world: { readonly caches: CacheSet; readonly link: ClusterLink; readonly signal: AbortSignal },
): Promise<Selection> {
  return await lookOnce((snapshot) => selectionOf(snapshot, query), world);
}

/** The same from what is known now; null where that is not enough. Throws `AccessError` where the look is not permitted. */
function selectionOf(snapshot: Snapshot, { target, port, kecs }: Query): Selection | null {
  switch (target.kind) {
    case "service": {
      const services = snapshot.read("services", target.namespace);
      if (pending(services)) return null;
      const service = objectsOf(services).get(target.name);
      return service === undefined ? missing(describeTarget(target)) : ofService(service, port);
    }
    case "deployment":
    case "statefulset": {
      const workloads = snapshot.read(target.kind === "deployment" ? "deployments" : "statefulSets", target.namespace);
      if (pending(workloads)) return null;
      const workload = objectsOf(workloads).get(target.name);
      const what = describeTarget(target);
      if (workload === undefined) return missing(what);
      const selector: Record<string, string> = {};
      for (const { key, operator, values } of workload.requirements) {
        const [value, ...others] = values;
        if (operator !== "In" || value === undefined || others.length > 0) {
          return none(`${what} selects its pods by more than equal labels, which a Service cannot`);
        }
        selector[key] = value;
      }
      return { kind: "selects", namespace: target.namespace, selector, targetPort: port };
    }
    case "selector":
      return { kind: "selects", namespace: target.namespace, selector: target.labels, targetPort: port };
    case "pod": {
      const pods = snapshot.read("pods", target.namespace);
      if (pending(pods)) return null;
      const pod = objectsOf(pods).get(target.name);
      if (pod === undefined) return missing(describeTarget(target));
      // The two labels that only one pod has: a task's id, and what a StatefulSet writes on its pods.
      for (const key of [LABEL_TASK_ID, "statefulset.kubernetes.io/pod-name"]) {
        const value = pod.labels[key];
        if (value !== undefined) {
          return { kind: "selects", namespace: target.namespace, selector: { [key]: value }, targetPort: port };
        }
      }
      return none(`${describeTarget(target)} has no label of its own: a Service cannot select it alone`);
    }
    case "ecsService":
    case "ecsTask":
    case "ecsTags": {
      if (kecs === undefined) return none("an ECS target needs a cluster that is marked with 'kecs'");
      const namespaces = snapshot.read("namespaces", "");
      if (namespaces.state === "pending") return null;
      const cluster = { name: target.ecsCluster, region: kecs.region };
      const namespace = namespaceOf(cluster, objectsOf(namespaces).values());
      const services = snapshot.read("services", namespace);
      if (pending(services)) return null;
      if (target.kind === "ecsService") {
        for (const name of serviceObjectNames(target.name)) {
          const service = objectsOf(services).get(name);
          if (service !== undefined) return ofService(service, port);
        }
        return { kind: "selects", namespace, selector: servicePodLabels(target.name), targetPort: port };
      }
      if (target.kind === "ecsTags") {
        return { kind: "selects", namespace, selector: tagLabels(target.tags), targetPort: port };
      }
      for (const service of objectsOf(services).values()) {
        if (service.labels[LABEL_TASK_ID] !== target.id || service.labels[LABEL_FORWARD] !== undefined) continue;
        const found = service.ports.find((one) => one.port === port || one.name === port || one.targetPort === port);
        const nodePort = found?.nodePort ?? null;
        if (nodePort !== null) return { kind: "has-node-port", nodePort };
      }
      return { kind: "selects", namespace, selector: taskPodLabels(target.id), targetPort: port };
    }
    case "nodePort":
      return { kind: "has-node-port", nodePort: target.nodePort };
    case "exposed":
      return selectionOf(snapshot, { target: target.target, port, kecs });
    default:
      return target satisfies never;
  }
}

function ofService({ namespace, name, type, selector, ports }: ServiceObject, port: Query["port"]): Selection {
  const found = ports.find((one) => one.port === port || one.name === port) ??
    ports.find((one) => one.targetPort === port);
  const what = `service ${namespace}/${name}`;
  if (found === undefined) return { kind: "none", message: `${what} has no port ${port}`, retry: true };
  if (found.nodePort !== null && (type === "NodePort" || type === "LoadBalancer")) {
    return { kind: "has-node-port", nodePort: found.nodePort };
  }
  if (selector === null) return none(`${what} has no selector: another Service cannot lead to the same`);
  return { kind: "selects", namespace, selector, targetPort: found.targetPort };
}

function none(message: string): Selection {
  return { kind: "none", message, retry: false };
}

function missing(what: string): Selection {
  return { kind: "none", message: `${what} does not exist`, retry: true };
}
