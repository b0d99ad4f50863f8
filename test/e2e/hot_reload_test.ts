/** Fifty edits of one forward beside a long download on another; a broken save changes nothing. */
import assert from "node:assert/strict";
import {
  answer,
  apply,
  bar,
  context,
  deployment,
  folder,
  get,
  here,
  kubeconfig,
  kubectl,
  save,
  say,
  service,
  settled,
  sleep,
  until,
  Up,
} from "./harness.ts";

const NS = "e2e-reload";
const EDITS = 50;
const DOWNLOAD = 600_000_000;

function yaml(local: number, more = ""): string {
  return `version: 1
clusters:
  dev: { kubeconfig: ${kubeconfig}, context: ${context} }
forwards:
  a: { cluster: dev, service: ${NS}/a, port: 80, local: 24101 }
  b: { cluster: dev, service: ${NS}/b, port: 80, local: ${local} }
${more}`;
}

/** Reads a known number of bytes at a pace that takes a minute; how many came, and whether the end was in order. */
async function download(port: number, cut: AbortSignal): Promise<{ bytes: number; seconds: number }> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const started = performance.now();
  let bytes = 0;
  try {
    await connection.write(
      new TextEncoder().encode(`GET /bytes?n=${DOWNLOAD} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    );
    const buffer = new Uint8Array(1 << 20);
    let head = "";
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      if (cut.aborted) break;
      if (!head.includes("\r\n\r\n")) {
        const before = head.length;
        head += new TextDecoder("latin1").decode(buffer.subarray(0, Math.min(n, 1024)));
        const end = head.indexOf("\r\n\r\n");
        if (end >= 0) bytes += n - (end + 4 - before);
        continue;
      }
      bytes += n;
      const ahead = bytes / (DOWNLOAD / 60_000) - (performance.now() - started);
      if (ahead > 0) await sleep(ahead);
    }
  } finally {
    connection.close();
  }
  return { bytes, seconds: (performance.now() - started) / 1000 };
}

Deno.test({ name: "fifty edits of one forward do not touch a download on another", ignore: !here }, async () => {
  await apply(NS, [
    deployment(NS, "a", 1),
    service(NS, "a", { type: "NodePort", ports: [{ port: 80 }] }),
    deployment(NS, "b", 1),
    service(NS, "b", { ports: [{ port: 80 }] }),
  ]);
  await kubectl(["-n", NS, "wait", "--for=condition=Ready", "pods", "--all", "--timeout=90s"]);
  const file = `${await folder()}/forwards.yaml`;
  await Deno.writeTextFile(file, yaml(24110));
  await settled();
  await using up = new Up(file);
  await up.active();

  const cut = new AbortController();
  const long = download(24101, cut.signal);
  const times: number[] = [];
  for (let edit = 1; edit <= EDITS; edit++) {
    const port = 24110 + edit;
    const started = performance.now();
    await save(file, yaml(port));
    await until(async () => (await get(port)).kind === "ok", {
      limit: 30_000,
      every: 3,
      what: `port ${port} to answer`,
    });
    times.push(performance.now() - started);
    assert.equal((await get(port - 1)).kind, "refused", "the old port is let go");
    await sleep(300);
  }
  const slow = times.flatMap((time, at) => time > 200 ? [`edit ${at + 1}: ${time.toFixed(0)} ms`] : []);
  times.sort((x, y) => x - y);
  const p95 = times[Math.ceil(EDITS * 0.95) - 1] ?? Infinity;
  say(
    `hot reload: rename to answer, ${EDITS} edits: p50 ${times[EDITS / 2]?.toFixed(0)} ms, p95 ${
      p95.toFixed(0)
    } ms, max ${times.at(-1)?.toFixed(0)} ms ${slow.join(", ")}`,
  );
  bar("hot reload: p95", { ms: p95, limit: 300 });

  const last = 24110 + EDITS;
  await save(file, yaml(last, "  c: { cluster: dev, service: nope\n"));
  await until(() => Promise.resolve(up.lines.some((line) => line.includes("error[PF"))), {
    what: () => `a diagnostic in:\n${up.lines.join("\n")}`,
  });
  await answer(last);
  await save(file, yaml(last + 1));
  await answer(last + 1, 30_000);

  const { bytes, seconds } = await long;
  cut.abort();
  assert.equal(bytes, DOWNLOAD, "the download is whole");
  assert.ok(seconds >= 55, `it was open for ${seconds} s`);
  assert.equal(await up.interrupt(), 0);
  await kubectl(["delete", "namespace", NS, "--wait=false"]);
});
