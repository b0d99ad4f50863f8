import { type EndpointSlice, hasCondition, isReady, type Pod, type Service, type ServicePort } from "./objects.ts";
import { matchesLabels } from "./selectors.ts";
import type { Store } from "./store.ts";

type SlicePorts = NonNullable<EndpointSlice["ports"]>;
type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];

/** The label that ties an EndpointSlice to its Service. */
export const serviceNameLabel = "kubernetes.io/service-name";

/** Brings the EndpointSlices of a Service with a selector in line with its pods. Those of others are left alone. */
export function syncEndpoints(store: Store, service: Service): void {
  const { selector, type } = service.spec;
  const { name, namespace = "", uid } = service.metadata;
  if (selector === undefined || Object.keys(selector).length === 0 || type === "ExternalName") return;
  const pods = store.pods.list(namespace)
    .filter((pod) => matchesLabels(selector, pod.metadata.labels) && pod.status?.podIP !== undefined);
  const wanted = groupByPorts(service, pods);
  const present = store.endpointslices.list(namespace).filter((slice) =>
    slice.metadata.ownerReferences?.some((owner) => owner.uid === uid)
  );
  for (const slice of present) {
    const ports = JSON.stringify(slice.ports);
    const endpoints = wanted.get(ports);
    if (endpoints === undefined) {
      store.endpointslices.remove(slice.metadata.name, namespace);
      continue;
    }
    wanted.delete(ports);
    if (JSON.stringify(slice.endpoints) !== JSON.stringify(endpoints)) {
      store.endpointslices.put({ ...slice, endpoints });
    }
  }
  for (const [ports, endpoints] of wanted) {
    store.endpointslices.put({
      metadata: {
        name: `${name}-${store.newSuffix(5)}`,
        namespace,
        uid: "",
        resourceVersion: "",
        labels: {
          ...service.metadata.labels,
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
          [serviceNameLabel]: name,
        },
        ownerReferences: [{ apiVersion: "v1", kind: "Service", name, uid, controller: true }],
      },
      addressType: "IPv4",
      endpoints,
      ports: JSON.parse(ports),
    });
  }
}

/** Endpoints by the JSON of their ports: pods whose named ports have different numbers go to different slices. */
function groupByPorts(service: Service, pods: readonly Pod[]): Map<string, Endpoint[] | null> {
  const groups = new Map<string, Endpoint[] | null>();
  for (const pod of pods) {
    const ports = JSON.stringify(resolvePorts(service, pod));
    groups.set(ports, [...groups.get(ports) ?? [], endpointOf(pod)]);
  }
  // Without pods there is one slice with nulls in the place of both lists, as in a real cluster.
  if (groups.size === 0) groups.set("null", null);
  return groups;
}

function resolvePorts(service: Service, pod: Pod): SlicePorts {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = resolvePort(port, pod);
    return number === undefined ? [] : [{ name: port.name ?? "", port: number, protocol: port.protocol }];
  });
}

/** The container port that a Service port means in one pod; undefined when the pod has no port of that name. */
function resolvePort(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target;
  return pod.spec.containers.flatMap((container) => container.ports ?? [])
    .find((candidate) => candidate.name === target && candidate.protocol === port.protocol)?.containerPort;
}

function endpointOf(pod: Pod): Endpoint {
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses: [pod.status?.podIP ?? ""],
    conditions: {
      ready: isReady(pod),
      serving: hasCondition(pod, "Ready"),
      terminating: pod.metadata.deletionTimestamp !== undefined,
    },
    nodeName: pod.spec.nodeName,
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}
