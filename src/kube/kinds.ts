import { ALB_NAME, ANNOTATION_ALB_DNS_NAME, COMPONENT_ALB_LISTENER, LABEL_COMPONENT } from "../conventions/alb.ts";
import type { Requirement } from "../conventions/label_selector.ts";
import { ANNOTATION_PUBLIC_IP, ANNOTATION_TASK_ARN } from "../conventions/public_ip.ts";
import { asPort, type Port } from "../model/port.ts";
import type {
  ContainerPort,
  Endpoint,
  EndpointSliceObject,
  IngressObject,
  Kind,
  KubeObjects,
  Meta,
  NodeObject,
  PodObject,
  ServiceObject,
  ServicePort,
  SlicePort,
  WorkloadObject,
} from "./objects.ts";
import { type Raw, rawList, rawObject, rawText, rawTexts } from "./raw.ts";

/** How a kind is asked for, and what is kept of its objects: little, because whole namespaces are kept. */
export interface KindInfo<T> {
  /** Path of the API group and version: `/api/v1`. */
  readonly group: string;
  readonly plural: string;
  /** Null for an object that cannot be used (no name). */
  trim(raw: unknown): T | null;
}

/** All kinds. */
export const KINDS: { readonly [K in Kind]: KindInfo<KubeObjects[K]> } = {
  services: { group: "/api/v1", plural: "services", trim: trimmer(service) },
  endpointSlices: { group: "/apis/discovery.k8s.io/v1", plural: "endpointslices", trim: trimmer(endpointSlice) },
  pods: { group: "/api/v1", plural: "pods", trim: trimmer(pod) },
  nodes: { group: "/api/v1", plural: "nodes", trim: trimmer(node) },
  namespaces: { group: "/api/v1", plural: "namespaces", trim: trimmer((meta) => meta) },
  deployments: { group: "/apis/apps/v1", plural: "deployments", trim: trimmer(workload) },
  statefulSets: { group: "/apis/apps/v1", plural: "statefulsets", trim: trimmer(workload) },
  ingresses: { group: "/apis/networking.k8s.io/v1", plural: "ingresses", trim: trimmer(ingress) },
};

function trimmer<T>(rest: (meta: Meta, raw: Raw) => T): (raw: unknown) => T | null {
  return (value) => {
    const raw = rawObject(value);
    const from = rawObject(raw["metadata"]);
    const name = rawText(from["name"]);
    if (name === null) return null;
    const created = Date.parse(rawText(from["creationTimestamp"]) ?? "");
    return rest({
      namespace: rawText(from["namespace"]) ?? "",
      name,
      uid: rawText(from["uid"]) ?? "",
      createdAt: Number.isNaN(created) ? 0 : created,
      labels: rawTexts(from["labels"]),
    }, raw);
  };
}

function service(meta: Meta, raw: Raw): ServiceObject {
  const spec = rawObject(raw["spec"]);
  const selector = rawTexts(spec["selector"]);
  return {
    ...meta,
    type: rawText(spec["type"]) ?? "ClusterIP",
    selector: Object.keys(selector).length === 0 ? null : selector,
    externalName: rawText(spec["externalName"]),
    localTraffic: spec["externalTrafficPolicy"] === "Local",
    ports: rawList(spec["ports"]).map(rawObject).filter(isTcp).flatMap(servicePort),
    udpPorts: rawList(spec["ports"]).map(rawObject).filter(isUdp).flatMap(servicePort),
    heldNodePorts: [
      ...rawList(spec["ports"]).map((one) => rawPort(rawObject(one)["nodePort"])),
      rawPort(spec["healthCheckNodePort"]),
    ].filter((one) => one !== null),
  };
}

function servicePort(raw: Raw): readonly ServicePort[] {
  const port = rawPort(raw["port"]);
  if (port === null) return [];
  const targetPort = rawPort(raw["targetPort"]) ?? rawText(raw["targetPort"]) ?? port;
  return [{ name: rawText(raw["name"]), port, targetPort, nodePort: rawPort(raw["nodePort"]) }];
}

function endpointSlice(meta: Meta, raw: Raw): EndpointSliceObject {
  return {
    ...meta,
    service: meta.labels["kubernetes.io/service-name"] ?? null,
    ports: rawList(raw["ports"]).map(rawObject).filter(isTcp).flatMap(slicePort),
    udpPorts: rawList(raw["ports"]).map(rawObject).filter(isUdp).flatMap(slicePort),
    endpoints: rawList(raw["endpoints"]).map((one) => endpoint(rawObject(one), meta.namespace)),
  };
}

function slicePort(raw: Raw): readonly SlicePort[] {
  const port = rawPort(raw["port"]);
  return port === null ? [] : [{ name: rawText(raw["name"]), port }];
}

function endpoint(raw: Raw, sliceNamespace: string): Endpoint {
  const conditions = rawObject(raw["conditions"]);
  const target = rawObject(raw["targetRef"]);
  const podName = target["kind"] === "Pod" ? rawText(target["name"]) : null;
  return {
    addresses: rawList(raw["addresses"]).filter((one) => typeof one === "string"),
    // Absent means ready: discovery.k8s.io/v1, EndpointConditions.
    ready: conditions["ready"] !== false,
    terminating: conditions["terminating"] === true,
    node: rawText(raw["nodeName"]),
    pod: podName === null ? null : {
      namespace: rawText(target["namespace"]) ?? sliceNamespace,
      name: podName,
      uid: rawText(target["uid"]) ?? "",
    },
  };
}

function pod(meta: Meta, raw: Raw): PodObject {
  const spec = rawObject(raw["spec"]);
  const status = rawObject(raw["status"]);
  // An init container that is restarted always is a sidecar: it runs, and may listen, as long as the others.
  const sidecars = rawList(spec["initContainers"]).map(rawObject).filter((one) => one["restartPolicy"] === "Always");
  const annotations = rawTexts(rawObject(raw["metadata"])["annotations"]);
  const containers = [...rawList(spec["containers"]).map(rawObject), ...sidecars];
  return {
    ...meta,
    ...(annotations[ANNOTATION_PUBLIC_IP] === "ENABLED"
      ? { publicIp: { arn: rawText(annotations[ANNOTATION_TASK_ARN]), ports: containerPorts(containers) } }
      : {}),
    ready: hasCondition(status, "Ready"),
    terminating: rawText(rawObject(raw["metadata"])["deletionTimestamp"]) !== null,
    phase: rawText(status["phase"]) ?? "Unknown",
    problem: podProblem(status),
    ports: namedPorts(containers, isTcp),
    udpPorts: namedPorts(containers, isUdp),
  };
}

function namedPorts(containers: readonly Raw[], isWanted: (raw: Raw) => boolean): readonly ContainerPort[] {
  return containers.flatMap((container) =>
    rawList(container["ports"]).map(rawObject).filter(isWanted).flatMap((one) => {
      const name = rawText(one["name"]);
      const port = rawPort(one["containerPort"]);
      return name === null || port === null ? [] : [{ name, port }];
    })
  );
}

function containerPorts(containers: readonly Raw[]): readonly Port[] {
  const all = containers.flatMap((container) => rawList(container["ports"]).map(rawObject)).filter(isTcp);
  const ports = new Set(all.map((one) => rawPort(one["containerPort"])).filter((one) => one !== null));
  return [...ports].sort((a, b) => a - b);
}

function ingress(meta: Meta, raw: Raw): IngressObject {
  const annotations = rawTexts(rawObject(raw["metadata"])["annotations"]);
  const dnsName = rawText(annotations[ANNOTATION_ALB_DNS_NAME]);
  if (meta.labels[LABEL_COMPONENT] !== COMPONENT_ALB_LISTENER || dnsName === null) return { ...meta, alb: null };
  const name = rawText(annotations[ALB_NAME]) ?? rawText(meta.labels[ALB_NAME]) ?? dnsName.split(".", 1)[0] ?? dnsName;
  const listener = /-port-(\d{1,5})$/.exec(meta.name)?.[1];
  return {
    ...meta,
    alb: { name: name.toLowerCase(), dnsName, listener: listener === undefined ? null : rawPort(Number(listener)) },
  };
}

function podProblem(status: Raw): string | null {
  for (const one of [...rawList(status["initContainerStatuses"]), ...rawList(status["containerStatuses"])]) {
    const reason = rawText(rawObject(rawObject(rawObject(one)["state"])["waiting"])["reason"]);
    if (reason !== null && reason !== "ContainerCreating" && reason !== "PodInitializing") return reason;
  }
  return rawText(status["reason"]);
}

function node(meta: Meta, raw: Raw): NodeObject {
  const status = rawObject(raw["status"]);
  const addresses = rawList(status["addresses"]).map(rawObject);
  const ofType = (type: string) => rawText(addresses.find((one) => one["type"] === type)?.["address"]);
  return { ...meta, ready: hasCondition(status, "Ready"), address: ofType("InternalIP") ?? ofType("ExternalIP") };
}

function workload(meta: Meta, raw: Raw): WorkloadObject {
  const spec = rawObject(raw["spec"]);
  const selector = rawObject(spec["selector"]);
  const exact = Object.entries(rawTexts(selector["matchLabels"])).map(([key, value]): Requirement => ({
    key,
    operator: "In",
    values: [value],
  }));
  return {
    ...meta,
    requirements: [...exact, ...rawList(selector["matchExpressions"]).map(rawObject).flatMap(requirement)],
    replicas: typeof spec["replicas"] === "number" ? spec["replicas"] : 1,
  };
}

function requirement(raw: Raw): readonly Requirement[] {
  const key = rawText(raw["key"]);
  const operator = raw["operator"];
  if (key === null) return [];
  if (operator !== "In" && operator !== "NotIn" && operator !== "Exists" && operator !== "DoesNotExist") return [];
  return [{ key, operator, values: rawList(raw["values"]).filter((one) => typeof one === "string") }];
}

function hasCondition(status: Raw, type: string): boolean {
  return rawList(status["conditions"]).map(rawObject).some((one) => one["type"] === type && one["status"] === "True");
}

function isTcp(raw: Raw): boolean {
  return raw["protocol"] === undefined || raw["protocol"] === "TCP";
}

function isUdp(raw: Raw): boolean {
  return raw["protocol"] === "UDP";
}

function rawPort(value: unknown): Port | null {
  return typeof value === "number" ? asPort(value) ?? null : null;
}
