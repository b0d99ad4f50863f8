/** berth inside a container on the cluster's Docker network, with the kubeconfig that k3d wrote for the host. */
import assert from "node:assert/strict";
import {
  answer,
  apply,
  context,
  deployment,
  folder,
  here,
  kubeconfig,
  type Ran,
  run,
  service,
  until,
} from "./harness.ts";

/** An image with glibc, which this Deno is mounted into. */
const image = Deno.env.get("RIG_NODE_IMAGE");
/** Where Deno is in there. */
const DENO = "/usr/local/bin/deno";
const CONTAINER = "berth-e2e-inside";
const NAMESPACE = "inside";
const root = new URL("../..", import.meta.url).pathname;

async function docker(...args: string[]): Promise<string> {
  const ran = await run("docker", args);
  assert.equal(ran.code, 0, `docker ${args.join(" ")}: ${ran.stderr}`);
  return ran.stdout.trim();
}

/** The port of this machine that Docker gave to a port of the container. */
async function published(port: number): Promise<number> {
  return Number(/:(\d+)$/m.exec(await docker("port", CONTAINER, `${port}/tcp`))?.[1]);
}

async function denoDirectory(): Promise<string> {
  const ran = await run(Deno.execPath(), ["info", "--json"]);
  return (JSON.parse(ran.stdout) as { denoDir: string }).denoDir;
}

Deno.test({
  name: "inside a container: the address inside is found, and published ports reach the forwards by both routes",
  ignore: !here || image === undefined,
  fn: async () => {
    const server = /server: https:\/\/(\S+)/.exec(await Deno.readTextFile(kubeconfig))?.[1] ?? "";
    assert.match(server, /^(?:0\.0\.0\.0|127\.0\.0\.1|localhost):/, "the kubeconfig is one for the host");
    await apply(NAMESPACE, [
      deployment(NAMESPACE, "web", 1),
      service(NAMESPACE, "web", { type: "NodePort", ports: [{ port: 80 }] }),
    ]);
    const directory = await folder();
    await Deno.writeTextFile(
      `${directory}/forwards.yaml`,
      `version: 1
defaults: { bind: 0.0.0.0 }
clusters:
  near: { kubeconfig: /kube/config, context: ${context} }
forwards:
  web: { cluster: near, service: ${NAMESPACE}/web, port: 80, local: 3000, route: direct }
  api: { cluster: near, deployment: ${NAMESPACE}/web, port: http, local: 3001 }
`,
    );
    await run("docker", ["rm", "-f", CONTAINER]);
    try {
      await docker(
        ...["run", "--detach", "--name", CONTAINER, "--network", context],
        ...["--publish", "127.0.0.1::3000", "--publish", "127.0.0.1::3001"],
        ...["--volume", `${Deno.execPath()}:${DENO}:ro`, "--volume", `${root}:/berth:ro`],
        ...["--volume", `${await denoDirectory()}:/deno:ro`, "--env", "DENO_DIR=/deno"],
        ...["--volume", `${kubeconfig}:/kube/config:ro`, "--volume", `${directory}:/work:ro`],
        ...["--tmpfs", "/home", "--env", "HOME=/home", "--workdir", "/berth"],
        ...["--entrypoint", DENO, image ?? ""],
        ...["run", "-q", "--cached-only", "--frozen", "-A", "src/main.ts", "up", "-f", "/work/forwards.yaml"],
      );
      for (const port of [3000, 3001]) assert.match((await answer(await published(port))).pod, /^web-/);
      let last: Ran | undefined;
      const status = await until(async () => {
        last = await run("docker", [
          ...["exec", CONTAINER, DENO, "run", "-q", "--cached-only", "--frozen", "-A", "src/main.ts"],
          ...["status", "-f", "/work/forwards.yaml", "-o", "json"],
        ]);
        if (!last.stdout.startsWith("{")) return null;
        const document = JSON.parse(last.stdout) as Status;
        return document.forwards.every(({ status }) => status === "Active") ? document : null;
      }, { what: () => `all Active inside; status said: ${last?.stdout}${last?.stderr}` });
      assert.deepEqual(
        status.forwards.map(({ name, route }) => [name, route]).sort(),
        [["api", "tunnel"], ["web", "direct"]],
      );
      assert.deepEqual(status.clusters.map(({ message }) => message), [
        `using ${context}-serverlb:6443: ${server} of the kubeconfig is this container itself, and nothing answers there`,
      ]);
      await docker("stop", "--time", "10", CONTAINER);
      assert.equal(await docker("inspect", "--format", "{{.State.ExitCode}}", CONTAINER), "130", "ended by itself");
    } catch (error) {
      const { stdout, stderr } = await run("docker", ["logs", CONTAINER]);
      throw new Error(`inside the container:\n${stdout}${stderr}`, { cause: error });
    } finally {
      await run("docker", ["rm", "-f", CONTAINER]);
    }
  },
});

interface Status {
  readonly forwards: readonly { readonly name: string; readonly status: string; readonly route: string | null }[];
  readonly clusters: readonly { readonly message: string | null }[];
}
