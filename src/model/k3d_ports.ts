import { asPort, parsePortRange, type Port, type PortRange, rangeSize } from "./port.ts";

/** Transport of a published port. */
export type K3dProtocol = "tcp" | "udp" | "sctp";

/** One part of the text after `@` in a k3d flag: `server:0`, `agent:*:direct`, `loadbalancer`. */
export interface NodeFilter {
  readonly group: "server" | "agent" | "loadbalancer" | "all";
  /** Indexes of nodes in the group, or all of them. `loadbalancer` and `all` always mean all. */
  readonly nodes: readonly number[] | "*";
  /** `direct`: the node publishes the port itself, which k3d can only do when it makes the node. Absent: through the load balancer. */
  readonly suffix?: "direct" | "proxy";
}

/** A port flag of k3d: `[HOST:][HOSTPORT[-RANGE]:]CONTAINERPORT[-RANGE][/PROTO][@FILTER[;FILTER]]`. */
export interface K3dPortSpec {
  /** Address on this machine; `""` where none was written, which is not the same as `0.0.0.0`. IPv6 without brackets. */
  readonly hostIp: string;
  /** Null: Docker chooses a free port. */
  readonly host: PortRange | null;
  readonly container: PortRange;
  readonly protocol: K3dProtocol;
  /** Empty: none was written. */
  readonly filters: readonly NodeFilter[];
}

/** One published port, as Docker keeps it. */
export interface PortBinding {
  readonly hostIp: string;
  /** `8080`; `8000-8010` where Docker chooses from a range; `""` where it chooses from all. */
  readonly hostPort: string;
  readonly containerPort: Port;
  readonly protocol: K3dProtocol;
}

/** A problem of a port flag, in words that follow `port '…': `. */
export type ParsedPort = { readonly ok: true; readonly spec: K3dPortSpec } | {
  readonly ok: false;
  readonly problem: string;
};

/** Parses k3d's own port syntax. Total: a problem is a value. */
export function parsePortSpec(text: string): ParsedPort {
  const problem = (what: string): ParsedPort => ({ ok: false, problem: what });
  const [ports = "", nodes, ...more] = text.trim().split("@");
  if (more.length > 0) return problem("only one '@' may come before the node filter");
  const filters: NodeFilter[] = [];
  for (const part of nodes === undefined ? [] : nodes.split(";")) {
    const filter = parseNodeFilter(part);
    if (filter === null) {
      return problem(`'${part}' is no node filter: write server:0, agent:*, loadbalancer or server:0:direct`);
    }
    filters.push(filter);
  }
  const [body = "", protocolText = "tcp", ...rest] = ports.split("/");
  const protocol = protocolText.toLowerCase();
  if (rest.length > 0 || !isProtocol(protocol)) return problem(`'${protocolText}' is no protocol: tcp, udp or sctp`);
  const parts = /^(?:(\[[0-9A-Fa-f:.]+\]|[^:[\]]*):)?(?:([^:]*):)?([^:]+)$/.exec(body);
  if (parts === null) return problem("write it as [HOST:][HOSTPORT:]CONTAINERPORT[/PROTOCOL]@FILTER");
  // With two parts the first is the host port, with three the address.
  const colons = parts[1] !== undefined && parts[2] !== undefined;
  const hostIp = (colons ? parts[1] ?? "" : "").replace(/^\[|\]$/g, "");
  const hostText = colons ? parts[2] ?? "" : parts[1] ?? "";
  if (hostIp !== "" && !isAddress(hostIp)) return problem(`'${hostIp}' is no IP address`);
  const container = parsePortRange(parts[3] ?? "");
  if (container === undefined) return problem(`'${parts[3]}' is no container port`);
  const host = hostText === "" ? null : parsePortRange(hostText);
  if (host === undefined) return problem(`'${hostText}' is no host port`);
  if (host !== null && rangeSize(container) > 1 && rangeSize(host) !== rangeSize(container)) {
    return problem(`${rangeSize(host)} host ports do not fit ${rangeSize(container)} container ports`);
  }
  return { ok: true, spec: { hostIp, host, container, protocol, filters } };
}

/** Parses one node filter; null when it is none. */
export function parseNodeFilter(text: string): NodeFilter | null {
  const match = /^(server|agent|loadbalancer|all)s?(?::(\*|\d+(?:,\d+)*|\d+-\d+))?(?::(direct|proxy))?$/.exec(text);
  if (match === null) return null;
  const [, group = "", subset, suffix] = match;
  if (!isGroup(group)) return null;
  const whole = group === "all" || group === "loadbalancer";
  if (!whole && subset === undefined) return null;
  const nodes = whole || subset === undefined || subset === "*" ? "*" : indexes(subset);
  return { group, nodes, ...(suffix === "direct" || suffix === "proxy" ? { suffix } : {}) };
}

/** The text of a port flag, in one form for all ways of writing it. */
export function formatPortSpec(spec: K3dPortSpec): string {
  const range = ({ first, last }: PortRange) => first === last ? `${first}` : `${first}-${last}`;
  const binding = formatBinding({
    hostIp: spec.hostIp,
    hostPort: spec.host === null ? "" : range(spec.host),
    containerPort: spec.container.first,
    protocol: spec.protocol,
  }, range(spec.container));
  return spec.filters.length === 0 ? binding : `${binding}@${spec.filters.map(formatNodeFilter).join(";")}`;
}

/** The text of a node filter. */
export function formatNodeFilter({ group, nodes, suffix }: NodeFilter): string {
  const subset = group === "all" || group === "loadbalancer" ? "" : `:${nodes === "*" ? "*" : nodes.join(",")}`;
  return `${group}${subset}${suffix === undefined ? "" : `:${suffix}`}`;
}

/** A binding in k3d's syntax without a node filter: `127.0.0.1:8080:80/udp`; the protocol only where it is not tcp. */
export function formatBinding(binding: PortBinding, container = String(binding.containerPort)): string {
  const { hostIp, hostPort, protocol } = binding;
  const ip = hostIp === "" ? "" : `${hostIp.includes(":") ? `[${hostIp}]` : hostIp}:`;
  const port = hostPort === "" && hostIp === "" ? "" : `${hostPort}:`;
  return `${ip}${port}${container}${protocol === "tcp" ? "" : `/${protocol}`}`;
}

/** The name of a binding inside its cluster, as in `mapping:dev/8080-30880-tcp`; an address comes before it. */
export function bindingName({ hostIp, hostPort, containerPort, protocol }: PortBinding): string {
  const ip = hostIp === "" ? "" : `${hostIp.includes(":") ? `[${hostIp}]` : hostIp}:`;
  return `${ip}${hostPort === "" ? "random" : hostPort}-${containerPort}-${protocol}`;
}

/** The single bindings that a port flag stands for. */
export function bindingsOf(spec: K3dPortSpec): readonly PortBinding[] {
  const { hostIp, host, container, protocol } = spec;
  const count = rangeSize(container);
  const bindings: PortBinding[] = [];
  for (let at = 0; at < count; at++) {
    const containerPort = asPort(container.first + at);
    if (containerPort === undefined) continue;
    // A host range for one container port stays a range: Docker takes a free one of it.
    const hostPort = host === null
      ? ""
      : count === 1 && host.first !== host.last
      ? `${host.first}-${host.last}`
      : `${host.first + at}`;
    bindings.push({ hostIp, hostPort, containerPort, protocol });
  }
  return bindings;
}

/** Whether two bindings cannot be held at once: same port and protocol, and one address covers the other. */
export function bindingsClash(a: PortBinding, b: PortBinding): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort || !/^\d+$/.test(a.hostPort)) return false;
  const any = (ip: string) => ip === "" || ip === "0.0.0.0" || ip === "::";
  return a.hostIp === b.hostIp || any(a.hostIp) || any(b.hostIp);
}

function isProtocol(text: string): text is K3dProtocol {
  return text === "tcp" || text === "udp" || text === "sctp";
}

function isGroup(text: string): text is NodeFilter["group"] {
  return text === "server" || text === "agent" || text === "loadbalancer" || text === "all";
}

function isAddress(text: string): boolean {
  if (text.includes(":")) return /^[0-9A-Fa-f:.]{2,45}$/.test(text);
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function indexes(subset: string): readonly number[] {
  const range = /^(\d+)-(\d+)$/.exec(subset);
  if (range === null) return [...new Set(subset.split(",").map(Number))];
  const [first, last] = [Number(range[1]), Number(range[2])];
  return first > last || last - first > 1000 ? [first] : Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
