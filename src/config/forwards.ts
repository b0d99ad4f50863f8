import { asPort, parsePortRange, port } from "../model/port.ts";
import type { ClusterSpec, ForwardSpec, KecsSpec, LocalPort, Protocol } from "../model/workspace.ts";
import type { Where } from "../model/source.ts";
import { type BehaviourSpec, readBehaviour } from "./behaviour.ts";
import type { Listening } from "./local_ports.ts";
import type { Reporter } from "./reporter.ts";
import { checkDatagrams } from "./datagrams.ts";
import { quoted } from "./rules.ts";
import type { LooseForward } from "./schema.ts";
import type { Shape } from "./shape.ts";
import { suggestion } from "./suggest.ts";
import { readTarget } from "./targets.ts";
import { whereOf } from "./source_text.ts";
import { keyAt, tokenAt } from "./tokens.ts";
import { locate, type MapTree } from "./tree.ts";

/** So many clusters are looked through for a near name: each unknown one is compared with all of them. */
const MAX_SUGGESTED = 100;

/** What a forward is read against. */
export interface ForwardContext {
  readonly root: MapTree;
  readonly reporter: Reporter;
  readonly isBroken: Shape["isBroken"];
  readonly defaults: BehaviourSpec;
  /** Every name under `clusters`, also of entries that are wrong. */
  readonly clusterNames: readonly string[];
  readonly clusters: ReadonlyMap<string, ClusterSpec>;
}

/** A forward that was read: where it listens is known even when something else of it is wrong. */
export interface ReadForward {
  readonly listening: Listening;
  readonly spec: ForwardSpec | undefined;
}

/** Reads one entry of `forwards`, checked key by key before, and reports what is wrong with it as a whole. */
export function readForward(name: string, written: LooseForward, context: ForwardContext): ReadForward {
  const { root, reporter, defaults } = context;
  const path = ["forwards", name];
  const where = whereOf(keyAt(root, path));
  const cluster = readClusterName(name, written.cluster, context);
  const target = readTarget(written, {
    name,
    kecs: kecsOf(cluster, context),
    clusterName: cluster,
    root,
    reporter,
    isBroken: (key) => context.isBroken(...path, key),
  });
  const protocol = written.protocol ?? "tcp";
  const behaviour = behaviourFor(protocol, readBehaviour(written, defaults, { root, path, reporter }));
  const local = readLocal(written.local);
  const localWhere = localPlace(path, where, context);
  const listening = { name, protocol, local, bind: behaviour.bind, where: localWhere };
  if (cluster === undefined || target === undefined || written.port === undefined) {
    return { listening, spec: undefined };
  }
  const targetPort = typeof written.port === "number" ? port(written.port) : written.port;
  const spec = {
    name,
    cluster,
    target,
    port: targetPort,
    protocol,
    local,
    ...behaviour,
    where,
    localWhere,
    ...(written.expose === undefined ? {} : { expose: { kind: "companion" } as const }),
  } as const;
  checkDatagrams(written, spec, { root, reporter });
  return { listening, spec };
}

/** There is nothing that a probe of HTTP could ask over UDP: what `defaults` says of it is meant for the others. */
function behaviourFor(protocol: Protocol, behaviour: BehaviourSpec): BehaviourSpec {
  const { health } = behaviour;
  if (protocol === "tcp" || health.probe.kind !== "http") return behaviour;
  return { ...behaviour, health: { ...health, probe: { kind: "tcp" } } };
}

function readLocal(written: number | string | undefined): LocalPort {
  if (typeof written === "number") {
    const fixed = asPort(written);
    return fixed === undefined ? { kind: "auto" } : { kind: "fixed", port: fixed };
  }
  const range = written === undefined ? undefined : parsePortRange(written);
  return range === undefined ? { kind: "auto" } : { kind: "range", range };
}

/** The token of `local`; the forward's name where the token is shared with others through an anchor. */
function localPlace(path: readonly string[], where: Where, { root }: ForwardContext): Where {
  const forward = locate(root, path).tree;
  const local = forward?.kind === "map" ? forward.entries.get("local") : undefined;
  const forwards = locate(root, path.slice(0, 1)).tree;
  const shared = forwards?.kind === "map" && forwards.entries.get(path[1] ?? "")?.shared === true;
  return local === undefined || local.shared || shared ? where : whereOf(local.tree.at);
}

function readClusterName(forward: string, written: string | undefined, context: ForwardContext): string | undefined {
  const { root, reporter, clusterNames, isBroken } = context;
  const path = ["forwards", forward];
  if (written !== undefined) {
    if (locate(root, ["clusters", written]).tree !== undefined) return written;
    if (isBroken("clusters")) return undefined;
    const known = clusterNames.slice(0, 10).join(", ");
    const listed = clusterNames.length === 0 ? "add it under clusters" : `clusters of this file: ${known}`;
    reporter.report({
      code: "PF0045",
      message: `Unknown cluster ${quoted(written)}`,
      at: tokenAt(root, [...path, "cluster"]),
      help: suggestion(written, clusterNames.slice(0, MAX_SUGGESTED)) ?? listed,
    });
    return undefined;
  }
  const [only, ...others] = clusterNames;
  if (only !== undefined && others.length === 0) return isBroken(...path, "cluster") ? undefined : only;
  if (!isBroken("clusters") && !isBroken(...path, "cluster")) {
    reporter.report({
      code: "PF0046",
      message: `Forward '${forward}' does not say its cluster`,
      at: keyAt(root, path),
      help: only === undefined
        ? "the file has no clusters: add one, for example clusters: { play: { sandbox: {} } }"
        : `add cluster: ${clusterNames.slice(0, 3).join(" or ")}${clusterNames.length > 3 ? " …" : ""}`,
    });
  }
  return undefined;
}

function kecsOf(
  cluster: string | undefined,
  { clusters, root, isBroken }: ForwardContext,
): KecsSpec | null | undefined {
  const spec = cluster === undefined ? undefined : clusters.get(cluster);
  if (spec?.kecs !== undefined) return spec.kecs;
  const written = cluster === undefined || locate(root, ["clusters", cluster, "kecs"]).tree !== undefined;
  return spec === undefined || written || isBroken("clusters", cluster ?? "", "kecs") ? undefined : null;
}
