import type { CatalogueEntry } from "./catalogue.ts";

const yaml = (
  clusters: string,
  more = "",
) => ({ kind: "yaml", text: `version: 1\nclusters:\n${clusters}${more}` } as const);
const k3d = (text: string) => yaml(`  dev: { k3d: { ${text} } }\n`);
const kecs = (name: string, more: string) => `  ${name}: { kecs: { instance: ${name}, region: us-east-1 }, ${more} }\n`;

/** Codes for k3d clusters, load balancers and public IPs. */
export const CLUSTER_ENTRIES = {
  PF0048: {
    title: "Port range not understood",
    explanation: "A range of ports is written `9000-9099`, the lower port first; one port is its number.",
    example: yaml(kecs("dev", "publicIp: { local: 32000-31000 }")),
  },
  PF0049: {
    title: "Published port not understood",
    explanation:
      "`k3d.ports` are in k3d's own syntax: `[HOST:][HOSTPORT:]CONTAINERPORT[/PROTOCOL][@FILTER]`. Ports may be ranges, and " +
      "two ranges must have the same size. A filter is `server:0`, `agent:*`, `loadbalancer` or `all`; several are joined by `;`.",
    example: k3d('ports: ["8080:80@sever:0"]'),
  },
  PF0050: {
    title: "API port not understood",
    explanation: "The port of the Kubernetes API is a number, or `HOST:PORT`.",
    example: k3d("apiPort: localhost"),
  },
  PF0051: {
    title: "k3d name not understood",
    explanation:
      "k3d names clusters with up to 32 letters, digits and dashes. Without `k3d.name` the cluster's key is the name.",
    example: k3d("name: my_cluster"),
  },
  PF0052: {
    title: "k3d cluster named twice",
    explanation:
      "Two entries of `clusters` are one and the same k3d cluster. What one asks for, the other would take away again.",
    example: yaml("  dev: { k3d: {} }\n  more: { k3d: { name: dev } }\n"),
  },
  PF0053: {
    title: "Node filter not understood",
    explanation:
      "In arguments, volumes, variables and labels of k3d, what follows the last `@` says which nodes are meant: `server:0`, " +
      "`agent:*`, `all`. A character `@` that means itself is written `\\@`.",
    example: k3d('k3sArgs: ["--disable=traefik@servers"]'),
  },
  PF0054: {
    title: "Published port used twice",
    explanation:
      "A port that k3d publishes on this machine is published again, or a forward asks to listen there. Docker has it for as " +
      "long as the cluster runs.",
    example: yaml(
      '  dev: { k3d: { ports: ["8080:80@loadbalancer"] } }\n',
      "forwards:\n  web: { service: default/web, port: 80, local: 8080 }\n",
    ),
  },
  PF0055: {
    title: "Ranges of different sizes",
    explanation:
      "Each local port goes with one NodePort, so both ranges have the same size. One that is not written gets the size of " +
      "the other.",
    example: yaml(kecs("dev", "publicIp: { local: 32000-32099, nodePorts: 30000-30999 }")),
  },
  PF0056: {
    title: "Key without what it needs",
    explanation:
      "The key works only together with another one: `publicIp` and `alb.hosts` with `kecs`, `alb.publish: k3d` with `k3d`, " +
      "`alb.hosts` with berth in the path, `k3d.kubeconfig.switch` with `update`.",
    example: yaml("  dev: { context: dev, publicIp: {} }\n"),
  },
  PF0057: {
    title: "Listeners that share a port",
    explanation:
      "KECS' rule gives two listeners of a cluster the same local port, which only one can have (an error), or the same " +
      "NodePort, behind which is one and the same listener (a warning).",
    example: yaml(kecs("dev", "alb: { listeners: [81, 181] }")),
  },
  PF0058: {
    title: "Local port of load balancers or public IPs used twice",
    explanation:
      "Local ports that follow from `alb` or `publicIp` are those of a forward or of another cluster too: two clusters that " +
      "follow KECS' rule both want 8080 and 8443. This is a warning: berth listens only where there is something to lead to. The " +
      "first one has the port, and `plan` shows the other one as blocked. The help says what to write to have both.",
    example: yaml(kecs("one", "alb: {}") + kecs("two", "alb: {}")),
  },
  PF0059: {
    title: "NodePorts of load balancers given to tasks",
    explanation:
      "NodePorts of `alb` lie inside those of `publicIp` and are not among those that KECS keeps for itself, which are passed " +
      "over. A task may get one before a load balancer asks for it. This is a warning.",
    example: yaml(kecs("dev", "alb: { listeners: [{ listener: 80, local: 8080, nodePort: 30500 }] }, publicIp: {}")),
  },
} as const satisfies Record<string, CatalogueEntry>;
