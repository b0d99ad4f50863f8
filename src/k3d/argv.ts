import type { K3dCreate, K3dEdit, K3dSpec } from "../model/k3d.ts";
import { formatPortSpec, parseNodeFilter } from "../model/k3d_ports.ts";
import type { Port } from "../model/port.ts";

/** How long k3d may wait for a cluster to start, in seconds. Without a limit it waits for ever. */
export const START_SECONDS = 300;

/** Thrown for a name that k3d or docker would not take as one thing: `""` means `k3s-default` to k3d, `--all` means every cluster. */
export class BadName extends RangeError {}

/** `name` if it can only mean one cluster or container. */
function checked(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) {
    throw new BadName(`Not a name of a cluster or container: ${JSON.stringify(name)}`);
  }
  return name;
}

/** `k3d cluster create …`. */
export function createArgv({ spec, ports, serverLabels }: K3dCreate): readonly string[] {
  const { registries, kubeconfig } = spec;
  return [
    "k3d",
    "cluster",
    "create",
    checked(spec.name),
    ...flag("--config", spec.config),
    ...flag("--image", spec.image),
    // A config file says its own counts; k3d takes the flag over the file.
    ...(spec.config !== undefined && spec.servers === 1 ? [] : ["--servers", String(spec.servers)]),
    ...(spec.agents === 0 ? [] : ["--agents", String(spec.agents)]),
    ...flag("--api-port", spec.apiPort),
    ...flag("--network", spec.network),
    ...repeat("--port", ports.map(formatPortSpec)),
    ...repeat("--k3s-arg", spec.k3sArgs),
    ...repeat("--volume", spec.volumes),
    ...repeat("--env", spec.env),
    ...repeat("--k3s-node-label", spec.nodeLabels),
    ...repeat("--runtime-label", spec.runtimeLabels),
    ...Object.entries(serverLabels).flatMap((
      [name, value],
    ) => ["--runtime-label", `${name}=${escapeAt(value)}@server:*`]),
    ...flag("--registry-create", registries.create),
    ...repeat("--registry-use", registries.use),
    ...flag("--registry-config", registries.config),
    `--kubeconfig-update-default=${kubeconfig.update}`,
    `--kubeconfig-switch-context=${kubeconfig.update && kubeconfig.switch}`,
    "--timeout",
    `${START_SECONDS}s`,
    ...spec.options,
  ];
}

/** `k3d cluster start NAME --timeout …`. */
export function startArgv(name: string, seconds = START_SECONDS): readonly string[] {
  return ["k3d", "cluster", "start", checked(name), "--timeout", `${seconds}s`];
}

/** `k3d cluster stop NAME`. */
export function stopArgv(name: string): readonly string[] {
  return ["k3d", "cluster", "stop", checked(name)];
}

/** `k3d cluster delete NAME`; never `--all`, which takes every cluster of the daemon whatever names stand beside it. */
export function deleteArgv(name: string): readonly string[] {
  return ["k3d", "cluster", "delete", checked(name)];
}

/** `k3d cluster edit NAME`, adding or deleting: k3d refuses both in one call, and takes one flag a port. */
export function editArgv(name: string, edit: K3dEdit): readonly string[] {
  const flags = "add" in edit ? repeat("--port-add", edit.add) : repeat("--port-delete", edit.remove);
  return ["k3d", "cluster", "edit", checked(name), ...flags];
}

/** `k3d node create …`: one more agent, with the arguments that agents of the file get. k3d adds `-0` to the name. */
export function addAgentArgv({ spec, node }: { readonly spec: K3dSpec; readonly node: string }): readonly string[] {
  const forAgents = (texts: readonly string[]) =>
    texts.flatMap((text) => {
      const [value = "", filter] = splitAt(text);
      const groups = (filter ?? "all").split(";").map((part) => parseNodeFilter(part)?.group);
      return groups.includes("agent") || groups.includes("all") ? [value] : [];
    });
  return [
    "k3d",
    "node",
    "create",
    checked(node),
    "--cluster",
    checked(spec.name),
    "--role",
    "agent",
    ...flag("--image", spec.image),
    ...repeat("--k3s-arg", forAgents(spec.k3sArgs)),
    ...repeat("--k3s-node-label", forAgents(spec.nodeLabels)),
    ...repeat("--runtime-label", forAgents(spec.runtimeLabels)),
    "--timeout",
    `${START_SECONDS}s`,
  ];
}

/** `k3d version -o json`; before 5.3 it prints text all the same. */
export function versionArgv(): readonly string[] {
  return ["k3d", "version", "-o", "json"];
}

/** `k3d cluster list NAME -o json`: only with a name does it tell the load balancer's upstreams. */
export function listArgv(name: string): readonly string[] {
  return ["k3d", "cluster", "list", checked(name), "-o", "json"];
}

/** `k3d kubeconfig get NAME`. */
export function kubeconfigArgv(name: string): readonly string[] {
  return ["k3d", "kubeconfig", "get", checked(name)];
}

/** `docker ps`: ids of all of k3d's containers, stopped ones too. */
export function containersArgv(cluster?: string): readonly string[] {
  const only = cluster === undefined ? [] : ["--filter", `label=k3d.cluster=${checked(cluster)}`];
  return ["docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", "label=app=k3d", ...only];
}

/** `docker inspect ID…`. */
export function inspectArgv(ids: readonly string[]): readonly string[] {
  return ["docker", "inspect", "--type", "container", ...ids.map(checked)];
}

/** `docker rename ID NAME`. */
export function renameArgv(id: string, name: string): readonly string[] {
  return ["docker", "rename", checked(id), checked(name)];
}

/** `docker rm --force --volumes ID`. */
export function removeArgv(id: string): readonly string[] {
  return ["docker", "rm", "--force", "--volumes", checked(id)];
}

/** `docker ps`: the containers that publish a port, one JSON value a line. Docker before 23 knows `json` only as this template. */
export function publisherArgv(port: Port, protocol: string): readonly string[] {
  return ["docker", "ps", "--filter", `publish=${port}/${protocol}`, "--format", "{{json .}}"];
}

/** `ps`: every process with its arguments, on Linux and macOS alike. */
export function processesArgv(): readonly string[] {
  return ["ps", "-A", "-o", "pid=,args="];
}

/** A command line for people: values of `--env` and arguments that hold a token are left out. */
export function showArgv(argv: readonly string[]): string {
  return argv.map((word, at) => {
    if (argv[at - 1] === "--env") return `${word.split("=")[0]}=…`;
    const shown = redactArgument(word);
    return /^[\w@%+=:,./;*-]+$/.test(shown) || shown.includes("…") ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
  }).join(" ");
}

/** An argument of k3s or k3d without what looks like a credential. */
export function redactArgument(text: string): string {
  return text.replace(/((?:token|password|secret|secret-key|access-key|datastore-endpoint)[\w-]*[= ]).+/i, "$1…");
}

/** Splits `VALUE@FILTER` at the `@` that is not written as `\@`. */
export function splitAt(text: string): readonly [string, string?] {
  const at = /(?<!\\)@(?!.*(?<!\\)@)/.exec(text)?.index;
  return at === undefined ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function escapeAt(text: string): string {
  return text.replaceAll("@", "\\@");
}

function flag(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [name, value];
}

function repeat(name: string, values: readonly string[]): readonly string[] {
  return values.flatMap((value) => [name, value]);
}
