import { ALB_RANGE, albCollisions, albListener, albPortSpecs, albRangeProblem } from "../conventions/alb.ts";
import { isKecsNodePort, rangeWords } from "../conventions/kecs_ports.ts";
import type { AlbListener, AlbRange, AlbSpec } from "../model/alb.ts";
import type { K3dPortSpec } from "../model/k3d_ports.ts";
import { port, type PortRange } from "../model/port.ts";
import type { PublicIpSpec } from "../model/public_ip.ts";
import { type ClusterContext, placeIn } from "./cluster_context.ts";
import type { LooseCluster } from "./cluster_schema.ts";
import { publishedClaim } from "./k3d.ts";
import type { PortClaim } from "./port_claims.ts";
import { readPair } from "./port_ranges.ts";
import { whereOf } from "./source_text.ts";
import { keyAt, tokenAt } from "./tokens.ts";

type Written = NonNullable<LooseCluster["alb"]>;

/** What `clusters.x.alb` comes to. */
export interface ReadAlb {
  readonly spec: AlbSpec;
  /** With `publish: k3d`, the mappings that k3d makes for it, but for those that `k3d.ports` has already. */
  readonly published: readonly K3dPortSpec[];
  readonly claims: readonly PortClaim[];
}

/** The listeners of a cluster whose file names none. */
const LISTENERS: NonNullable<Written["listeners"]> = [80, 443];

/** Reads `clusters.x.alb` by KECS' rule. `ports`: what `k3d.ports` has. A part that is wrong is reported and left out. */
export function readAlb(
  written: Written,
  context: ClusterContext & { readonly ports: readonly K3dPortSpec[] },
): ReadAlb {
  const { name, root } = context;
  const where = whereOf(keyAt(root, ["clusters", name, "alb"]));
  const publish = written.publish ?? "auto";
  const range = readRange(written, context);
  const listeners = (written.listeners ?? LISTENERS).map((one) => readListener(one, range));
  reportCollisions(listeners, written, context);
  reportNeeds(written, context);
  const spec: AlbSpec = {
    publish,
    listeners,
    ...(range === null ? {} : { range }),
    hosts: written.hosts ?? (context.kecs !== null && publish !== "k3d"),
    where,
  };
  const places = claimsOf(spec, written, context);
  if (publish !== "k3d") return { spec, published: [], claims: places };
  // One flag for each claim, in their order.
  const made = albPortSpecs(spec).flatMap((flag, index) => {
    const place = places[index];
    return place === undefined || context.ports.some((there) => covers(there, flag)) ? [] : [{ flag, at: place.at }];
  });
  return {
    spec,
    published: made.map(({ flag }) => flag),
    claims: made.flatMap(({ flag, at }) => publishedClaim(flag, { at, cluster: name })),
  };
}

function readRange(written: Written, context: ClusterContext): AlbRange | null {
  const { range } = written;
  // A hundred published ports are a hundred processes of Docker: only by asking.
  if (range === "none" || (range === undefined && written.publish === "k3d")) return null;
  const pair = { at: ["alb", "range"], context, convention: ALB_RANGE, problem: albRangeProblem };
  return readPair(range ?? {}, pair) ?? null;
}

function readListener(written: NonNullable<Written["listeners"]>[number], range: AlbRange | null): AlbListener {
  const full = typeof written === "number" ? { listener: written } : written;
  // A port of the usual range stays itself also where the file has no range.
  const byRule = albListener(port(full.listener), range ?? ALB_RANGE);
  return {
    listener: byRule.listener,
    local: full.local === undefined ? byRule.local : port(full.local),
    nodePort: full.nodePort === undefined ? byRule.nodePort : port(full.nodePort),
  };
}

function reportCollisions(listeners: readonly AlbListener[], written: Written, context: ClusterContext): void {
  const { name, root, reporter } = context;
  const at = (one: AlbListener) =>
    written.listeners === undefined
      ? keyAt(root, ["clusters", name, "alb"])
      : tokenAt(root, ["clusters", name, "alb", "listeners", listeners.indexOf(one)]);
  for (const { first, second, on, message } of albCollisions(listeners)) {
    const { listener, nodePort } = second;
    reporter.report({
      code: "PF0057",
      severity: on === "local" ? "error" : "warning",
      message: `${message.charAt(0).toUpperCase()}${message.slice(1)}`,
      at: at(second),
      notes: [{ message: `listener ${first.listener} is`, at: at(first) }],
      help: on === "nodePort"
        ? `name the NodePort of one of them: { listener: ${listener}, local: ${second.local}, nodePort: … }`
        : listener === first.listener
        ? "keep one of them"
        : `name its local port: { listener: ${listener}, local: …, nodePort: ${nodePort} }`,
    });
  }
}

function reportNeeds(written: Written, context: ClusterContext): void {
  const { name, root, reporter, isK3d, kecs } = context;
  const needs = (key: "publish" | "hosts", message: string, help: string) =>
    reporter.report({ code: "PF0056", message, at: keyAt(root, ["clusters", name, "alb", key]), help });
  if (written.publish === "k3d" && !isK3d) {
    needs("publish", `'publish: k3d' needs a cluster that k3d makes, and '${name}' is none`, "write publish: berth");
  }
  if (written.hosts !== true) return;
  if (kecs === null) {
    needs(
      "hosts",
      `'hosts' needs a cluster that runs KECS, and '${name}' does not say so`,
      "add kecs: { instance: …, region: … } to the cluster, or write hosts: false",
    );
  } else if (written.publish === "k3d") {
    needs("hosts", "'hosts' does nothing with 'publish: k3d': no byte passes through berth", "write publish: berth");
  }
}

function claimsOf(spec: AlbSpec, written: Written, context: ClusterContext): readonly PortClaim[] {
  const { name, bind } = context;
  const base = { cluster: name, protocol: "tcp", hosts: bind, certain: false } as const;
  const listeners = spec.listeners.map((one, index): PortClaim => ({
    ...base,
    kind: "listener",
    local: { first: one.local, last: one.local },
    target: one.nodePort,
    written: true,
    words: `listener ${one.listener} of cluster '${name}'`,
    at: written.listeners === undefined
      ? placeIn(context, ["alb"], "key")
      : placeIn(context, ["alb", "listeners", index]),
  }));
  if (spec.range === undefined) return listeners;
  const isWritten = written.range !== undefined;
  return [...listeners, {
    ...base,
    kind: "albRange",
    local: spec.range.local,
    target: spec.range.nodePorts.first,
    written: isWritten,
    words: `the listeners ${rangeWords(spec.range.local)} of cluster '${name}'`,
    at: placeIn(context, isWritten ? ["alb", "range"] : ["alb"], "key"),
  }];
}

/** Whether a port flag publishes all that another one does, to the same container ports, on this machine's every address or on some. */
function covers(there: K3dPortSpec, { host, container }: K3dPortSpec): boolean {
  return there.protocol === "tcp" && there.host !== null && host !== null &&
    there.host.first <= host.first && host.last <= there.host.last &&
    there.container.first - there.host.first === container.first - host.first &&
    there.container.last - there.host.last === container.last - host.last;
}

/** Reports NodePorts of load balancers that berth may give to tasks: KECS' own are passed over, others are not. */
export function reportNodePorts(alb: AlbSpec, publicIp: PublicIpSpec, context: ClusterContext): void {
  const { nodePorts } = publicIp;
  const inside = ({ first, last }: PortRange) => {
    const cut = { first: Math.max(first, nodePorts.first), last: Math.min(last, nodePorts.last) };
    for (let value = cut.first; value <= cut.last; value++) if (!isKecsNodePort(port(value))) return port(value);
    return undefined;
  };
  const ranges = [
    ...alb.listeners.map(({ nodePort }) => ({ first: nodePort, last: nodePort })),
    ...(alb.range === undefined ? [] : [alb.range.nodePorts]),
  ];
  const free = ranges.flatMap((range) => inside(range) === undefined ? [] : [rangeWords(range)]);
  if (free.length === 0) return;
  const { name, root, reporter } = context;
  reporter.report({
    code: "PF0059",
    severity: "warning",
    message: `NodePorts of load balancers, ${free.join(", ")}, lie in those of public IPs, ${rangeWords(nodePorts)}`,
    at: keyAt(root, ["clusters", name, "alb"]),
    notes: [{ message: "public IPs are", at: keyAt(root, ["clusters", name, "publicIp"]) }],
    help: "a task may get one first: use NodePorts of 30800-30899 for load balancers, or other ranges for public IPs",
  });
}
