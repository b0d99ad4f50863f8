/** Taking a port over, with the real programs: what is ended, and what never is. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { endForwarder } from "../../src/host/end_forwarder.ts";
import { findPortHolder } from "../../src/host/port_holder.ts";
import { createShell } from "../../src/host/shell.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import { type Port, port } from "../../src/model/port.ts";
import { takePort } from "../../src/wiring/take_port.ts";
import type { Host } from "../../src/wiring/host.ts";
import { until } from "../fakes/until.ts";
import { withSandbox } from "../sandbox/rig.ts";

const clock = systemClock();
const env = (name: string) => Deno.env.get(name);
const shell = createShell({ clock, env });
const host: Host = {
  clock,
  random: Math.random,
  shell,
  env,
  home: "/nowhere",
  cwd: "/",
  pid: Deno.pid,
  log: () => NO_LOG,
};
const signal = new AbortController().signal;
const has = async (...argv: string[]) => (await shell(argv, { signal })).end === "exited";
const tools = await has("ss", "-V") && await has("ps", "-p", "1");
const socat = tools && await has("socat", "-V");
if (!socat) {
  Deno.stderr.writeSync(new TextEncoder().encode("SKIPPED: taking a port from socat, because socat is not here\n"));
}

function freePort(): Port {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return port(listener.addr.port);
}

async function answers(at: Port): Promise<boolean> {
  return await Deno.connect({ hostname: "127.0.0.1", port: at }).then((one) => (one.close(), true), () => false);
}

async function start(at: Port, argv: readonly string[]): Promise<Deno.ChildProcess> {
  const [program = "", ...args] = argv;
  const child = new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  await until(() => answers(at), `${program} on port ${at}`);
  return child;
}

const socatOn = (at: Port) => ["socat", `TCP-LISTEN:${at},bind=127.0.0.1,fork,reuseaddr`, "TCP:127.0.0.1:9"];

Deno.test({ name: "a socat that forwards by hand is ended, and its port is free", ignore: !socat }, async () => {
  const at = freePort();
  const child = await start(at, socatOn(at));
  const holder = await findPortHolder({ host: "127.0.0.1", port: at }, { shell, signal });
  assert.ok(holder?.yields);
  assert.equal(
    await takePort(host, holder, { file: "/a/forwards.yaml", signal }),
    `ended socat TCP-LISTEN:${at} (PID ${child.pid})`,
  );
  await child.status;
  assert.equal(await answers(at), false);
});

Deno.test({ name: "another program is never touched", ignore: !tools }, async () => {
  const at = freePort();
  const code = `Deno.serve({ hostname: "127.0.0.1", port: ${at} }, () => new Response("x"))`;
  const child = await start(at, [Deno.execPath(), "eval", "--no-lock", code]);
  try {
    const holder = await findPortHolder({ host: "127.0.0.1", port: at }, { shell, signal });
    assert.equal(holder?.pid, child.pid);
    assert.equal(holder.yields, false);
    assert.equal(await takePort(host, holder, { file: "/a/forwards.yaml", signal }), null);
    assert.equal(await answers(at), true);
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
});

Deno.test({ name: "a PID that is another process by now is left alone", ignore: !socat }, async () => {
  const at = freePort();
  const child = await start(at, socatOn(at));
  try {
    const holder = await findPortHolder({ host: "127.0.0.1", port: at }, { shell, signal });
    assert.ok(holder?.forwarder !== undefined);
    for (
      const other of [
        { ...holder.forwarder, started: "Thu Jan  1 00:00:00 1970" },
        { ...holder.forwarder, args: "socat TCP-LISTEN:1" },
        { ...holder.forwarder, uid: holder.forwarder.uid + 1 },
      ]
    ) {
      assert.match(await endForwarder(other, { shell, clock, signal }) ?? "", /not there any more|another user's/);
      assert.equal(await answers(at), true);
    }
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
});

const kubectl = tools && await has("kubectl", "version", "--client");
if (!kubectl) {
  Deno.stderr.writeSync(new TextEncoder().encode("SKIPPED: taking a port from kubectl, because kubectl is not here\n"));
}

Deno.test(
  { name: "a stray kubectl port-forward is named by what it leads to, and ended", ignore: !kubectl },
  () =>
    withSandbox({}, async (rig) => {
      const config = await Deno.makeTempFile();
      await Deno.writeTextFile(config, rig.sandbox.kubeconfig);
      const at = freePort();
      const child = await start(at, ["kubectl", "--kubeconfig", config, "port-forward", "svc/api", `${at}:80`]);
      try {
        const holder = await findPortHolder({ host: "127.0.0.1", port: at }, { shell, signal });
        assert.equal(holder?.words, `kubectl port-forward svc/api ${at}:80 (PID ${child.pid})`);
        assert.ok(holder.yields);
        assert.equal(await takePort(host, holder, { file: "/a/forwards.yaml", signal }), `ended ${holder.words}`);
        await child.status;
        assert.equal(await answers(at), false);
      } finally {
        await Deno.remove(config);
      }
    }),
);
