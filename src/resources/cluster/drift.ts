import {
  FLAGS_LABEL,
  isApiBinding,
  type K3dClusterFacts,
  type K3dSpec,
  nodesOfRole,
  shortDigest,
} from "../../model/k3d.ts";
import { bindingName, bindingsOf, formatBinding, formatNodeFilter, type PortBinding } from "../../model/k3d_ports.ts";
import { knowsAllPorts, optionsSay } from "./desired.ts";
import { nodesOfFilter } from "./node_filters.ts";

/** One flag of a cluster's creation that is not as the file has it. Never holds a secret. */
export interface FlagDifference {
  readonly flag: string;
  readonly now: string;
  readonly wanted: string;
}

const LISTS = ["k3sArgs", "volumes", "env", "nodeLabels", "runtimeLabels", "options"] as const;
const SINGLES = ["image", "config", "network"] as const;

/**
 * The value of the label that remembers the flags of a creation: digests, so that no secret in an argument or variable is shown twice.
 * Lists whose order means nothing are compared as sets.
 */
export function flagsLabel(spec: K3dSpec): string {
  return flagDigests(spec).join(".");
}

/**
 * What would have to be re-created for the cluster to be as the file has it. What the file does not say is never drift. Counts, image, API
 * port and network are read from what is there; lists of flags from the digests that the cluster was labelled with, because k3d adds
 * arguments of its own to them.
 */
export function driftOf(spec: K3dSpec, facts: K3dClusterFacts): readonly FlagDifference[] {
  const servers = nodesOfRole(facts, "server");
  const first = servers[0];
  if (first === undefined) return [];
  const recorded = first.labels[FLAGS_LABEL];
  const before = new Set(recorded === undefined ? [] : recorded.split("."));
  const differences: FlagDifference[] = [];
  const differ = (flag: string, now: string, wanted: string) => {
    if (now !== wanted) differences.push({ flag, now, wanted });
  };
  // A config file and raw options have counts of their own.
  const saysServers = spec.servers !== 1 || (spec.config === undefined && !optionsSay(spec, ["--servers", "-s"]));
  if (saysServers) differ("servers", String(servers.length), String(spec.servers));
  const agents = nodesOfRole(facts, "agent").length;
  const saysAgents = spec.agents !== 0 || (spec.config === undefined && !optionsSay(spec, ["--agents", "-a"]));
  if (saysAgents && agents > spec.agents) differ("agents", String(agents), String(spec.agents));
  if (spec.image !== undefined && !before.has(`image-${shortDigest(imageName(spec.image))}`)) {
    differ("image", imageName(first.image), imageName(spec.image));
  }
  if (spec.apiPort !== undefined) differences.push(...apiDrift(spec.apiPort, first.labels));
  if (spec.network !== undefined) differ("network", first.labels["k3d.cluster.network"] ?? "", spec.network);
  if (recorded !== undefined) differences.push(...recordedDrift(spec, before));
  differences.push(...directDrift(spec, facts));
  return differences;
}

/** An image name as Docker understands it: registry, `library/` and tag filled in, so that two ways to write one image are equal. */
function imageName(text: string): string {
  const [path = "", digest] = text.split("@");
  const slash = path.indexOf("/");
  const host = slash < 0 ? "" : path.slice(0, slash);
  const registry = host.includes(".") || host.includes(":") || host === "localhost" ? host : "docker.io";
  const rest = registry === host ? path.slice(slash + 1) : path;
  const name = registry === "docker.io" && !rest.includes("/") ? `library/${rest}` : rest;
  const tagged = digest !== undefined || /:[^/]*$/.test(name) ? name : `${name}:latest`;
  return `${registry}/${tagged}${digest === undefined ? "" : `@${digest}`}`;
}

function flagDigests(spec: K3dSpec): readonly string[] {
  const digests: string[] = [];
  for (const group of LISTS) {
    // The order of raw options may mean something; in the other lists each entry stands alone.
    const entries = group === "options"
      ? spec.options.length === 0 ? [] : [spec.options.join("\n")]
      : [...new Set(spec[group])].sort();
    digests.push(...entries.map((entry) => `${group}-${shortDigest(entry)}`));
  }
  for (const name of SINGLES) {
    const value = name === "image" && spec.image !== undefined ? imageName(spec.image) : spec[name];
    if (value !== undefined) digests.push(`${name}-${shortDigest(value)}`);
  }
  const { create, use, config } = spec.registries;
  if (create !== undefined || use.length > 0 || config !== undefined) {
    digests.push(`registries-${shortDigest(JSON.stringify([create ?? "", use, config ?? ""]))}`);
  }
  return digests;
}

function recordedDrift(spec: K3dSpec, before: ReadonlySet<string>): readonly FlagDifference[] {
  const now = new Set(flagDigests(spec));
  const count = (set: ReadonlySet<string>, other: ReadonlySet<string>, group: string) =>
    [...set].filter((one) => one.startsWith(`${group}-`) && !other.has(one)).length;
  return [...LISTS, "config", "registries"].flatMap((group): readonly FlagDifference[] => {
    const [added, removed] = [count(now, before, group), count(before, now, group)];
    if (added === 0 && removed === 0) return [];
    return [{
      flag: group,
      now: "as it was made",
      wanted: [[added, "added"], [removed, "removed"]]
        .flatMap(([n, word]) => n === 0 ? [] : [`${n} ${word}`]).join(", "),
    }];
  });
}

function apiDrift(wanted: string, labels: Readonly<Record<string, string>>): readonly FlagDifference[] {
  const at = wanted.lastIndexOf(":");
  const [host, port] = at < 0 ? ["", wanted] : [wanted.slice(0, at).replace(/^\[|\]$/g, ""), wanted.slice(at + 1)];
  const {
    "k3d.server.api.host": liveHost = "",
    "k3d.server.api.hostIP": liveIp = "",
    "k3d.server.api.port": livePort = "",
  } = labels;
  const samePort = port === "" || port === livePort;
  const sameHost = (host === "" ? "0.0.0.0" : host) === liveIp || host === liveHost;
  return samePort && sameHost ? [] : [{ flag: "apiPort", now: `${liveHost || liveIp}:${livePort}`, wanted }];
}

/** Ports that nodes publish themselves: k3d can only give them to a node when it makes it. */
function directDrift(spec: K3dSpec, facts: K3dClusterFacts): readonly FlagDifference[] {
  const wanted = new Set<string>();
  const differences: FlagDifference[] = [];
  for (const port of spec.ports) {
    for (const filter of port.filters.filter((one) => one.suffix === "direct")) {
      for (const node of nodesOfFilter(filter, facts)) {
        for (const binding of bindingsOf(port)) {
          wanted.add(`${node.name} ${bindingName(binding)}`);
          if (!node.bindings.some((one) => bindingName(one) === bindingName(binding))) {
            differences.push({
              flag: "ports",
              now: "not published",
              wanted: `${formatBinding(binding)}@${formatNodeFilter(filter)}`,
            });
          }
        }
      }
    }
  }
  if (!knowsAllPorts(spec)) return differences;
  const hasBalancer = facts.nodes.some((node) => node.role === "loadbalancer");
  for (const role of ["server", "agent"] as const) {
    for (const node of hasBalancer ? nodesOfRole(facts, role) : []) {
      const extra = node.bindings.filter((one: PortBinding) =>
        !isApiBinding(one, facts) && !wanted.has(`${node.name} ${bindingName(one)}`)
      );
      for (const one of extra) {
        if (!coveredByProxy(one, spec)) {
          differences.push({ flag: "ports", now: `${formatBinding(one)} on ${node.name}`, wanted: "not published" });
        }
      }
    }
  }
  return differences;
}

/** A port asked for through the load balancer may as well be published by the node itself, as on clusters made by other tools. */
function coveredByProxy(binding: PortBinding, spec: K3dSpec): boolean {
  return spec.ports.some((port) => bindingsOf(port).some((one) => bindingName(one) === bindingName(binding)));
}
