import { PUBLIC_IP_RANGES, publicIpProblem } from "../conventions/public_ip.ts";
import type { PublicIpSpec } from "../model/public_ip.ts";
import { type ClusterContext, placeIn } from "./cluster_context.ts";
import type { LooseCluster } from "./cluster_schema.ts";
import type { PortClaim } from "./port_claims.ts";
import { readPair } from "./port_ranges.ts";
import { whereOf } from "./source_text.ts";
import { keyAt } from "./tokens.ts";

/** Reads `clusters.x.publicIp`; undefined, and reported, where its ranges do not fit. */
export function readPublicIp(
  written: NonNullable<LooseCluster["publicIp"]>,
  context: ClusterContext,
): { readonly spec: PublicIpSpec; readonly claims: readonly PortClaim[] } | undefined {
  const { name, root, reporter } = context;
  const key = keyAt(root, ["clusters", name, "publicIp"]);
  if (context.kecs === null) {
    reporter.report({
      code: "PF0056",
      message: `'publicIp' needs a cluster that runs KECS, and '${name}' does not say so`,
      at: key,
      help: "add kecs: { instance: …, region: … } to the cluster, or write forwards for what you need",
    });
  }
  const pair = readPair(written, { at: ["publicIp"], context, convention: PUBLIC_IP_RANGES, problem: publicIpProblem });
  if (pair === undefined) return undefined;
  const claim = {
    kind: "publicIp",
    cluster: name,
    local: pair.local,
    target: pair.nodePorts.first,
    protocol: "tcp",
    hosts: context.bind,
    certain: false,
    written: true,
    words: `public IPs of cluster '${name}'`,
    at: placeIn(
      context,
      written.local === undefined ? ["publicIp"] : ["publicIp", "local"],
      written.local === undefined ? "key" : "value",
    ),
  } as const;
  return { spec: { ...pair, where: whereOf(key) }, claims: [claim] };
}
