/** Which backends a Service comes to. */
import { endpoint, node, pod, service, slice } from "./samples.ts";
import { nodePortSpec, table, web } from "./targets_rig.ts";

table("service", [
  {
    name: "pods behind it, newest first",
    world: {
      services: [service("web")],
      endpointSlices: [slice("web", [endpoint("web-a"), endpoint("web-b")])],
      pods: [pod("web-a"), pod("web-b", { created: "2026-02-01T00:00:00Z" })],
    },
    target: web,
    port: 80,
    is: "any [web-b:8080 web-a:8080] [] -",
  },
  {
    name: "not ready, terminating by the slice, terminating by the pod, and one made anew are left out",
    world: {
      services: [service("web")],
      endpointSlices: [slice("web", [
        endpoint("web-a", { ready: false, serving: true }),
        endpoint("web-b", { ready: true, terminating: true }),
        endpoint("web-c"),
        endpoint("web-d"),
        endpoint("web-e"),
      ])],
      pods: [pod("web-c", { terminating: true }), pod("web-d", { uid: "another" }), pod("web-e")],
    },
    target: web,
    port: 80,
    is: "any [web-e:8080] [] -",
  },
  {
    name: "a named port of several, by name and by number",
    world: {
      services: [
        service("web", {
          ports: [{ name: "http", port: 80, targetPort: "http" }, { name: "admin", port: 81, targetPort: 9001 }],
        }),
      ],
      endpointSlices: [
        slice("web", [endpoint("web-a")], { ports: [{ name: "http", port: 8080 }, { name: "admin", port: 9001 }] }),
      ],
      pods: [pod("web-a")],
    },
    target: web,
    port: "admin",
    is: "any [web-a:9001] [] -",
  },
  {
    name: "pods that resolve a named targetPort differently sit in different slices",
    world: {
      services: [service("web", { ports: [{ name: "http", port: 80, targetPort: "http" }] })],
      endpointSlices: [
        slice("web", [endpoint("web-a")], { ports: [{ name: "http", port: 8080 }], suffix: "x" }),
        slice("web", [endpoint("web-b")], { ports: [{ name: "http", port: 9090 }], suffix: "y" }),
        slice("other", [endpoint("other-a")], { ports: [{ name: "http", port: 1 }] }),
      ],
      pods: [],
    },
    target: web,
    port: 80,
    is: "any [web-a:8080 web-b:9090] [] -",
  },
  {
    name: "dual stack counts a pod once",
    world: {
      services: [service("web")],
      endpointSlices: [
        slice("web", [endpoint("web-a")], { suffix: "v4" }),
        slice("web", [endpoint("web-a")], { suffix: "v6" }),
      ],
      pods: [pod("web-a")],
    },
    target: web,
    port: 80,
    is: "any [web-a:8080] [] -",
  },
  {
    name: "selector-less: its addresses",
    world: {
      services: [service("web", { selector: undefined })],
      endpointSlices: [
        slice("web", [{ addresses: ["192.0.2.7"] }, { addresses: ["192.0.2.8"], conditions: { ready: false } }]),
      ],
    },
    target: web,
    port: 80,
    is: "any [192.0.2.7:8080] [] -",
  },
  {
    name: "NodePort: ready nodes first, by their internal address",
    world: {
      services: [service("web", nodePortSpec)],
      endpointSlices: [slice("web", [endpoint("web-a")])],
      pods: [pod("web-a")],
      nodes: [node("a", "172.18.0.2", { ready: false }), node("b", "172.18.0.3")],
    },
    target: web,
    port: 80,
    is: "any [web-a:8080] [172.18.0.3:30080 172.18.0.2:30080] -",
  },
  {
    name: "LoadBalancer that waits for its address has a NodePort; the right one of two",
    world: {
      services: [
        service("web", {
          type: "LoadBalancer",
          ports: [{ name: "a", port: 80, targetPort: 8080, nodePort: 30001 }, {
            name: "b",
            port: 81,
            targetPort: 8081,
            nodePort: 30002,
          }],
        }),
      ],
      endpointSlices: [
        slice("web", [endpoint("web-a")], { ports: [{ name: "a", port: 8080 }, { name: "b", port: 8081 }] }),
      ],
      pods: [pod("web-a")],
      nodes: [node("a", "172.18.0.2")],
    },
    target: web,
    port: 81,
    is: "any [web-a:8081] [172.18.0.2:30002] -",
  },
  {
    name: "externalTrafficPolicy Local: only nodes that hold an endpoint",
    world: {
      services: [service("web", { ...nodePortSpec, externalTrafficPolicy: "Local" })],
      endpointSlices: [slice("web", [endpoint("web-a")])],
      pods: [pod("web-a")],
      nodes: [node("node-a", "172.18.0.2"), node("node-b", "172.18.0.3")],
    },
    target: web,
    port: 80,
    is: "any [web-a:8080] [172.18.0.2:30080] -",
  },
  {
    name: "nodes forbidden: just no direct route",
    world: {
      services: [service("web", nodePortSpec)],
      endpointSlices: [slice("web", [endpoint("web-a")])],
      pods: [pod("web-a")],
      nodes: "forbidden",
    },
    target: web,
    port: 80,
    is: "any [web-a:8080] [] -",
  },
  {
    name: "pods forbidden: only their age is lost",
    world: { services: [service("web")], endpointSlices: [slice("web", [endpoint("web-a")])], pods: "forbidden" },
    target: web,
    port: 80,
    is: "any [web-a:8080] [] -",
  },
  {
    name: "services forbidden",
    world: { services: "forbidden" },
    target: web,
    port: 80,
    is: "unknown forbidden: services are forbidden",
  },
  {
    name: "waits for nodes where it has a NodePort",
    world: { services: [service("web", nodePortSpec)], nodes: "pending" },
    target: web,
    port: 80,
    is: "unknown connecting: waiting for the cluster's first answer",
  },
  {
    name: "does not exist",
    world: {},
    target: web,
    port: 80,
    is: "missing not-found: service default/web does not exist",
  },
  {
    name: "no such port, before endpoints are known",
    world: {
      services: [service("web", { ports: [{ name: "http", port: 80 }, { port: 443 }, { port: 53, protocol: "UDP" }] })],
      pods: "pending",
    },
    target: web,
    port: 53,
    is: "missing port-not-found: service default/web has no port 53: its ports are 80 (http), 443",
  },
  {
    name: "ExternalName",
    world: { services: [service("web", { type: "ExternalName", externalName: "db.example.com" })] },
    target: web,
    port: 80,
    is:
      "missing not-found: service default/web is only another name for db.example.com (ExternalName): nothing in this cluster answers for it",
  },
  {
    name: "nothing ready: what is there instead",
    world: {
      services: [service("web")],
      endpointSlices: [slice("web", [endpoint("web-a", { ready: false })])],
      pods: [
        pod("web-a", { ready: false, waiting: "CrashLoopBackOff" }),
        pod("web-b", { terminating: true }),
        pod("web-c", { ready: false, phase: "Succeeded" }),
        pod("other-a"),
      ],
    },
    target: web,
    port: 80,
    is:
      "any [] [] service default/web has no ready pod: 3 pods: 1 completed, 1 not ready (CrashLoopBackOff), 1 terminating",
  },
  {
    name: "ready pods without the port that it leads to",
    world: {
      services: [service("web", { ports: [{ name: "http", port: 80, targetPort: "nope" }] })],
      endpointSlices: [slice("web", [endpoint("web-a")], { ports: [] })],
      pods: [pod("web-a")],
    },
    target: web,
    port: 80,
    is: "any [] [] service default/web has ready pods, but none of them has the port that it leads to",
  },
  {
    name: "ready pods that the slice does not have yet",
    world: { services: [service("web")], endpointSlices: [slice("web", [])], pods: [pod("web-a")] },
    target: web,
    port: 80,
    is: "any [] [] service default/web has ready pods that are not among its endpoints yet",
  },
  {
    name: "nothing ready and pods forbidden",
    world: { services: [service("web")], endpointSlices: [slice("web", [])], pods: "forbidden" },
    target: web,
    port: 80,
    is: "any [] [] service default/web has no ready endpoint",
  },
  {
    name: "no pods at all",
    world: { services: [service("web")] },
    target: web,
    port: 80,
    is: "any [] [] service default/web has no pods: none is labelled app=web",
  },
]);
