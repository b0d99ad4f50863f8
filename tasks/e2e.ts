import { createCommand } from "./create_cluster.ts";

/**
 * Runs the end-to-end tests on real Docker, k3d and Kubernetes: makes one cluster, runs `test/e2e`, deletes the cluster.
 * Where the tools are not there it says so in one line and exits 69: nothing was proved, and nothing is claimed.
 */
const CLUSTER = "berth-e2e";
const say = (line: string) => Deno.stderr.writeSync(new TextEncoder().encode(`e2e: ${line}\n`));

async function run(argv: readonly [string, ...string[]], env: Record<string, string> = {}): Promise<number> {
  const [program, ...args] = argv;
  try {
    const child = new Deno.Command(program, { args, env, stdin: "null", stdout: "inherit", stderr: "inherit" }).spawn();
    return (await child.status).code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 127;
    throw error;
  }
}

async function quiet(argv: readonly [string, ...string[]]): Promise<boolean> {
  const [program, ...args] = argv;
  try {
    return (await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

for (const probe of [["docker", "info"], ["k3d", "version"], ["kubectl", "version", "--client"]] as const) {
  if (!await quiet(probe)) {
    say(`NOT RUN: \`${probe.join(" ")}\` does not work here; the end-to-end tests need Docker, k3d and kubectl`);
    Deno.exit(69);
  }
}

const home = await Deno.makeTempDir({ prefix: "berth-e2e-" });
const kubeconfig = `${home}/kubeconfig`;
const env = {
  KUBECONFIG: kubeconfig,
  BERTH_E2E_KUBECONFIG: kubeconfig,
  BERTH_E2E_CONTEXT: `k3d-${CLUSTER}`,
  BERTH_E2E_HOME: home,
};
let code = 1;
try {
  // Left by a run that was killed: the name is ours alone.
  await quiet(["k3d", "cluster", "delete", CLUSTER]);
  say(`creating k3d cluster ${CLUSTER}`);
  const created = await run(createCommand(CLUSTER), env);
  if (created !== 0) throw new Error(`k3d cluster create ended with status ${created}`);
  // The tests start `deno task` as a person would, docker, k3d and kubectl: no list of paths is known beforehand, hence -A.
  code = await run([Deno.execPath(), "test", "-A", "--no-check", "test/e2e", ...Deno.args], env);
} finally {
  if (Deno.env.get("BERTH_E2E_KEEP") === undefined) {
    say(`deleting k3d cluster ${CLUSTER}`);
    await run(["k3d", "cluster", "delete", CLUSTER], env);
    await Deno.remove(home, { recursive: true });
  } else {
    say(`kept: KUBECONFIG=${kubeconfig}`);
  }
}
Deno.exit(code);
