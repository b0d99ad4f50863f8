import type { K3dNode } from "../model/k3d.ts";
import type { K3dProtocol, PortBinding } from "../model/k3d_ports.ts";
import { asPort } from "../model/port.ts";
import { isRecord, jsonIn, jsonLinesIn } from "./output.ts";

/** A container of k3d, with the cluster it belongs to. */
export interface K3dContainer {
  readonly cluster: string;
  readonly node: K3dNode;
}

/** Ids from `docker ps --quiet`. */
export function parseIds(stdout: string): readonly string[] {
  return stdout.split("\n").map((line) => line.trim()).filter((line) => /^[0-9a-f]{12,64}$/.test(line));
}

/**
 * k3d's containers from `docker inspect`. Tolerant: what is not as expected is left out. Environment, arguments and the token are dropped
 * here, so that nothing past this parser can show them.
 */
export function parseInspect(stdout: string): readonly K3dContainer[] {
  const value = jsonIn(stdout);
  return (Array.isArray(value) ? value : []).flatMap((entry: unknown) => parseContainer(entry) ?? []);
}

/** Bindings from Docker's map of `"80/tcp": [{HostIp, HostPort}]`. A key without protocol, as that of the API, is tcp. */
export function parseBindings(value: unknown): readonly PortBinding[] {
  if (!isRecord(value)) return [];
  const found = new Map<string, PortBinding>();
  for (const [name, list] of Object.entries(value)) {
    const [number, protocol = "tcp"] = name.split("/");
    const containerPort = asPort(Number(number));
    if (containerPort === undefined || !isProtocol(protocol)) continue;
    for (const one of Array.isArray(list) ? list : []) {
      if (!isRecord(one)) continue;
      const binding = { hostIp: text(one["HostIp"]), hostPort: text(one["HostPort"]), containerPort, protocol };
      found.set(`${binding.hostIp} ${binding.hostPort} ${containerPort} ${protocol}`, binding);
    }
  }
  return [...found.values()];
}

/** Names from `docker ps --format json`. */
export function parseNames(stdout: string): readonly string[] {
  return jsonLinesIn(stdout).flatMap((entry) =>
    isRecord(entry) && typeof entry["Names"] === "string" ? [entry["Names"]] : []
  );
}

/** The load balancer's upstreams from `k3d cluster list NAME -o json`, keys as `30880/tcp`; null where k3d does not tell. */
export function parseUpstreams(stdout: string, name: string): Readonly<Record<string, readonly string[]>> | null {
  const value = jsonIn(stdout);
  const cluster = (Array.isArray(value) ? value : []).find((entry: unknown) =>
    isRecord(entry) && entry["name"] === name
  );
  const ports = path(cluster, "serverLoadBalancer", "config", "ports");
  if (!isRecord(ports)) return null;
  return Object.fromEntries(
    Object.entries(ports).map(([port, nodes]) => [
      port.replace(".", "/"),
      (Array.isArray(nodes) ? nodes : []).filter((node: unknown): node is string => typeof node === "string"),
    ]),
  );
}

function parseContainer(entry: unknown): K3dContainer | null {
  const labels = strings(path(entry, "Config", "Labels"));
  const cluster = labels["k3d.cluster"];
  const [id, name] = [path(entry, "Id"), path(entry, "Name")];
  if (cluster === undefined || labels["app"] !== "k3d" || typeof id !== "string" || typeof name !== "string") {
    return null;
  }
  delete labels["k3d.cluster.token"];
  const network = path(entry, "NetworkSettings", "Networks", labels["k3d.cluster.network"] ?? "");
  const address = text(path(network, "IPAddress"));
  return {
    cluster,
    node: {
      name: name.replace(/^\//, ""),
      id,
      role: roleOf(labels["k3d.role"]),
      state: text(path(entry, "State", "Status")),
      image: text(path(entry, "Config", "Image")),
      labels,
      bindings: parseBindings(path(entry, "HostConfig", "PortBindings")),
      live: parseBindings(path(entry, "NetworkSettings", "Ports")),
      address: address === "" ? null : address,
    },
  };
}

function roleOf(label: string | undefined): K3dNode["role"] {
  return label === "server" || label === "agent" || label === "loadbalancer" ? label : "other";
}

function isProtocol(value: string): value is K3dProtocol {
  return value === "tcp" || value === "udp" || value === "sctp";
}

function path(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((at, name) => isRecord(at) ? at[name] : undefined, value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function strings(value: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, one] of Object.entries(isRecord(value) ? value : {})) {
    if (typeof one === "string") found[name] = one;
  }
  return found;
}
