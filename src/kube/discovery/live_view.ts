import { KECS_NAMESPACE } from "../../conventions/alb.ts";
import { LABEL_WORKSPACE } from "../../conventions/berth_labels.ts";
import { LABEL_TASK_ID } from "../../conventions/kecs_labels.ts";
import type { LiveAlb, LiveService, LiveState, LiveTask, LiveWants } from "../../model/live_cluster.ts";
import type { IngressObject, PodObject, ServiceObject } from "../objects.ts";
import { notReady, objectsOf, type Snapshot } from "../targets/snapshot.ts";
import { EVERYWHERE } from "../watch_cache.ts";

/** What a cluster holds that forwards follow: a pure function of the objects that the snapshot shows. */
export function liveState(snapshot: Snapshot, wants: LiveWants): LiveState {
  const services = snapshot.read("services", EVERYWHERE);
  const pods = wants.tasks ? snapshot.read("pods", EVERYWHERE) : null;
  const ingresses = wants.albs ? snapshot.read("ingresses", KECS_NAMESPACE) : null;
  // Without Ingresses only the names of load balancers are not known: listeners and tasks go on.
  const waiting = notReady(services, ...(pods === null ? [] : [pods]));
  if (waiting?.kind === "unknown") return { kind: "unknown", reason: waiting.reason, message: waiting.message };
  const all = [...objectsOf(services).values()];
  return {
    kind: "known",
    live: {
      nodePorts: new Set(all.flatMap((service) => service.heldNodePorts).sort((a, b) => a - b)),
      services: all.filter(isOfInterest).map(serviceOf).sort(byPlace),
      tasks: pods === null ? [] : tasksOf(objectsOf(pods).values()),
      albs: ingresses === null ? [] : albsOf(objectsOf(ingresses).values()),
    },
  };
}

function isOfInterest({ heldNodePorts, labels }: ServiceObject): boolean {
  return heldNodePorts.length > 0 || labels[LABEL_WORKSPACE] !== undefined || labels[LABEL_TASK_ID] !== undefined;
}

function serviceOf({ namespace, name, uid, labels, selector, ports }: ServiceObject): LiveService {
  return { namespace, name, uid, labels, selector: selector ?? {}, ports };
}

/** Pods that ECS is to give a public IP, which still live. A pod of an ECS service has no id of its own, and its Service has the NodePort. */
function tasksOf(pods: Iterable<PodObject>): readonly LiveTask[] {
  const tasks: LiveTask[] = [];
  for (const { namespace, name, labels, publicIp, terminating, phase, createdAt } of pods) {
    const id = labels[LABEL_TASK_ID] ?? "";
    if (publicIp === undefined || id === "" || terminating || phase === "Succeeded" || phase === "Failed") continue;
    const { arn, ports } = publicIp;
    tasks.push({ namespace, id, arn, pod: name, selector: { [LABEL_TASK_ID]: id }, ports, createdAt });
  }
  return tasks.sort((a, b) => a.createdAt - b.createdAt || compare(a.id, b.id) || byPlace(a, b));
}

function albsOf(ingresses: Iterable<IngressObject>): readonly LiveAlb[] {
  const albs: LiveAlb[] = [];
  for (const { alb } of ingresses) if (alb !== null) albs.push(alb);
  return albs.sort((a, b) =>
    compare(a.name, b.name) || (a.listener ?? 0) - (b.listener ?? 0) || compare(a.dnsName, b.dnsName)
  );
}

function byPlace(
  a: { readonly namespace: string; readonly name?: string; readonly pod?: string },
  b: { readonly namespace: string; readonly name?: string; readonly pod?: string },
): number {
  return compare(a.namespace, b.namespace) || compare(a.name ?? a.pod ?? "", b.name ?? b.pod ?? "");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A live state as text that is the same where nothing that anybody uses differs. */
export function liveText(state: LiveState): string {
  return JSON.stringify(state, (_key, value: unknown) => value instanceof Set ? [...value] : value);
}
