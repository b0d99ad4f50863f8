import { connectControl } from "../control/client.ts";
import { ControlError } from "../control/control_error.ts";
import { examine } from "../doctor/doctor.ts";
import type { ClusterFacts, DaemonFacts, FolderFacts, Machine, Right, WorkspaceFacts } from "../doctor/machine.ts";
import { detectContainer } from "../host/container.ts";
import { findPortHolder } from "../host/port_holder.ts";
import { writtenChoice } from "../kube/kubeconfig_choice.ts";
import { askRights } from "../kube/rights.ts";
import { hasErrors } from "../diagnostics/order.ts";
import type { Finding } from "../model/doctor.ts";
import { port } from "../model/port.ts";
import type { ClusterSpec } from "../model/workspace.ts";
import { baseDirectories } from "../state/paths.ts";
import type { Host } from "./host.ts";
import { k3dKubeconfig, makeK3d } from "./k3d.ts";
import { locateFile, statePaths } from "./locate.ts";
import { openApi } from "./one_api.ts";
import { loadFile } from "./workspace_files.ts";

/** Looks at this machine, and at the workspace of `file` as `load` finds it. */
export async function runDoctor(
  host: Host,
  file: string | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  return await examine(realMachine(host, file), signal);
}

function realMachine(host: Host, file: string | undefined): Machine {
  const { clock, env, home, shell } = host;
  let facts: Promise<WorkspaceFacts> | null = null;
  return {
    clock,
    run: shell,
    deno: Deno.version.deno,
    container: () => detectContainer(env),
    canListen: (hostname) => Promise.resolve(canListen(hostname)),
    async openFiles(signal) {
      const { code, stdout } = await shell(["sh", "-c", "ulimit -Sn; ulimit -Hn"], { signal });
      const [soft, hard] = stdout.trim().split("\n").map((line) => line === "unlimited" ? Infinity : Number(line));
      return code !== 0 || soft === undefined || hard === undefined ? null : { soft, hard };
    },
    async holder(number, signal) {
      const address = { host: "127.0.0.1", port: port(number) };
      return (await findPortHolder(address, { shell, signal }))?.words ?? null;
    },
    workspace: () => facts ??= readWorkspace(host, file),
    daemon: (signal) => lookForDaemon(host, file, signal),
    folders: () => {
      const { state, runtime } = baseDirectories({ env, home });
      return Promise.all([...new Set([state, runtime])].map(folderFacts));
    },
    cluster: (spec, rights, signal) => lookAtCluster(host, { spec, rights, signal }),
  };
}

function canListen(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

async function readWorkspace(host: Host, file: string | undefined): Promise<WorkspaceFacts> {
  if (await locateFile(host.cwd, file) === null) return { kind: "none" };
  const { shown, workspace, diagnostics } = await loadFile(host, file);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (workspace === null || hasErrors(diagnostics)) {
    return { kind: "broken", file: shown, errors: errors.length, problem: errors[0]?.message ?? "it cannot be read" };
  }
  return { kind: "good", file: shown, warnings: diagnostics.length, workspace };
}

async function lookForDaemon(host: Host, file: string | undefined, signal: AbortSignal): Promise<DaemonFacts> {
  const path = await locateFile(host.cwd, file);
  if (path === null) return { kind: "none" };
  try {
    const client = await connectControl((await statePaths(host, path)).socket, { clock: host.clock, signal });
    if (client === null) return { kind: "none" };
    try {
      const { pid, forwards } = await client.status(signal);
      const active = forwards.filter(({ status }) => status === "Active").length;
      return { kind: "running", pid, forwards: forwards.length, active };
    } finally {
      client.close();
    }
  } catch (error) {
    if (error instanceof ControlError) return { kind: "unusable", message: error.message };
    throw error;
  }
}

async function folderFacts(path: string): Promise<FolderFacts> {
  try {
    const { mode, uid } = await Deno.stat(path);
    if (uid !== null && uid !== Deno.uid()) return { path, state: "not-writable" };
    if (mode !== null && (mode & 0o300) !== 0o300) return { path, state: "not-writable" };
    return { path, state: mode !== null && (mode & 0o077) !== 0 ? "open" : "private" };
  } catch (error) {
    return { path, state: error instanceof Deno.errors.NotFound ? "missing" : "not-writable" };
  }
}

async function lookAtCluster(
  host: Host,
  { spec, rights, signal }: {
    readonly spec: ClusterSpec;
    readonly rights: readonly Right[];
    readonly signal: AbortSignal;
  },
): Promise<ClusterFacts> {
  const { access } = spec;
  const choice = access.kind === "k3d"
    ? { given: await k3dKubeconfig(makeK3d(host), access.spec) }
    : writtenChoice(spec);
  const { api, transport } = await openApi(host, { cluster: spec.name, ...choice }, { signal });
  try {
    const { version, lacks } = await askRights(api, rights, signal);
    return { server: transport.server.origin, version, note: transport.note ?? null, lacks };
  } finally {
    api.close();
  }
}
