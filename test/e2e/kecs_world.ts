/** What the test of the KECS example works with: the example itself, its workload, and ways to look at what came of it. */
import assert from "node:assert/strict";
import { baseDirectories, type WorkspacePaths, workspacePaths } from "../../src/state/paths.ts";
import {
  berth,
  box,
  deployment,
  folder,
  kubeconfig,
  type Ran,
  run,
  service,
  type StatusDocument,
  until,
  type Up,
} from "./harness.ts";

export const NAME = "berth-e2e-kecs";
export const KILLED = "berth-e2e-kill";
export const NS = "default-us-east-1";
export const DNS = "myapp-alb-1a2b3c4d.us-east-1.elb.amazonaws.com";
export const LOCAL = { first: 32000, last: 32999 };
/** What the example and its cluster listen on. */
const PORTS = [3000, 3001, 5373, 5374, 8080, 8443, LOCAL.first];

/** Everything that was printed by the commands of this test. */
export const printed: string[] = [];

/** A command of berth; what it prints is kept. */
export async function told(...args: string[]): Promise<Ran> {
  const ran = await berth(...args);
  printed.push(ran.stdout, ran.stderr);
  return ran;
}

async function docker(...args: string[]): Promise<string> {
  const ran = await run("docker", args);
  assert.equal(ran.code, 0, ran.stderr);
  return ran.stdout.trim();
}

/** The arguments of a kubectl that speaks to the example's cluster. */
export const kubectlArgs = (args: readonly string[]): string[] => ["--context", `k3d-${NAME}`, ...args];

export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const ran = await run("kubectl", kubectlArgs(args), input === undefined ? {} : { input });
  assert.equal(ran.code, 0, `kubectl ${args.join(" ")}: ${ran.stderr}`);
  return ran.stdout;
}

export async function apply(...items: unknown[]): Promise<void> {
  await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
}

/** The example as it is, but for the cluster's name and what the test's node image asks for. */
export async function example(name: string): Promise<string> {
  let text = await Deno.readTextFile(new URL("../../examples/kecs/forwards.yaml", import.meta.url));
  const edit = (pattern: RegExp, by: string) => {
    assert.match(text, pattern);
    text = text.replace(pattern, by);
  };
  const image = Deno.env.get("RIG_NODE_IMAGE");
  edit(/name: kecs-demo\b/, `name: ${name}`);
  if (image !== undefined) edit(/^( +)k3sArgs:.*$/m, `$1image: ${image}\n$1k3sArgs: ["--disable=coredns@server:*"]`);
  const file = `${await folder()}/forwards.yaml`;
  await Deno.writeTextFile(file, text);
  return file;
}

const namespace = (name: string, labels = {}) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });

/** KECS' id of the n-th task. */
export const taskId = (n: number): string => n.toString(16).padStart(32, "0");

export function task(n: number, { labels = {}, isPublic = true } = {}): unknown {
  const id = taskId(n);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace: NS,
      name: id,
      labels: { "kecs.dev/task-id": id, ...labels },
      annotations: isPublic ? { "ecs.amazonaws.com/assign-public-ip": "ENABLED" } : {},
    },
    spec: { terminationGracePeriodSeconds: 1, containers: [box(id, [{ name: "http", containerPort: 80 }])] },
  };
}

/** What KECS would have made: the ingress, a load balancer, a service, a tagged task, a task with a public IP. */
export const WORKLOAD = [
  namespace(NS, { "kecs.dev/cluster": "default", "kecs.dev/region": "us-east-1" }),
  namespace("kecs-system"),
  deployment("kecs-system", "traefik", 1),
  service("kecs-system", "traefik", { type: "NodePort", ports: [{ name: "web", port: 80, nodePort: 30880 }] }),
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      namespace: "kecs-system",
      name: "alb-myapp-alb-port-80",
      labels: { "kecs.io/component": "elbv2-listener", "kecs.io/elbv2-load-balancer": "myapp-alb" },
      annotations: { "kecs.io/elbv2-dns-name": DNS, "kecs.io/elbv2-load-balancer": "myapp-alb" },
    },
    spec: { defaultBackend: { service: { name: "traefik", port: { number: 80 } } } },
  },
  deployment(NS, "web", 1),
  service(NS, "web", { ports: [{ port: 80 }] }),
  task(0xa, { labels: { "tag.app": "api", "tag.version": "stable" }, isPublic: false }),
  task(1),
];

async function status(file: string): Promise<StatusDocument | null> {
  const ran = await told("status", "-f", file, "-o", "json");
  return ran.stdout.startsWith("{") ? JSON.parse(ran.stdout) as StatusDocument : null;
}

const isPublic = ({ name }: { name: string }) => name.startsWith("public-");

/** Waits until `count` tasks have their public port, and all else is Active too. */
export async function settled(
  up: Up,
  { file, count }: { file: string; count: number },
): Promise<ReadonlyMap<string, number>> {
  let last: StatusDocument | null = null;
  const document = await until(async () => {
    last = await status(file);
    return last !== null && last.forwards.filter(isPublic).length === count &&
      last.forwards.every((one) => one.status === "Active") && last;
  }, {
    limit: 120_000,
    every: 200,
    what: () => `${count} tasks Active; status: ${JSON.stringify(last)}; up said:\n${up.lines.slice(-60).join("\n")}`,
  });
  return new Map(document.forwards.filter(isPublic).map(({ name, listen }) => [name, listen[0]?.port ?? 0]));
}

/** What the last plan printed, for whoever waited in vain. */
export let lastPlan = "";

/** Whether a plan has nothing to do. */
export async function isConverged(file: string): Promise<boolean> {
  const ran = await told("plan", "-f", file, "--detailed-exitcode");
  // 1: something is blocked, as for a moment while another process deletes a cluster to make it anew.
  assert.ok([0, 1, 2].includes(ran.code) && ran.stdout !== "", `${ran.code}: ${ran.stdout}${ran.stderr}`);
  lastPlan = ran.stdout;
  return ran.code === 0;
}

/** Who listens on public ports: "PORT PROGRAM", once for a port on both addresses of localhost. */
export async function publicListeners(): Promise<string[]> {
  const { stdout } = await run("ss", ["-Hltnp"]);
  const found = stdout.split("\n").flatMap((line) => {
    const port = Number(/:(\d+)$/.exec(line.trim().split(/ +/)[3] ?? "")?.[1] ?? 0);
    const program = /\(\("([^"]+)"/.exec(line)?.[1] ?? "?";
    // k3d takes any free port for its API: it may lie among these.
    return port >= LOCAL.first && port <= LOCAL.last && program !== "docker-proxy" ? [`${port} ${program}`] : [];
  });
  return [...new Set(found)].sort();
}

/** What is looked at of the Service of a task. */
export interface TaskService {
  readonly id: string;
  readonly nodePort: number;
}

/** The Services of tasks that have a public IP. */
export async function taskServices(): Promise<TaskService[]> {
  const list = JSON.parse(
    await kubectl(["get", "services", "-n", NS, "-l", "kecs.dev/type=task-nodeport", "-o", "json"]),
  ) as {
    readonly items: readonly {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: { readonly ports: readonly { readonly nodePort: number }[] };
    }[];
  };
  return list.items.map(({ metadata, spec }) => ({
    id: metadata.labels["kecs.dev/task-id"] ?? "",
    nodePort: spec.ports[0]?.nodePort ?? 0,
  }));
}

/** The Host that the backend behind the load balancer's listener sees. */
export async function hostSeen(host: string): Promise<unknown> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: 8080 });
  await connection.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
  const text = await new Response(connection.readable).text();
  const said: unknown = JSON.parse(text.split("\r\n\r\n")[1] ?? "null");
  return typeof said === "object" && said !== null && "host" in said ? said.host : null;
}

/** When pods were first seen Ready, by name. */
export class Readiness implements AsyncDisposable {
  readonly at = new Map<string, number>();
  readonly #child = new Deno.Command("kubectl", {
    args: kubectlArgs([
      "-n",
      NS,
      "get",
      "pods",
      "-w",
      "-o",
      'jsonpath={.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}',
    ]),
    env: { KUBECONFIG: kubeconfig },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  readonly #read = this.#collect();

  async #collect(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) {
        const [name, ready] = line.split(" ");
        if (name !== undefined && ready === "True" && !this.at.has(name)) this.at.set(name, performance.now());
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await this.#read;
  }
}

async function pathsOf(file: string): Promise<WorkspacePaths> {
  const base = baseDirectories({ env: (name) => Deno.env.get(name), home: Deno.env.get("HOME") ?? "/" });
  return await workspacePaths(base, await Deno.realPath(file));
}

/** The process that holds the workspace, as it says itself; it is one of ours, by its folder. */
export async function holder(file: string): Promise<number> {
  const { lock } = await pathsOf(file);
  return await until(async () => {
    const text = await Deno.readTextFile(`${lock}.json`).catch(() => "{}");
    const { pid } = JSON.parse(text) as { readonly pid?: number };
    return pid;
  }, { what: "a holder of the workspace" });
}

/** A process of ours and all that it started, itself first. */
export async function family(pid: number): Promise<number[]> {
  const { stdout } = await run("ps", ["-eo", "pid=,ppid="]);
  const pairs = stdout.trim().split("\n").map((line) => line.trim().split(/ +/).map(Number));
  const found = [pid];
  for (const parent of found) {
    for (const [child, of] of pairs) if (of === parent && child !== undefined) found.push(child);
  }
  return found;
}

export function kill9(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}

/** Pieces of every secret of a cluster: what is printed need not be whole. */
export async function secrets(name: string): Promise<string[]> {
  const whole: string[] = [];
  for (const text of [await Deno.readTextFile(kubeconfig), (await run("k3d", ["kubeconfig", "get", name])).stdout]) {
    for (const [, value = ""] of text.matchAll(/(?:-data|token|password): *"?([^\s"]{16,})/g)) {
      whole.push(value);
      // The lines between "BEGIN" and "END", where it is PEM.
      if (value.startsWith("LS0t")) {
        whole.push(...atob(value).split("\n").filter((line) => /^[\w+/=]{40,}$/.test(line)));
      }
    }
  }
  const inspected = JSON.parse(await docker("inspect", `k3d-${name}-server-0`)) as readonly {
    readonly Config: { readonly Env: readonly string[]; readonly Labels: Readonly<Record<string, string>> };
  }[];
  const [server] = inspected;
  assert.ok(server !== undefined);
  const token = server.Config.Labels["k3d.cluster.token"];
  assert.ok(token !== undefined && token.length > 8, "the cluster has a token");
  whole.push(token);
  for (const one of server.Config.Env) if (/^K3S_TOKEN=./.test(one)) whole.push(one.slice("K3S_TOKEN=".length));
  // A certificate and its key begin alike everywhere: the middle tells them apart.
  return [...new Set(whole.map((one) => one.length < 60 ? one : one.slice(one.length / 2, one.length / 2 + 40)))];
}

export async function* filesUnder(path: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(path)) {
    if (entry.isDirectory) yield* filesUnder(`${path}/${entry.name}`);
    else if (entry.isFile) yield `${path}/${entry.name}`;
  }
}

export async function containers(name: string): Promise<string[]> {
  const text = await docker("ps", "-a", "--filter", `label=k3d.cluster=${name}`, "--format", "{{.Names}} {{.State}}");
  return text.split("\n").filter((line) => line !== "").sort();
}

/** Waits until the example's ports can be had: other runs on this machine may still let go of them. */
export async function portsFree(): Promise<void> {
  const taken = () =>
    PORTS.filter((port) => {
      try {
        Deno.listen({ hostname: "0.0.0.0", port }).close();
        return false;
      } catch {
        return true;
      }
    });
  await until(() => Promise.resolve(taken().length === 0), {
    limit: 120_000,
    every: 500,
    what: () => `ports free: ${taken().join(", ")}`,
  });
}

/** State and runtime folders of this test alone, for every command that it starts. */
export async function ownFolders(): Promise<AsyncDisposable & { readonly paths: readonly string[] }> {
  const names = ["XDG_STATE_HOME", "XDG_RUNTIME_DIR"];
  const before = names.map((name) => Deno.env.get(name));
  const paths = await Promise.all(names.map(() => folder()));
  for (const [index, name] of names.entries()) Deno.env.set(name, paths[index] ?? "");
  return {
    paths,
    [Symbol.asyncDispose]: async () => {
      for (const [index, name] of names.entries()) {
        const value = before[index];
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
      for (const path of paths) await Deno.remove(path, { recursive: true });
    },
  };
}

export function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}
