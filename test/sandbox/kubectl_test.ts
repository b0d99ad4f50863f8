import assert from "node:assert/strict";
import { type Rig, withSandbox } from "./rig.ts";

/** kubectl from `$BERTH_KUBECTL`, else from the PATH; null when there is none. */
function findKubectl(): string | null {
  const command = Deno.env.get("BERTH_KUBECTL") ?? "kubectl";
  try {
    const { success } = new Deno.Command(command, { args: ["version", "--client"], stdout: "null", stderr: "null" })
      .outputSync();
    return success ? command : null;
  } catch {
    return null;
  }
}

const kubectl = findKubectl();
if (kubectl === null) {
  // deno-lint-ignore no-console -- said loudly on purpose
  console.warn("IGNORED: no kubectl on the PATH or in BERTH_KUBECTL, so the sandbox is not tried with it");
}

async function withKubeconfig(
  rig: Rig,
  body: (run: (args: string[], env?: Record<string, string>) => Deno.Command) => Promise<void>,
) {
  const home = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${home}/config`, rig.sandbox.kubeconfig, { mode: 0o600 });
    await body((args, env = {}) =>
      new Deno.Command(kubectl ?? "", {
        args,
        env: { HOME: home, KUBECONFIG: `${home}/config`, ...env },
        clearEnv: true,
        stdout: "piped",
        stderr: "piped",
      })
    );
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function output(command: Deno.Command): Promise<string> {
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name: "kubectl reads and changes it",
  ignore: kubectl === null,
  fn: () =>
    withSandbox({}, (rig) =>
      withKubeconfig(rig, async (run) => {
        const table = await output(run(["get", "pods,svc,endpointslices,nodes", "-A"]));
        assert.match(table, /pod\/db-0 +1\/1 +Running +0/);
        assert.match(table, /service\/web +NodePort +10\.43\.\d+\.\d+ +<none> +80:\d{5}\/TCP/);
        assert.match(table, /endpointslice.discovery.k8s.io\/api-\w+ +IPv4 +8080 +10\.42/);
        assert.match(table, /node\/sandbox-0 +Ready/);
        assert.equal(await output(run(["get", "pod", "db-0", "-o", "jsonpath={.status.phase}"])), "Running");
        await output(run(["scale", "deployment/api", "--replicas=3"]));
        await rig.sandbox.control.until(
          () => rig.sandbox.control.pods({ labels: { app: "api" } }).length === 3,
          rig.signal,
        );
        await output(
          run(["expose", "deployment", "api", "--name=more", "--type=NodePort", "--port=80", "--target-port=8080"]),
        );
        assert.ok((rig.sandbox.control.nodePort({ name: "more" }) ?? 0) >= 30000);
        assert.match(await output(run(["delete", "pod", "db-0", "--wait=true"])), /deleted/);
        await assert.rejects(output(run(["get", "pod", "none"])), /pods "none" not found/);
      })),
});

for (const websockets of [true, false]) {
  Deno.test({
    name: `kubectl port-forward over ${websockets ? "WebSocket" : "plain SPDY"}`,
    ignore: kubectl === null,
    fn: () =>
      withSandbox({}, (rig) =>
        withKubeconfig(rig, async (run) => {
          // The other carrier is shut, so that this one is surely taken.
          rig.sandbox.control.refuseUpgrades(websockets ? "spdy" : "websocket");
          const child = run(["port-forward", "svc/api", ":80"], { KUBECTL_PORT_FORWARD_WEBSOCKETS: String(websockets) })
            .spawn();
          const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
          const said = (await lines.read()).value ?? "";
          const port = /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1];
          assert.ok(port !== undefined, said);
          for (let count = 0; count < 3; count++) {
            const answer = await fetch(`http://127.0.0.1:${port}/x`, { headers: { connection: "close" } });
            assert.match(await answer.text(), /"pod":"api-.*"path":"\/x"/);
          }
          child.kill("SIGTERM");
          await Promise.all([lines.cancel(), child.stderr.cancel(), child.status]);
        })),
  });
}
