import assert from "node:assert/strict";
import type { ForwardStatus } from "../../src/model/status.ts";
import type { StatusDocument } from "../../src/model/status_document.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.ts";
import { FakeClock, settle } from "../fakes/clock.ts";
import { FakeCluster } from "../fakes/cluster.ts";
import { Bench } from "../forward/bench_world.ts";
import { ask, says, serve } from "../forward/net.ts";

function documentOf(forwards: readonly ForwardStatus[], cluster: FakeCluster): StatusDocument {
  return {
    formatVersion: 1,
    workspace: "/w/forwards.yaml",
    pid: 1,
    startedAt: "2026-01-01T00:00:00.000Z",
    revision: 3,
    diagnostics: [],
    clusters: [cluster.status],
    forwards,
  };
}

/** The samples of a text: name with labels as it is written → value. */
function samples(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

function over(status: () => StatusDocument): Metrics {
  return createMetrics({
    status,
    versions: { version: "1.2.3", deno: "2.9.6" },
    process: () => ({ cpuSeconds: 1.5, residentBytes: 80_000_000 }),
  });
}

/** What the metrics must be, worked out of the status record alone. */
function expected({ forwards, clusters, revision }: StatusDocument): ReadonlyMap<string, number> {
  const all = new Map<string, number>([["berth_workspace_revision", revision], ["berth_workspace_errors", 0]]);
  for (const status of ["Starting", "Active", "Reconnecting", "Failed", "Stopped"]) {
    all.set(`berth_forwards{status="${status}",reason=""}`, 0);
  }
  for (const one of forwards) {
    const key = `berth_forwards{status="${one.status}",reason="${one.reason ?? ""}"}`;
    all.set(key, (all.get(key) ?? 0) + 1);
    const of = `forward="${one.name}",cluster="${one.cluster}"`;
    all.set(`berth_forward_active{${of}}`, one.status === "Active" ? 1 : 0);
    all.set(`berth_forward_reconnects_total{${of}}`, one.reconnects);
    all.set(`berth_forward_connections_open{${of}}`, one.connections.open);
    all.set(`berth_forward_connections_total{${of}}`, one.connections.total);
    for (const [cause, count] of Object.entries(one.connections.causes)) {
      all.set(`berth_forward_connection_failures_total{${of},cause="${cause}"}`, count);
    }
    all.set(`berth_forward_bytes_total{${of},direction="in"}`, one.bytes.in);
    all.set(`berth_forward_bytes_total{${of},direction="out"}`, one.bytes.out);
  }
  for (const { name, kind, reachable } of clusters) {
    if (reachable !== null) all.set(`berth_cluster_reachable{cluster="${name}",kind="${kind}"}`, reachable ? 1 : 0);
  }
  return all;
}

Deno.test("after an hour of comings and goings the metrics say what the status record says", async () => {
  const clock = new FakeClock();
  let metrics: Metrics | null = null;
  await using server = await serve(says("hello"));
  await using bench = new Bench({
    clock,
    meter: {
      connected: (...args) => metrics?.meter.connected(...args),
      watchRestarted: () => {},
      reconciled: () => {},
      k3dEdited: () => {},
    },
  });
  const status = () => documentOf(bench.forwarders.status(), bench.cluster);
  metrics = over(status);
  const pod = bench.cluster.addPod("web-0", server.port);
  bench.cluster.ready([pod]);
  const local = await bench.start({ hold: 100 });
  const other = await bench.start({ name: "other", hold: 100 });
  const turn = async (ms: number) => {
    await clock.advance(ms);
    await settle();
  };
  const equal = async () => {
    const is = samples(await metrics?.render() ?? "");
    const wanted = expected(status());
    for (const [name, value] of wanted) assert.equal(is.get(name), value, name);
    const told = /^berth_(forwards|forward_(active|reconnects|connection|bytes)|cluster|workspace)/;
    assert.deepEqual([...is.keys()].filter((name) => told.test(name)).sort(), [...wanted.keys()].sort());
    return is;
  };

  let answered = 0;
  for (let minute = 0; minute < 60; minute++) {
    const down = minute % 7 === 3;
    const refuses = minute % 11 === 5;
    bench.cluster.ready(down ? [] : [pod]);
    pod.listens = refuses ? null : server.port;
    const asked = [ask(local), ...(minute % 2 === 0 ? [ask(other)] : [])].map((one) => one.catch(() => null));
    let open = true;
    void Promise.all(asked).then(() => open = false);
    for (let turns = 0; open; turns++) {
      assert.ok(turns < 600, `minute ${minute}: the clients have no answer`);
      await turn(100);
    }
    answered += (await Promise.all(asked)).filter((one) => one?.text === "hello").length;
    await turn(58_000);
    await equal();
  }
  await bench.forwarders.stop("other", bench.signal);
  const is = await equal();

  const [web] = bench.forwarders.status();
  assert.ok(web !== undefined && web.connections.total === 60 && web.connections.failed > 8, JSON.stringify(web));
  assert.equal(
    Object.values(web.connections.causes).reduce((sum, count) => sum + count, 0),
    web.connections.failed,
    "every failure has a cause",
  );
  const counts = ["web", "other"].map((name) =>
    is.get(`berth_forward_connect_duration_seconds_count{forward="${name}"}`)
  );
  assert.equal((counts[0] ?? 0) + (counts[1] ?? 0), answered, "each connection that was answered was timed once");
});

Deno.test("names, helps and types are what promtool takes as clean", async (t) => {
  const cluster = new FakeCluster();
  const metrics = over(() => documentOf([], cluster));
  metrics.meter.connected("web", 0.01);
  metrics.meter.watchRestarted("dev", "pods");
  metrics.meter.reconciled("converged", 0.02);
  metrics.meter.k3dEdited("dev", "done");
  const text = await metrics.render();
  for (const line of text.split("\n").filter((line) => line.startsWith("# TYPE"))) {
    const [, , name, type] = line.split(" ");
    assert.match(name ?? "", /^(berth|process)_[a-z0-9_]+$/);
    assert.equal(name?.endsWith("_total"), type === "counter", line);
  }
  await cluster.close();
  const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? ""));
  const root = new URL("../..", import.meta.url).pathname;
  for (const file of ["docs/metrics.md", "examples/monitoring/alerts.yaml", "examples/monitoring/dashboard.json"]) {
    await t.step(`${file} names what is there`, async () => {
      const named = [...(await Deno.readTextFile(root + file)).matchAll(/\bberth_[a-z0-9_]+/g)].map(([name]) =>
        name.replace(/_(bucket|count|sum)$/, "")
      );
      for (const name of named) assert.ok(names.has(name), name);
      if (file.endsWith(".md")) {
        assert.deepEqual([...names].filter((name) => name.startsWith("berth_") && !named.includes(name)), []);
      }
    });
  }
  await t.step({ name: "promtool check metrics", ignore: !await hasPromtool(), fn: () => promtool(text) });
});

/** Debian's package prometheus brings it. */
async function hasPromtool(): Promise<boolean> {
  try {
    return (await new Deno.Command("promtool", { args: ["--version"], stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

async function promtool(text: string): Promise<void> {
  const child = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assert.deepEqual({ code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) }, {
    code: 0,
    said: "",
  });
}
