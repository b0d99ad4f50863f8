import type { K3dSpec } from "../model/k3d.ts";
import { isK3dName } from "../model/k3d.ts";
import { type K3dPortSpec, parseNodeFilter, parsePortSpec } from "../model/k3d_ports.ts";
import { rangeSize } from "../model/port.ts";
import { type ClusterContext, placeIn } from "./cluster_context.ts";
import type { LooseCluster } from "./cluster_schema.ts";
import { isLabelKey, isLabelValue } from "./names.ts";
import type { PortClaim } from "./port_claims.ts";
import { quoted } from "./rules.ts";
import { apiPortOf } from "./api_port.ts";
import { keyAt, partOf, tokenAt } from "./tokens.ts";
import { readPath } from "./written_paths.ts";

type Written = NonNullable<LooseCluster["k3d"]>;

/** What holds where `k3d` says nothing. */
const K3D_DEFAULTS = {
  servers: 1,
  agents: 0,
  edits: "ask",
  kubeconfig: { update: true, switch: false },
} as const;

/** Reads `clusters.x.k3d`. A part that is wrong is reported and left out. */
export function readK3d(
  written: Written,
  context: ClusterContext,
): { readonly spec: K3dSpec; readonly claims: readonly PortClaim[] } {
  const { name, root, reporter } = context;
  const path = ["clusters", name, "k3d"];
  const k3dName = written.name ?? name;
  if (!isK3dName(k3dName)) {
    reporter.report({
      code: "PF0051",
      message: `k3d does not take ${quoted(k3dName)} as a cluster's name`,
      at: written.name === undefined ? keyAt(root, path.slice(0, 2)) : tokenAt(root, [...path, "name"]),
      help: written.name === undefined
        ? "add k3d: { name: … } with up to 32 letters, digits and '-'"
        : "use up to 32 letters, digits and '-', beginning and ending with a letter or digit",
    });
  }
  const { kubeconfig = {} } = written;
  if (kubeconfig.switch === true && kubeconfig.update === false) {
    reporter.report({
      code: "PF0056",
      message: "'switch' does nothing without 'update'",
      at: keyAt(root, [...path, "kubeconfig", "switch"]),
      help: "take one of them out",
    });
  }
  for (const key of ["k3sArgs", "volumes", "env"] as const) {
    for (const [index, text] of (written[key] ?? []).entries()) checkFilter(text, [...path, key, index], context);
  }
  const file = (key: "config" | "registries", value: string | undefined) =>
    value === undefined
      ? undefined
      : readPath(value, [...path, ...(key === "config" ? [key] : [key, "config"])], context);
  const config = file("config", written.config);
  const registriesConfig = file("registries", written.registries?.config);
  const ports = readPorts(written.ports ?? [], context);
  const apiPort = written.apiPort === undefined ? undefined : String(written.apiPort);
  const spec: K3dSpec = {
    name: k3dName,
    ...(written.image === undefined ? {} : { image: written.image }),
    servers: written.servers ?? K3D_DEFAULTS.servers,
    agents: written.agents ?? K3D_DEFAULTS.agents,
    ...(apiPort === undefined ? {} : { apiPort }),
    ports: ports.map(({ spec }) => spec),
    k3sArgs: written.k3sArgs ?? [],
    volumes: written.volumes ?? [],
    env: written.env ?? [],
    nodeLabels: readLabels("labels", written.labels ?? {}, context),
    runtimeLabels: readLabels("runtimeLabels", written.runtimeLabels ?? {}, context),
    registries: {
      ...(written.registries?.create === undefined ? {} : { create: written.registries.create }),
      use: written.registries?.use ?? [],
      ...(registriesConfig === undefined ? {} : { config: registriesConfig }),
    },
    ...(written.network === undefined ? {} : { network: written.network }),
    ...(config === undefined ? {} : { config }),
    options: written.options ?? [],
    edits: written.edits ?? K3D_DEFAULTS.edits,
    kubeconfig: {
      update: kubeconfig.update ?? K3D_DEFAULTS.kubeconfig.update,
      switch: kubeconfig.switch ?? K3D_DEFAULTS.kubeconfig.switch,
    },
  };
  const claims = ports.flatMap((port) => publishedClaim(port.spec, { at: port.at, cluster: name }));
  return { spec, claims: apiPort === undefined ? claims : [...apiClaim(apiPort, context), ...claims] };
}

/** The local ports that a port flag takes: none where Docker chooses one. */
export function publishedClaim(
  spec: K3dPortSpec,
  { at, cluster }: { readonly at: PortClaim["at"]; readonly cluster: string },
): readonly PortClaim[] {
  const { host, container, protocol, hostIp, filters } = spec;
  if (host === null || rangeSize(host) !== rangeSize(container)) return [];
  return [{
    kind: "published",
    cluster,
    local: host,
    target: container.first,
    protocol,
    hosts: [hostIp === "" ? "0.0.0.0" : hostIp],
    certain: true,
    written: true,
    filters,
    words: `k3d for cluster '${cluster}'`,
    at,
  }];
}

function apiClaim(apiPort: string, context: ClusterContext): readonly PortClaim[] {
  const parsed = apiPortOf(apiPort);
  if (parsed === undefined) return [];
  const isAddress = /^[\d.]+$|:/.test(parsed.host);
  return [{
    kind: "api",
    cluster: context.name,
    local: { first: parsed.port, last: parsed.port },
    target: null,
    protocol: "tcp",
    // A host name may stand for any address.
    hosts: [isAddress ? parsed.host : "0.0.0.0"],
    certain: true,
    written: true,
    words: `the API of cluster '${context.name}'`,
    at: placeIn(context, ["k3d", "apiPort"]),
  }];
}

function readPorts(
  written: readonly string[],
  context: ClusterContext,
): readonly { readonly spec: K3dPortSpec; readonly at: PortClaim["at"] }[] {
  const { root, reporter, name } = context;
  return written.flatMap((text, index) => {
    const parsed = parsePortSpec(text);
    if (parsed.ok) return [{ spec: parsed.spec, at: placeIn(context, ["k3d", "ports", index]) }];
    // The problem begins with the part that is wrong, in quotes, where it is one part.
    const part = /^'(.*?)' is /.exec(parsed.problem)?.[1] ?? "";
    const from = part === "" ? -1 : text.lastIndexOf(part);
    reporter.report({
      code: "PF0049",
      message: `Port ${quoted(text)}: ${parsed.problem}`,
      at: partOf(
        tokenAt(root, ["clusters", name, "k3d", "ports", index]),
        { value: text, from, length: from < 0 ? 0 : part.length },
      ),
      help: 'write "8080:80@loadbalancer" or "127.0.0.1:9000-9010:30800-30810/tcp@server:0", for example',
    });
    return [];
  });
}

/** Whether what stands after the last `@` is a node filter. What was written may be a secret, so the message does not repeat it. */
function checkFilter(text: string, path: readonly PropertyKey[], { root, reporter }: ClusterContext): void {
  const [value, filter] = splitFilter(text);
  if (filter === undefined || filter.split(";").every((part) => parseNodeFilter(part) !== null)) return;
  reporter.report({
    code: "PF0053",
    message: "What follows '@' is not a node filter",
    at: partOf(tokenAt(root, path), { value: text, from: value.length + 1, length: filter.length }),
    help: "write server:0, agent:* or all; for the character itself write \\@",
  });
}

/** Splits at the last `@` that is not written as `\@`, as k3d does. */
function splitFilter(text: string): readonly [string, string?] {
  const at = /(?<!\\)@(?!.*(?<!\\)@)/s.exec(text)?.index;
  return at === undefined ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function readLabels(
  key: "labels" | "runtimeLabels",
  written: Readonly<Record<string, string>>,
  context: ClusterContext,
): readonly string[] {
  const { root, reporter, name } = context;
  const form = "use letters, digits, '-', '_' and '.', beginning and ending with a letter or digit, up to 63";
  return Object.entries(written).map(([label, text]) => {
    const path = ["clusters", name, "k3d", key, label];
    checkFilter(text, path, context);
    const own = key === "runtimeLabels" && /^(app$|k3[ds]\.|berth\.)/.test(label);
    const badKey = key === "labels" ? !isLabelKey(label) : label === "" || /[=@\s]/.test(label);
    if (own || badKey) {
      reporter.report({
        code: "PF0035",
        message: own ? `${quoted(label)} is a label of k3d's or berth's own` : `${quoted(label)} is not a label's key`,
        at: keyAt(root, path),
        help: own ? "use another prefix" : key === "labels" ? form : "write it without '=', '@' and spaces",
      });
    }
    const [value] = splitFilter(text);
    if (key === "labels" && !isLabelValue(value)) {
      reporter.report({
        code: "PF0035",
        message: `${quoted(value)} is not a label's value`,
        at: tokenAt(root, path),
        help: form,
      });
    }
    return `${label}=${text}`;
  });
}
