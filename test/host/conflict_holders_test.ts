/** Each kind of holder of a port, with the real thing: a server by its PID, another workspace of berth, kubectl and socat. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { findPortHolder } from "../../src/host/port_holder.ts";
import { forwarderWords, hasEnded, parseProcess, readProcess } from "../../src/host/processes.ts";
import { mayBePublished, parsePublished } from "../../src/host/published_by.ts";
import { createShell } from "../../src/host/shell.ts";
import { type Port, port } from "../../src/model/port.ts";

const shell = createShell({ clock: systemClock(), env: (name) => Deno.env.get(name) });
const signal = new AbortController().signal;
const has = async (...argv: string[]) => (await shell(argv, { signal })).end === "exited";
const tools = await has("ss", "-V") && await has("ps", "-p", "1");

/** A port that was free a moment ago. */
function freePort(): Port {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return port(listener.addr.port);
}

/** Waits until somebody listens there. */
async function listening(at: Port): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port: at })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  assert.fail(`nothing listens on ${at}`);
}

async function holding(argv: readonly string[], at: Port): Promise<{ readonly words: string; readonly pid: number }> {
  const [program = "", ...args] = argv;
  const child = new Deno.Command(program, { args, stdout: "null", stderr: "null", stdin: "null" }).spawn();
  try {
    await listening(at);
    const holder = await findPortHolder({ host: "127.0.0.1", port: at }, { shell, signal });
    return { words: holder?.words ?? "", pid: child.pid };
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}

Deno.test("ps: one process, with its owner and its beginning", () => {
  assert.deepEqual(parseProcess(7, "  1000 Sat Nov  1 14:27:55 2026 socat TCP-LISTEN:1,fork TCP:a:2\n"), {
    pid: 7,
    uid: 1000,
    started: "Sat Nov  1 14:27:55 2026",
    args: "socat TCP-LISTEN:1,fork TCP:a:2",
  });
  assert.equal(parseProcess(7, ""), null);
});

Deno.test("forwarders started by hand: what they forward is said, a token among their flags never is", () => {
  for (
    const [args, words] of [
      ["kubectl port-forward svc/web 8080:80", "kubectl port-forward svc/web 8080:80"],
      [
        "/usr/bin/kubectl --token=s3cret -n shop port-forward --address 0.0.0.0 pod/x :80",
        "kubectl port-forward pod/x :80",
      ],
      ["kubectl port-forward --token s3cret web-0 8080:http", "kubectl port-forward 8080:http"],
      ["kubectl get pods", null],
      ["socat TCP-LISTEN:8443,fork,reuseaddr TCP:node:30443", "socat TCP-LISTEN:8443"],
      ["socat -d tcp-l:8443 EXEC:cat", "socat tcp-l:8443"],
      ["socat - TCP:a:1", null],
      ["nginx: master process kubectl port-forward", null],
    ] as const
  ) {
    assert.equal(forwarderWords(args), words);
  }
});

Deno.test("docker: a container, and a node of a k3d cluster", () => {
  assert.equal(parsePublished("shop-db\t\n"), "container shop-db");
  assert.equal(parsePublished("k3d-dev-serverlb\tdev\n"), "k3d cluster dev (container k3d-dev-serverlb)");
  assert.equal(parsePublished(""), null);
  assert.ok(mayBePublished("docker-proxy") && mayBePublished(null) && !mayBePublished("nginx"));
});

Deno.test({ name: "a server is named by its PID", ignore: !tools }, async () => {
  const at = freePort();
  const code = `Deno.serve({ hostname: "127.0.0.1", port: ${at} }, () => new Response("x"))`;
  const { words, pid } = await holding([Deno.execPath(), "eval", "--no-lock", code], at);
  assert.match(words, new RegExp(`^\\S+ \\(PID ${pid}\\)$`));
});

const socat = tools && await has("socat", "-V");
if (!socat) {
  Deno.stderr.writeSync(
    new TextEncoder().encode("SKIPPED: socat as the holder of a port, because socat is not here\n"),
  );
}
Deno.test({ name: "socat is named by what it forwards", ignore: !socat }, async () => {
  const at = freePort();
  const { words, pid } = await holding(["socat", `TCP-LISTEN:${at},bind=127.0.0.1,fork`, "TCP:127.0.0.1:9"], at);
  assert.equal(words, `socat TCP-LISTEN:${at} (PID ${pid})`);
});

Deno.test({ name: "a process is told by its owner and its beginning", ignore: !tools }, async () => {
  const facts = await readProcess(Deno.pid, { shell, signal });
  assert.equal(facts?.uid, Deno.uid());
  assert.match(facts?.started ?? "", /^\w{3} \w{3} +\d+ [\d:]+ \d{4}$/);
  assert.equal(await readProcess(2 ** 22 + 1, { shell, signal }), null);
});

Deno.test({ name: "a process that its parent has not waited for has ended", ignore: !tools }, async () => {
  // The shell becomes a program that waits for no child.
  const parent = new Deno.Command("sh", { args: ["-c", "sleep 0 & echo $!; exec sleep 60"], stdout: "piped" }).spawn();
  try {
    const { value = "" } = await parent.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
    const pid = Number(value);
    const ended = () => hasEnded(pid, { shell, signal });
    for (const end = Date.now() + 30_000; Date.now() < end && !await ended();) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(await ended(), true);
    assert.equal(await hasEnded(parent.pid, { shell, signal }), false);
    assert.equal(await hasEnded(2 ** 22 + 1, { shell, signal }), true);
  } finally {
    parent.kill("SIGKILL");
    await parent.status;
    await parent.stdout.cancel().catch(() => {});
  }
});
