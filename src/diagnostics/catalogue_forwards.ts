import type { CatalogueEntry } from "./catalogue.ts";

const SANDBOX = "version: 1\nclusters: { play: { sandbox: {} } }\n";
const KECS = "version: 1\nclusters: { dev: { kecs: { instance: demo, region: us-east-1 } } }\n";
const yaml = (text: string) => ({ kind: "yaml", text } as const);
const target = (text: string) => yaml(`${SANDBOX}forwards:\n  web: { ${text}, port: 80 }\n`);
const ecs = (text: string) => yaml(`${KECS}forwards:\n  web: { ${text}, port: 80 }\n`);

/** Codes for clusters, targets and what forwards are to each other. */
export const FORWARD_ENTRIES = {
  PF0033: {
    title: "Target not understood",
    explanation: "A target is written `namespace/name`; an ECS service `cluster/name`.",
    example: target("service: web"),
  },
  PF0034: {
    title: "Kubernetes name not understood",
    explanation:
      "Namespaces and Services are named with small letters, digits and dashes, up to 63 characters; pods, Deployments " +
      "and StatefulSets may hold dots and be up to 253 long (RFC 1123). A Service's port is not part of its name.",
    example: target("service: default/Web"),
  },
  PF0035: {
    title: "Label not understood",
    explanation:
      "A label's key is an optional DNS name and `/`, then up to 63 letters, digits, `-`, `_` and `.`; its value is the " +
      "same without a prefix, or empty. Both begin and end with a letter or digit.",
    example: target("selector: { namespace: default, labels: { app: a b } }"),
  },
  PF0036: {
    title: "ECS name not understood",
    explanation: "ECS clusters and services are named with letters, digits, `-` and `_`, up to 255 characters.",
    example: ecs("service: default/my.web"),
  },
  PF0037: {
    title: "Task not understood",
    explanation:
      "A task is `cluster/id`, its ARN (`arn:aws:ecs:region:account:task/cluster/id`), or a cluster together with `tags`. The " +
      "old ARN without the cluster is not enough to find it.",
    example: ecs("task: arn:aws:ecs:us-east-1:123456789012:task/0f3a"),
  },
  PF0038: {
    title: "Task in another region",
    explanation: "The ARN's region is not that of the cluster's `kecs.region`, so the task cannot be there.",
    example: ecs("task: arn:aws:ecs:eu-west-1:123456789012:task/default/0f3a"),
  },
  PF0039: {
    title: "Tags not understood",
    explanation:
      "`tags` go with `task: cluster` and choose the newest ready task that has them all. A tag's key is not empty and has " +
      "at most 128 characters, its value at most 256.",
    example: ecs("task: default/abc, tags: { app: web }"),
  },
  PF0040: {
    title: "Tags collide",
    explanation:
      "KECS turns tag keys into label keys and replaces the characters that labels do not allow. Two of these keys " +
      "become the same label, so only one of their values could be looked for.",
    example: ecs("task: default, tags: { 'a b': x, 'a:b': y }"),
  },
  PF0041: {
    title: "No target",
    explanation: "A forward leads to one of `service`, `pod`, `deployment`, `statefulset`, `selector` or `task`.",
    example: yaml(`${SANDBOX}forwards:\n  web: { port: 80 }\n`),
  },
  PF0042: {
    title: "Several targets",
    explanation: "A forward leads to one target. Write one forward for each.",
    example: target("service: default/web, pod: default/web-0"),
  },
  PF0043: {
    title: "Local port used twice",
    explanation:
      "Two forwards listen on the same local port and on addresses that overlap; `0.0.0.0` and `::` overlap every " +
      "address. The same port on different addresses is fine.",
    example: yaml(
      `${SANDBOX}forwards:\n  web: { service: default/web, port: 80, local: 8080 }\n` +
        "  api: { service: default/api, port: 80, local: 8080 }\n",
    ),
  },
  PF0044: {
    title: "Task on a cluster without KECS",
    explanation: "`task` names an ECS task, and the cluster does not say that it runs KECS.",
    example: target("task: default/abc"),
  },
  PF0045: {
    title: "Unknown cluster",
    explanation: "The forward names a cluster that is not under `clusters`.",
    example: target("cluster: plya, service: default/web"),
  },
  PF0046: {
    title: "Cluster not said",
    explanation: "`cluster` may be left out only where the file has exactly one.",
    example: yaml("version: 1\nclusters: { a: {}, b: {} }\nforwards:\n  web: { service: default/web, port: 80 }\n"),
  },
  PF0047: {
    title: "Cluster of two kinds",
    explanation:
      "A cluster is made by k3d (`k3d`), simulated (`sandbox`) or reached by a kubeconfig (`kubeconfig`, `context`): one of " +
      "these.",
    example: yaml("version: 1\nclusters: { play: { sandbox: {}, context: staging } }\n"),
  },
  PF0061: {
    title: "No way for UDP",
    explanation:
      "A UDP forward sends its datagrams to a NodePort of the target (the direct route). Kubernetes port-forward, which the tunnel " +
      "is made of, carries TCP only, so a target without a NodePort cannot be reached by UDP.",
    example: target("service: default/dns, protocol: udp, route: tunnel"),
  },
} as const satisfies Record<string, CatalogueEntry>;
