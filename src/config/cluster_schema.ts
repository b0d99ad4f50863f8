import { z } from "zod";
import { apiPort, portNumberOf, portRange, text, wholeNumber, word } from "./scalars.ts";

const FILTERED = "may end in `@` and a node filter of k3d, such as `@server:0` or `@agent:*`";

const texts = (description: string, examples?: readonly string[]) =>
  z.array(z.string().min(1)).optional().meta({
    description,
    ...(examples === undefined ? {} : { examples: [examples] }),
  });

const pairs = (description: string) => z.record(z.string(), z.string()).optional().meta({ description });

const registries = z.strictObject({
  create: text("A registry to make with the cluster: `NAME[:HOST][:HOSTPORT]`.").optional(),
  use: texts("Registries of k3d to connect the cluster to."),
  config: text("Path of a `registries.yaml` of k3s, relative to this file.").optional(),
}).meta({ description: "Image registries of the cluster." });

const kubeconfig = z.strictObject({
  update: z.boolean().optional().meta({
    description: "Whether k3d writes the cluster to the default kubeconfig. Default true.",
  }),
  switch: z.boolean().optional().meta({
    description: "Whether it becomes the current context there. Default false: what other terminals use stays.",
  }),
}).meta({ description: "What the creation does with your kubeconfig." });

const k3d = z.strictObject({
  name: text("k3d's name of the cluster. Default: its key in this file.", { examples: ["kecs-demo"] }).optional(),
  image: text("Image of k3s for the nodes. Default: that of k3d.", { examples: ["rancher/k3s:v1.31.4-k3s1"] })
    .optional(),
  servers: wholeNumber("How many servers. Default 1.", { min: 1, max: 99 }).optional(),
  agents: wholeNumber("How many agents. Default 0. More are added to a running cluster, without making it anew.", {
    min: 0,
    max: 999,
  }).optional(),
  apiPort: apiPort("`[HOST:]PORT` of the Kubernetes API. Default: k3d chooses a free port.").optional(),
  ports: texts(
    "Published ports, in k3d's own syntax: `[HOST:][HOSTPORT:]CONTAINERPORT[/PROTOCOL][@FILTER]`; ports may be ranges.",
    ["5373:30080@server:0"],
  ),
  k3sArgs: texts(`Arguments of k3s. Each ${FILTERED}.`, ["--disable=traefik@server:*"]),
  volumes: texts(`Mounts, \`SOURCE:TARGET\`, as k3d takes them. Each ${FILTERED}.`),
  env: texts(`Environment of the nodes, \`NAME=VALUE\`. Each ${FILTERED}.`),
  labels: pairs(`Labels of the Kubernetes nodes. A value ${FILTERED}.`),
  runtimeLabels: pairs(`Labels of the containers. A value ${FILTERED}.`),
  registries: registries.optional(),
  network: text("Docker network to use. Default: one of its own.").optional(),
  config: text(
    "Path of a k3d config file, relative to this file. With one, only published ports that berth added are ever removed.",
  ).optional(),
  options: texts("More arguments for `k3d cluster create`, each a word of its own, handed over as they are.", [
    "--no-rollback",
  ]),
  edits: word(
    ["ask", "auto", "never"],
    "May the load balancer of a running cluster be replaced to change its ports? It takes about seven seconds without API and " +
      "published ports. `ask` (default): with `--allow-restart` or a typed yes. `auto`: yes. `never`: no.",
  ).optional(),
  kubeconfig: kubeconfig.optional(),
}).meta({
  description:
    "A cluster that berth makes and keeps with k3d; write `{}` for k3d's defaults. What is not said is k3d's own default " +
    "and never drift. A cluster of that name that berth did not make is used as it is, and never made anew or deleted.",
});

const kecs = z.strictObject({
  instance: text("Name of the KECS instance.", { examples: ["demo"] }),
  region: text("AWS region that the instance stands for.", { examples: ["us-east-1"] }),
}).meta({ description: "Marks a cluster that runs KECS: `service` and `task` of its forwards are ECS names." });

const listener = z.strictObject({
  listener: portNumberOf("Port of the listener in AWS."),
  local: portNumberOf("Local port that leads to it. Default: by KECS' rule.").optional(),
  nodePort: portNumberOf("NodePort that serves it. Default: by KECS' rule.").optional(),
});

const albRange = z.strictObject({
  local: portRange("Local ports. Default: 9000-9099, or as many from 9000 as there are NodePorts.", "9000-9099")
    .optional(),
  nodePorts: portRange(
    "NodePorts, as many as local ports. Default: 30800-30899, or as many from 30800 as there are local ports.",
    "30800-30899",
  ).optional(),
}).meta({ description: "Listeners that come and go: the first local port leads to the first NodePort, and so on." });

const alb = z.strictObject({
  publish: word(
    ["auto", "berth", "k3d"],
    "Who publishes the ports. `berth` listens, and only where a NodePort exists. `k3d` maps them when it makes the cluster. " +
      "`auto` (default): berth, but for ports that k3d publishes already.",
  ).optional(),
  listeners: z.array(z.union([portNumberOf("Port of the listener in AWS."), listener])).optional().meta({
    description:
      "Listeners that have a place. A number follows KECS' rule: 80 is local 8080 and NodePort 30880, 443 is 8443 and " +
      "30443, one of the range is itself, any other p is 8000 + p % 100 (8080: 8088) and 30800 + p % 100. Default `[80, 443]`.",
    examples: [[80, 443, { listener: 9001, local: 9001, nodePort: 30801 }]],
  }),
  range: z.union([z.enum(["none"]), albRange]).optional().meta({
    description:
      "Listeners that come and go, bound only where a NodePort exists. Default: 9000-9099 to NodePorts 30800-30899; " +
      "`none` with `publish: k3d`.",
    examples: [{ local: "9000-9099", nodePorts: "30800-30899" }, "none"],
  }),
  hosts: z.boolean().optional().meta({
    description:
      "Whether `http://ALB.localhost:8080/` reaches the load balancer ALB: its real name is written into the request for " +
      "you. Needs `kecs`, and berth in the path. Default: true where that is so.",
  }),
}).meta({ description: "Local ports of the cluster's application load balancers; write `{}` for KECS' rule." });

const publicIp = z.strictObject({
  local: portRange("Local ports. Default: 32000-32999, or as many from 32000 as there are NodePorts.", "32000-32999")
    .optional(),
  nodePorts: portRange(
    "NodePorts, as many as local ports. Those that KECS uses itself are passed over. Default: 30000-30999, or as many from " +
      "30000 as there are local ports.",
    "30000-30999",
  ).optional(),
}).meta({
  description:
    "Local ports for tasks with `assignPublicIp: ENABLED`, given out by themselves; needs `kecs`. Write `{}` for KECS' ranges.",
});

/** One entry of `clusters`. */
export const cluster = z.strictObject({
  k3d: k3d.optional(),
  kubeconfig: text(
    "Path of the kubeconfig, relative to this file; `~` is the home folder. Default: `$KUBECONFIG`, else `~/.kube/config`.",
    { examples: ["~/.kube/config"] },
  ).optional(),
  context: text("Context in the kubeconfig. Default: its current one.", { examples: ["staging"] }).optional(),
  sandbox: z.strictObject({}).optional().meta({ description: "A simulated cluster inside berth; write `{}`." }),
  kecs: kecs.optional(),
  alb: alb.optional(),
  publicIp: publicIp.optional(),
}).meta({ description: "A cluster: made by k3d, reached by a kubeconfig, or simulated." });

/** One entry of `clusters` with wrong parts left out. */
export const looseCluster = cluster.partial().extend({ kecs: kecs.partial().optional() });

/** A cluster as written, checked key by key; what was wrong is missing. */
export type LooseCluster = z.infer<typeof looseCluster>;
