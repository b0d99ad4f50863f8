import { createCommand } from "../create_cluster.ts";
import { endLasting, freePorts, must, run, type RunOptions, say, until } from "./shell.ts";
import type { Address } from "./protocol.ts";

const CLUSTER = "berth-bench";
const NODE = `k3d-${CLUSTER}-server-0`;
const LOAD_BALANCER = `k3d-${CLUSTER}-serverlb`;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** The ports of the workload that are measured, a behaviour each, and the node port that leads there. */
export const BOX_PORTS = {
  http: { port: 80, nodePort: 31080 },
  digest: { port: 9001, nodePort: 31001 },
  echo: { port: 9002, nodePort: 31002 },
  reset: { port: 9003, nodePort: 31003 },
  source: { port: 9005, nodePort: 31005 },
  sink: { port: 9006, nodePort: 31006 },
  banner: { port: 9008, nodePort: 31008 },
} as const;

/** One of the workload's ports. */
export type BoxPort = keyof typeof BOX_PORTS;

/** The names of the workload's ports. */
export const BOX_PORT_NAMES = Object.keys(BOX_PORTS) as readonly BoxPort[];

/** A cluster that was made for the benchmark. */
export interface Rig {
  readonly kubeconfig: string;
  readonly context: string;
  /** The node's address on a Docker bridge of this machine. */
  readonly node: string;
  /** Local ports that the load balancer publishes. */
  readonly published: Readonly<Record<BoxPort, number>>;
  /** A folder for files of the run. */
  readonly home: string;
  /** The first process of the load balancer's container. */
  loadBalancerPid(): Promise<number>;
}

/** Why the rig cannot be used here; null when it can. */
export async function whyNoRig(): Promise<string | null> {
  for (const probe of [["docker", "info"], ["k3d", "version"], ["kubectl", "version", "--client"]] as const) {
    if ((await run([...probe])).code !== 0) return `\`${probe.join(" ")}\` does not work here`;
  }
  return null;
}

/** Makes the cluster with its workload, hands it over, and deletes it whatever happens. */
export async function withRig(use: (rig: Rig) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "berth-bench-" });
  const kubeconfig = `${home}/kubeconfig`;
  const env = { KUBECONFIG: kubeconfig };
  let removed: Promise<void> | null = null;
  // An interruption and the failures that it causes both come here: only one of them may delete.
  const removeOnce = () => removed ??= endLasting().then(() => remove(home, { env }));
  const interrupted = () => void removeOnce().finally(() => Deno.exit(130));
  for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupted);
  try {
    // Left by a run that was killed: the name is ours alone.
    await run(["k3d", "cluster", "delete", CLUSTER], { env });
    const ports = freePorts(BOX_PORT_NAMES.length);
    const published = Object.fromEntries(BOX_PORT_NAMES.map((name, index) => [name, ports[index] ?? 0])) as Record<
      BoxPort,
      number
    >;
    say(`creating k3d cluster ${CLUSTER}`);
    await create(published, { env });
    await applyWorkload({ env });
    const rig: Rig = {
      kubeconfig,
      context: `k3d-${CLUSTER}`,
      node: await nodeAddress(),
      published,
      home,
      loadBalancerPid: async () => Number(await inspect(LOAD_BALANCER, "{{.State.Pid}}")),
    };
    await until(
      async () => await reachable({ host: rig.node, port: BOX_PORTS.http.nodePort }) ? true : null,
      "the workload",
    );
    await use(rig);
  } finally {
    await removeOnce();
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, interrupted);
  }
}

async function remove(home: string, options: RunOptions): Promise<void> {
  if (Deno.env.get("BERTH_BENCH_KEEP") !== undefined) return say(`kept: KUBECONFIG=${home}/kubeconfig`);
  say(`deleting k3d cluster ${CLUSTER}`);
  const ran = await run(["k3d", "cluster", "delete", CLUSTER], options);
  if (ran.code !== 0) say(`could not delete k3d cluster ${CLUSTER}: ${ran.stderr.trim()}`);
  await Deno.remove(home, { recursive: true });
}

async function create(published: Readonly<Record<BoxPort, number>>, options: RunOptions): Promise<void> {
  const mappings = BOX_PORT_NAMES.flatMap((name) => [
    "--port",
    `127.0.0.1:${published[name]}:${BOX_PORTS[name].nodePort}@loadbalancer`,
  ]);
  await must(createCommand(CLUSTER, mappings), options);
}

async function applyWorkload(options: RunOptions): Promise<void> {
  const labels = { app: "box" };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "default", name: "box", labels },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{
        name: "box",
        image: "rig.local/box:1",
        imagePullPolicy: "Never",
        args: ["serve"],
        readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
      }],
    },
  };
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "default", name: "box" },
    spec: {
      type: "NodePort",
      selector: labels,
      ports: BOX_PORT_NAMES.map((name) => ({ name, ...BOX_PORTS[name] })),
    },
  };
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: [pod, service] });
  // The API server makes the default service account a moment after it begins to answer; pods are refused until then.
  await until(
    async () => (await run(["kubectl", "apply", "-f", "-"], { ...options, input })).code === 0 ? true : null,
    "kubectl apply of the workload",
  );
  await must(["kubectl", "wait", "--for=condition=Ready", "pod/box", "--timeout=60s"], options);
}

/** The node's address, once it is certain that it is on a bridge of Docker here: all load goes there. */
async function nodeAddress(): Promise<string> {
  if (await inspect(NODE, "{{.State.Running}}") !== "true") throw new Error(`container ${NODE} does not run`);
  const address = await inspect(NODE, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
  const route = await must(["ip", "-o", "route", "get", address]);
  if (!/ dev (?:br-|docker)/.test(route)) {
    throw new Error(`${address} is not on a bridge of Docker here, so no load is sent there: ${route.trim()}`);
  }
  return address;
}

async function inspect(container: string, format: string): Promise<string> {
  return (await must(["docker", "inspect", "--format", format, container])).trim();
}

async function reachable({ host, port }: Address): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname: host, port });
    return true;
  } catch {
    return false;
  }
}
