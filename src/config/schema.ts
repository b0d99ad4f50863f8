import { z } from "zod";
import { cluster, looseCluster } from "./cluster_schema.ts";
import { NAME_PATTERN } from "./names.ts";
import { quoted, ruled } from "./rules.ts";
import { address, duration, localPort, switchOrPort, targetPort, text, wholeNumber, word } from "./scalars.ts";

/** The version of the file that this schema describes. */
export const FORMAT_VERSION = 1;

const httpProbe = z.strictObject({
  path: ruled(
    z.string().regex(/^\/[^\s]*$/).meta({ description: "Path to GET, beginning with `/`.", examples: ["/healthz"] }),
    (value) =>
      typeof value === "string" && value !== ""
        ? {
          code: "PF0030",
          message: `Probe path ${quoted(value)} does not begin with '/' or holds a space`,
          help: "write /healthz",
        }
        : undefined,
  ),
  status: wholeNumber("Status code that means healthy. Default: any from 200 to 399.", { min: 100, max: 599 })
    .optional(),
}).meta({ description: "GET a path through the forward." });

const probe = ruled(
  z.union([
    z.enum(["tcp", "none"]),
    z.strictObject({
      http: httpProbe.optional(),
      exec: z.array(z.string().min(1)).min(1).optional()
        .meta({
          description:
            "Command and arguments, no shell. Healthy when it exits 0. `BERTH_HOST` and `BERTH_PORT` are set.",
        }),
    }),
  ]).meta({
    description:
      "How to check the backend. `tcp`: a connection reaches it. `http`: a GET gets the status. `exec`: a command exits 0. " +
      "`none`: only real traffic counts.",
    examples: ["tcp", "none", { http: { path: "/healthz" } }, { exec: ["pg_isready"] }],
  }),
  (value) =>
    typeof value === "string" && value !== ""
      ? {
        code: "PF0030",
        message: `${quoted(value)} is not a probe`,
        help: "write tcp, none, { http: { path: /healthz } } or { exec: [command] }",
      }
      : undefined,
);

const health = z.strictObject({
  every: duration("Time between probes. Default 30s.", 100).optional(),
  timeout: duration("How long one probe may take. Default 2s.", 1).optional(),
  failures: wholeNumber("Failed probes in a row that end Active. Default 3.", { min: 1, max: 100 }).optional(),
  probe: probe.optional(),
}).meta({ description: "How the backend is checked." });

const backoff = z.strictObject({
  initial: duration("First wait. Default 1s.", 1).optional(),
  max: duration("Longest wait. Default 60s.", 1).optional(),
}).meta({ description: "Waits between attempts to reach a backend that is not there; they double, with jitter." });

const behaviour = {
  bind: z.union([address("One address."), z.array(address("An address of this machine."))]).optional()
    .meta({
      description:
        'Addresses to listen on. Default `[127.0.0.1, "::1"]`. `0.0.0.0` opens the port to the network, and warns.',
      examples: [["127.0.0.1", "::1"]],
    }),
  route: word(
    ["auto", "direct", "tunnel"],
    "Way to the backend. `direct`: a node's address and NodePort. `tunnel`: the API server's port-forward. `auto` (default): " +
      "direct where it works, else tunnel.",
  ).optional(),
  balance: word(
    ["auto", "newest", "round-robin", "sticky"],
    "Which of several ready backends gets a new connection. `auto` (default): tasks the newest, all else round-robin.",
  ).optional(),
  hold: duration("How long a new connection waits for a ready backend before it is closed. Default 5s.", 0).optional(),
  health: health.optional(),
  backoff: backoff.optional(),
  reconnect: z.boolean().optional().meta({
    description: "Default true. False: the first loss of the backend ends the forward as Failed.",
  }),
  onConflict: word(
    ["fail", "next-free", "take-over"],
    "When the local port is taken: `fail` (default), `next-free`: the next port that is not, or `take-over`: end a kubectl " +
      "port-forward or socat of this user that holds it, or have another workspace of berth let go of it; no other program is touched.",
  ).optional(),
};

const shared = z.strictObject(behaviour);

const defaults = shared.extend({
  dashboard: switchOrPort(
    "Whether `up` serves the web page: `true` on any free port of 127.0.0.1, or the number of the port. Default false. " +
      "`up --dashboard=PORT` wins, and `up --once` serves it only when told by that flag.",
  ).optional(),
}).meta({ description: "Values for all forwards that do not say otherwise, and for `up`." });

const object = (kind: string, of = `namespace/name of a ${kind}`) =>
  text(`Target: ${of}.`, { pattern: "^[^/\\s]+/[^/\\s]+$" }).optional();

const labels = (description: string) => z.record(z.string(), z.string()).meta({ description });

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const forward = z.strictObject({
  cluster: text("Name of a cluster of this file. May be left out when there is exactly one.").optional(),
  service: object("Service", "namespace/name of a Service; ECS cluster/service where the cluster runs KECS"),
  pod: object("pod"),
  deployment: object("Deployment"),
  statefulset: object("StatefulSet"),
  selector: z.strictObject({
    namespace: text("Namespace of the pods."),
    labels: labels("Labels that the pods carry, at least one."),
  }).optional().meta({ description: "Target: the pods of a namespace with all these labels." }),
  task: text(
    "Target, where the cluster runs KECS: `cluster/id`, a task's ARN, or an ECS cluster together with `tags`.",
    { examples: ["default/abc123", "default"] },
  ).optional(),
  tags: labels("With `task: cluster`: the newest ready task that carries all these tags.").optional(),
  port: targetPort("Port of the target: its number, or the name that the Service or container gives it."),
  local: localPort(
    "Local port: a number, the first free one of a range such as `9100-9110`, or `auto` (default): one of 20000-29999 that " +
      "depends on the forward's name only.",
  ).optional(),
  protocol: word(
    ["tcp", "udp"],
    "Default `tcp`. `udp` takes the direct route alone: its target needs a NodePort, and there is no tunnel for it.",
  ).optional(),
  expose: word(
    ["nodePort"],
    "`nodePort`: berth keeps a NodePort Service beside the target, so that the forward can take the direct route. It is removed " +
      "with the forward.",
  ).optional(),
  for: z.array(z.union([scalar, z.record(z.string(), scalar)])).optional().meta({
    description:
      "Makes it a template: one forward for each item, which `${item}` stands for in the name and in the values; of an item " +
      "that is a mapping, `${item.KEY}`.",
    examples: [["web", "api"], [{ name: "web", port: 80 }]],
  }),
  enabled: z.boolean().optional().meta({
    description: "Default true. False: it stays in the file and is not run; its local port is free for others.",
  }),
  ...behaviour,
}).meta({ description: "A forward: one target and one local port." });

const named = (what: string, pattern = NAME_PATTERN) => ({
  description: what,
  propertyNames: { type: "string", pattern },
});

const profile = z.array(z.string().min(1)).meta({
  description: "Names of forwards. `*` stands for any characters, and `CLUSTER/*` for all forwards of a cluster.",
  examples: [["api", "db", "dev/*"]],
});

const version = ruled(
  z.literal(FORMAT_VERSION).meta({ description: "Version of this file's form." }),
  (value) => ({
    code: "PF0018",
    message: `Version ${quoted(value)} is not supported`,
    help: "write version: 1",
  }),
);

/** `forwards.yaml`, version 1: the single source of validation, of the JSON Schema and of the reference page. */
export const workspaceSchema = z.strictObject({
  version,
  extends: z.union([z.string(), z.array(z.string())]).optional().meta({
    description:
      "Files that this one is merged over, the weakest first: paths, relative to this file. They may extend others.",
    examples: ["../team/forwards.yaml", ["../team/clusters.yaml", "../team/forwards.yaml"]],
  }),
  defaults: defaults.nullable().optional()
    .meta({ description: "Values for all forwards that do not say otherwise, and for `up`." }),
  clusters: z.record(z.string(), cluster).meta(named("Clusters by name.")).nullable().optional()
    .meta({ description: "Clusters by name: made by k3d, reached by a kubeconfig, or simulated." }),
  profiles: z.record(z.string(), profile).meta(named("Profiles by name.")).nullable().optional()
    .meta({ description: "Sets of forwards by name, for `--profile`." }),
  forwards: z.record(z.string(), forward).meta(named("Forwards by name.", `${NAME_PATTERN}|\\$\\{item`)).nullable()
    .optional()
    .meta({ description: "Forwards by name: one target and one local port each." }),
}).meta({
  title: "forwards.yaml",
  description: "Clusters, and the services, pods and tasks of them that have a fixed place on localhost.",
});

/** One entry of `forwards` with wrong parts left out. */
const looseForward = forward.partial();

/** What is left of a file once all that does not fit the schema is taken out. */
export const looseSchema = z.strictObject({
  version: version.optional(),
  extends: z.unknown().optional(),
  defaults: defaults.nullable().optional(),
  clusters: z.record(z.string(), looseCluster).nullable().optional(),
  profiles: z.record(z.string(), profile).nullable().optional(),
  forwards: z.record(z.string(), looseForward).nullable().optional(),
});

/** A file as written, checked key by key. */
export type LooseWorkspace = z.infer<typeof looseSchema>;
/** A forward as written, checked key by key; what was wrong is missing. */
export type LooseForward = z.infer<typeof looseForward>;
/** The keys that `defaults` and every forward share. */
export type Behaviour = z.infer<typeof shared>;
