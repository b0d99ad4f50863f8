import type { Finding } from "../model/doctor.ts";
import type { RunResult } from "../model/run.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Machine } from "./machine.ts";

/** The oldest Deno that berth is made for. */
const DENO = [2, 9] as const;
/** The first k3d that can take a published port away (its `cluster edit --port-delete`). */
const K3D_DELETES = [5, 9] as const;

/** Deno itself. */
export function checkDeno({ deno }: Machine): readonly Finding[] {
  const old = isOlder(deno, DENO);
  return [{
    check: "deno",
    subject: "deno",
    level: old ? "broken" : "ok",
    message: deno,
    ...(old ? { help: `berth needs ${DENO.join(".")} or newer` } : {}),
  }];
}

/** docker: its client, and the daemon behind it. Needed where the workspace has clusters on k3d. */
export async function checkDocker(
  machine: Machine,
  { needed, signal }: { readonly needed: boolean; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const about = { check: "docker", subject: "docker" } as const;
  const missing = needed ? "broken" : "note";
  const why = needed ? "clusters on k3d need it" : "only clusters on k3d need it";
  const ran = await machine.run(["docker", "version", "--format", "{{.Client.Version}} {{.Server.Version}}"], {
    signal,
  });
  if (ran.end === "not-found") return [{ ...about, level: missing, message: "not installed", help: why }];
  if (ran.code === 0) {
    const [client = "", server = ""] = ran.stdout.trim().split(" ");
    return [{ ...about, level: "ok", message: `${client}, daemon ${server}` }];
  }
  return [{
    ...about,
    level: missing,
    message: `the daemon does not answer: ${lastLine(ran)}`,
    help: /permission denied/i.test(ran.stderr)
      ? "join the group docker, or point DOCKER_HOST at a daemon of your own"
      : `start it, or see $DOCKER_HOST and docker context ls; ${why}`,
  }];
}

/** k3d. Needed where the workspace has clusters on it. */
export async function checkK3d(
  machine: Machine,
  { needed, signal }: { readonly needed: boolean; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const about = { check: "k3d", subject: "k3d" } as const;
  const ran = await machine.run(["k3d", "version"], { signal });
  if (ran.end === "not-found") {
    const help = needed
      ? "this workspace has a cluster on k3d: install 5.9.0 or newer"
      : "only clusters that berth makes with k3d need it";
    return [{ ...about, level: needed ? "broken" : "note", message: "not installed", help }];
  }
  const version = /k3d version v?(\S+)/.exec(ran.stdout)?.[1];
  if (version === undefined) {
    return [{ ...about, level: needed ? "broken" : "warn", message: `does not say its version: ${lastLine(ran)}` }];
  }
  if (!isOlder(version, K3D_DELETES)) return [{ ...about, level: "ok", message: version }];
  return [{
    ...about,
    level: "warn",
    message: version,
    help:
      "5.9.0 is the first that can take a published port away; with this one a cluster has to be made anew for that",
  }];
}

/** kubectl, which berth itself never needs. */
export async function checkKubectl(machine: Machine, signal: AbortSignal): Promise<readonly Finding[]> {
  const about = { check: "kubectl", subject: "kubectl" } as const;
  const ran = await machine.run(["kubectl", "version", "--client", "-o", "json"], { signal });
  if (ran.end === "not-found") {
    return [{ ...about, level: "note", message: "not installed", help: "berth does not need it" }];
  }
  const version = /"gitVersion":\s*"v?([^"]+)"/.exec(ran.stdout)?.[1];
  return [{ ...about, level: "ok", message: version ?? "installed" }];
}

/** How long k3d's load balancers let a connection to the API be idle. Only of clusters that run. */
export async function checkLoadBalancers(
  machine: Machine,
  { workspace, signal }: { readonly workspace: Workspace | null; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const names = [...workspace?.clusters.values() ?? []].flatMap(({ name, access }) => {
    if (access.kind === "k3d") return [{ name, k3d: access.spec.name }];
    const context = access.kind === "kubeconfig" ? access.context : undefined;
    return context?.startsWith("k3d-") === true ? [{ name, k3d: context.slice("k3d-".length) }] : [];
  });
  const found = await Promise.all(names.map(async ({ name, k3d }): Promise<readonly Finding[]> => {
    const argv = ["docker", "exec", `k3d-${k3d}-serverlb`, "cat", "/etc/confd/values.yaml"];
    const ran = await machine.run(argv, { signal });
    const seconds = Number(/defaultProxyTimeout:\s*"?(\d+)/.exec(ran.stdout)?.[1] ?? Number.NaN);
    if (ran.code !== 0 || Number.isNaN(seconds) || seconds > 600) return [];
    return [{
      check: "load-balancer",
      subject: `cluster ${name}`,
      level: "note",
      message: `k3d's load balancer ends connections to the API that are idle for ${seconds} s`,
      help:
        "berth keeps its own alive; kubectl exec, logs -f and the like are cut. To change it, make the cluster with " +
        "--lb-config-override settings.defaultProxyTimeout=86400",
    }];
  }));
  return found.flat();
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, a = "0", b = "0"] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(a) < major || (Number(a) === major && Number(b) < minor);
}

function lastLine({ stderr, stdout, code }: RunResult): string {
  return (stderr.trim() || stdout.trim()).split("\n").at(-1) || `exit code ${code}`;
}
